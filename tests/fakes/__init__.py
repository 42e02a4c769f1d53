"""In-memory implementations of the ports, held to the same tests as the adapters."""
