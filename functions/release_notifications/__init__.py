"""Release notifications that are due."""
