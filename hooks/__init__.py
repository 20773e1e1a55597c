"""The hook shims, so that a wheel can carry them; nothing is imported from here."""
