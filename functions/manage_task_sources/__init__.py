"""Choose the data source with the user's tasks."""
