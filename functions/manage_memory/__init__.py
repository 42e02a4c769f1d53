"""Search, add, correct and approve memories."""
