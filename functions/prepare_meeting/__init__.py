"""Prepare a meeting."""
