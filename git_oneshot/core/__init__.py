"""What is true: the standard library and msgspec only; no I/O, clock, environment or randomness."""
