"""When git asks: what the shims in the top-level ``hooks/`` call, and the way out of a feature."""
