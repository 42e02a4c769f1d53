"""Prepare the meetings that begin within the hour."""
