"""What Claude did for a user and what it cost."""
