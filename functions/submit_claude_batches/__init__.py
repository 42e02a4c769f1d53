"""Hand deferred mails to Claude in batches."""
