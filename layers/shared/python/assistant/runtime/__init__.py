"""What every handler shares: settings, observability, HTTP, SQS."""
