"""Collect what Claude decided in batches."""
