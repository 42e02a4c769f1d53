"""Do and undo effects."""
