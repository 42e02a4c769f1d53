"""Rank and plan tasks."""
