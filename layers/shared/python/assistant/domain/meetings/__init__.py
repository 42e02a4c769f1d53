"""Preparing meetings: evidence, what it says, and what to do with the time."""
