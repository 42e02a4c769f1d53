"""Commitments: who said they would do what for whom, and by when."""
