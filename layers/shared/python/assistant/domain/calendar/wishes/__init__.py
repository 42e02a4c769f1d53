"""Wishes in words: "no meetings on Friday afternoon" becomes a constraint, and is said back.

A wish is understood only where a rule accounts for every word of it; nothing is guessed from a part. What the rules do
not understand, Claude may; what neither does is named, never dropped.
"""
