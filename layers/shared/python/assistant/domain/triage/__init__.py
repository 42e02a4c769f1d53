"""The deterministic core of email triage: it decides what it is sure of and abstains otherwise."""
