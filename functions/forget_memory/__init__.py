"""Forget memories."""
