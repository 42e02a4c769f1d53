"""Long-term memory: what the assistant knows, since when, from where, and on whose word."""
