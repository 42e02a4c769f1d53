"""Prove calendar plans."""
