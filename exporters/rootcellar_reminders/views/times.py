"""Times of a record, as calendars and people write them; where they are written plays no part."""

from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, date, datetime
from functools import lru_cache
from typing import Any
from zoneinfo import ZoneInfo

from rootcellar_reminders.store.when import DATE, INSTANT, zone_of

Record = Mapping[str, Any]


@lru_cache(maxsize=256)
def zone(name: str) -> ZoneInfo | None:
    """Return a zone that a record names, None for one that is not known here."""
    return zone_of(name)


def moment(when: Record) -> datetime | date:
    """Return a record's date as Python has it: a day, a time without a zone, or an aware moment.

    A moment is in its own zone, or in UTC where that zone is not known here.
    """
    if when["kind"] == DATE:
        return date.fromisoformat(when["value"])
    found = datetime.fromisoformat(when["value"])
    if when["kind"] != INSTANT:
        return found
    try:
        return found.astimezone(zone(when.get("tz", "")) or UTC)
    except OverflowError:  # in a year that a clock in that zone does not show
        return found.astimezone(UTC)


def words(when: Record) -> str:
    """Return a date as people write it: `2026-11-01 09:30 Europe/Berlin`."""
    try:
        found = moment(when)
    except (ValueError, OverflowError):
        return str(when["value"])
    if not isinstance(found, datetime):
        return found.isoformat()
    text = found.strftime("%Y-%m-%d %H:%M")
    if found.tzinfo is None:
        return text
    return f"{text} {when['tz'] if found.tzinfo is not UTC else 'UTC'}"


def shown(record: Record, members: Iterable[Record]) -> Iterator[Record]:
    """Yield the reminders that pages show: deleted ones only where the settings ask for it."""
    deleted = record.get("shows_deleted", False)
    return (one for one in members if deleted or not one.get("deleted"))
