"""Show what a user was told."""
