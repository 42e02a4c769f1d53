"""Name, list and end those who may act for a user."""
