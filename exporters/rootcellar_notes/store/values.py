"""Values as Core Data stores them, read so that no odd one can stop a run."""

import math
from datetime import UTC, datetime, timedelta

APPLE_EPOCH = datetime(2001, 1, 1, tzinfo=UTC)
"""Core Data counts seconds from here."""


def moment(seconds: object) -> datetime | None:
    """Return a date of Core Data's, in UTC; None for none, and for what cannot be one.

    Notes writes the year 1 where it knows no date.
    """
    if not isinstance(seconds, int | float) or not math.isfinite(seconds):
        return None
    try:
        found = APPLE_EPOCH + timedelta(microseconds=round(seconds * 1_000_000))
    except (OverflowError, ValueError):
        return None
    return found if found.year > 1 else None


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


def data(value: object) -> bytes:
    """Return bytes, b"" for whatever is none."""
    return value if isinstance(value, bytes) else b""
