"""Measures what the product promises: `make bench` prints a table and compares it with baseline.json."""
