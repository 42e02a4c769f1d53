"""Show and forget what was learned."""
