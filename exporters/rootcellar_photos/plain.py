"""Plain JSON: dates as text, and a record without what is empty."""

from datetime import UTC, datetime, timedelta, timezone
from math import isfinite
from typing import Any, NamedTuple

from rootcellar_photos.naming import moment, text_of


def iso(date: datetime | None) -> str | None:
    """Return a date in ISO 8601 with its own offset, in whole minutes as the standard wants."""
    if date is None:
        return None
    offset = date.utcoffset() or timedelta()
    if offset.total_seconds() % 60:  # local mean time, before zones were agreed on
        minutes = timedelta(minutes=round(offset.total_seconds() / 60))
        date = date.astimezone(timezone(minutes))
    return date.isoformat()


def utc(seconds: float | None) -> str | None:
    """Return a time that Core Data keeps (seconds since 2001) in ISO 8601, in UTC."""
    date = moment(seconds, UTC)
    return date.isoformat().replace("+00:00", "Z") if date else None


class Whole(NamedTuple):
    """Plain JSON of which nothing is left out: in a list of edits, `false` and 0 tell."""

    value: Any


def pruned(value: Any) -> Any:
    """Return plain JSON without what is empty or false, all text valid and composed."""
    if isinstance(value, dict):
        return _pruned_items(value)
    if isinstance(value, Whole):
        return value.value
    if isinstance(value, list | tuple):
        return [pruned(item) for item in value]
    if isinstance(value, str):
        return text_of(value)
    if isinstance(value, float):
        return round(value, 9) if isfinite(value) else None
    if isinstance(value, int):
        return value
    return None if value is None else text_of(str(value))


def _pruned_items(value: dict[str, Any]) -> dict[str, Any]:
    found = {}
    for key, item in value.items():
        kind = type(item)
        if kind is str:  # texts and whole numbers are most of a record: a call each would cost
            if item:
                found[key] = text_of(item)
        elif kind is int:
            found[key] = item
        elif item or kind is float:
            kept = pruned(item)
            if kept or kept == 0:
                found[key] = kept
    return found
