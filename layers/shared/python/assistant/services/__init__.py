"""Use cases: plain functions that take ports."""
