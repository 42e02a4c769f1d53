"""Take notifications of Notion."""
