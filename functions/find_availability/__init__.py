"""Find common free time."""
