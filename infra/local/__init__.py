"""The product on one machine: the deployed template on an embedded AWS, Valkey, and an HTTP front door."""
