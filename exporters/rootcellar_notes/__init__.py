"""Notes: every note of the Notes app, read from its own store."""

from rootcellar_notes.exporter import Notes

__all__ = ["Notes"]
