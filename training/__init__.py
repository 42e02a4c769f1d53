"""Trains and evaluates the triage engine on labelled mail that stays outside the repository."""
