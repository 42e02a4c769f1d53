"""Write the audit trail."""
