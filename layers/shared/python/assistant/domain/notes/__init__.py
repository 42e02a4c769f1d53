"""What a user keeps in a workspace for notes: tasks in a data source, and pages."""
