"""Plan a week and answer for the plan."""
