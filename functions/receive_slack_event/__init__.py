"""Take what happens in Slack."""
