"""Serve the API's documentation."""
