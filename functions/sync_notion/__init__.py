"""Read what changed in Notion."""
