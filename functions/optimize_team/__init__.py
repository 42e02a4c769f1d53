"""Plan several people's calendars together."""
