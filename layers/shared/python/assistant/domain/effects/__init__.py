"""Actions in connected accounts: proposed, allowed or asked for, done once, and undone."""
