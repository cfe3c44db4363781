"""Values of a row of SQLite's, read so that no odd one can stop a run."""

import math


def text(value: object) -> str:
    """Return a text, "" for NULL; bytes that should have been text are read as such."""
    if isinstance(value, str):
        return value
    if isinstance(value, bytes):
        return value.decode("utf-8", "replace")
    return "" if value is None else str(value)


def number(value: object) -> int:
    """Return a whole number, 0 for whatever is none."""
    if isinstance(value, int):
        return value
    return int(value) if isinstance(value, float) and math.isfinite(value) else 0


def real(value: object) -> float | None:
    """Return a number, None for whatever is none."""
    if isinstance(value, int | float) and math.isfinite(value):
        return value
    return None


def data(value: object) -> bytes:
    """Return bytes, b"" for whatever is none."""
    return value if isinstance(value, bytes) else b""
