"""Consents that providers send back."""
