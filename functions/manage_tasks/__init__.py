"""Keep tasks."""
