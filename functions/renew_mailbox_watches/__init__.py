"""Probe every dependency."""
