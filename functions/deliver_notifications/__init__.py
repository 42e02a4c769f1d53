"""Deliver notifications."""
