"""Notes: every note of the Notes app, read from its own store."""
