"""Cocoa's dates: seconds since the beginning of 2001, in UTC."""

import math
from datetime import UTC, datetime, timedelta

COCOA_EPOCH = datetime(2001, 1, 1, tzinfo=UTC)
"""Core Data and property lists count seconds from here."""


def cocoa_moment(seconds: object) -> datetime | None:
    """Return a date of Core Data's as an aware moment in UTC, to the microsecond.

    None for NULL and for whatever cannot be a date: text, infinity, years out of range. Apple's
    "distant past" (the year 1) stands for no date, and is None too.
    """
    if isinstance(seconds, bool) or not isinstance(seconds, int | float):
        return None
    if not math.isfinite(seconds):
        return None
    try:
        found = COCOA_EPOCH + timedelta(microseconds=round(seconds * 1_000_000))
    except OverflowError:
        return None
    return found if found.year > 1 else None


def cocoa_seconds(moment: datetime) -> float:
    """Return an aware moment as Core Data stores it."""
    return (moment - COCOA_EPOCH).total_seconds()
