"""Implementations of the ports over AWS, Redis and the providers."""
