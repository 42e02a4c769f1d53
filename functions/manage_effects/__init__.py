"""Show, approve, reject, undo and verify effects."""
