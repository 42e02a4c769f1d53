"""Tasks: when they are due, how long they take, how urgent and important they are, and when to do them."""
