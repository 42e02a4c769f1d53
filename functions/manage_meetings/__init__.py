"""Keep meetings and show their briefings."""
