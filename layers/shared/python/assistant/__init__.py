"""A private executive assistant: judgement over mail, time, tasks and people."""
