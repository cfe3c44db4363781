"""Collects the fields nobody understands yet, so that they are kept and counted, not dropped."""

from rootcellar_notes.blocks import Unknown
from rootcellar_notes.body.wire import Value

MOST = 20_000
"""Different values (and spans of text) kept of one body; what is beyond is only counted."""


class Unknowns:
    """Fields of one body, by path and value, with the parts of the text they apply to."""

    def __init__(self) -> None:
        self._found: dict[tuple[str, str], list[tuple[int, int]]] = {}
        self._kept = 0
        self._beyond = 0

    def add(self, field: str, value: Value, start: int = 0, length: int = 0) -> None:
        """Keep a field's value, and the span it applies to when `length` is not 0."""
        if self._kept >= MOST:
            self._beyond += 1
            return
        self._kept += 1
        said = value.hex() if isinstance(value, bytes) else str(value)
        spans = self._found.setdefault((field, said), [])
        if not length:
            return
        if spans and spans[-1][0] + spans[-1][1] == start:
            spans[-1] = (spans[-1][0], spans[-1][1] + length)
        else:
            spans.append((start, length))

    def all(self) -> tuple[Unknown, ...]:
        """Return what was collected, ordered by field and value."""
        found = [
            Unknown(field, value, tuple(spans))
            for (field, value), spans in sorted(self._found.items())
        ]
        if self._beyond:
            found.append(Unknown("(more)", str(self._beyond)))
        return tuple(found)
