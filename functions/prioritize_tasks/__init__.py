"""Triage mails and learn from corrections."""
