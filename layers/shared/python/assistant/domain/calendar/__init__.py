"""The calendar optimizer: what a week is, what may change in it, and what that costs."""
