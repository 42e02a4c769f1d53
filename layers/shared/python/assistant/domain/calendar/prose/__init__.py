"""A plan in a few plain sentences: the facts, the core's words for them, and what is checked of Claude's."""
