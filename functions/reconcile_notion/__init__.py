"""Have workspaces in Notion read on schedule."""
