"""Due dates and their like: a moment in a zone, a time by the clock on the wall, or a day.

Reminders keeps all three in one column. Which one it is decides what the number means: with a
zone it is a moment; without one, and for a whole day, it is what the clock on the wall shows,
written as if that clock were in UTC. The zone of the machine that exports plays no part.
"""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from rootcellar.apple.core_data import Row
from rootcellar.apple.dates import cocoa_moment
from rootcellar.apple.values import number, text
from rootcellar_reminders.store.values import filled

INSTANT, FLOATING, DATE = "instant", "floating", "date"
_UNDEFINED = 2**31 - 1
"""What NSDateComponents says of a part that is not given (or more, in 64 bits)."""

When = dict[str, Any]
"""`kind` (instant, floating, date), `value` (ISO 8601, with Z for an instant), `tz` if any."""


def due_of(row: Row) -> When | None:
    """Return when a reminder is due."""
    return _when(row.get("DUEDATE"), text(row.get("TIMEZONE")), all_day=bool(row.get("ALLDAY")))


def start_of(row: Row) -> When | None:
    """Return when a reminder starts: never in a zone."""
    return _when(row.get("STARTDATE"), "", all_day=bool(row.get("ALLDAY")))


def _when(seconds: object, zone: str, *, all_day: bool) -> When | None:
    moment = cocoa_moment(seconds)
    if moment is None:
        return None
    if all_day:
        return {"kind": DATE, "value": moment.date().isoformat(), **filled(tz=zone)}
    if zone:
        return {"kind": INSTANT, "value": _instant(moment), "tz": zone}
    return {"kind": FLOATING, "value": moment.replace(tzinfo=None).isoformat()}


def display_date_of(row: Row) -> When | None:
    """Return what the app sorts by: the due date, or an alarm's.

    For a whole day it is midnight where the device was, told by its distance from UTC.
    """
    moment = cocoa_moment(row.get("DISPLAYDATEDATE"))
    if moment is None:
        return None
    offset = number(row.get("DISPLAYDATEUPDATEDFORSECONDSFROMGMT"))
    zone = text(row.get("DISPLAYDATETIMEZONE"))
    if row.get("DISPLAYDATEISALLDAY"):
        day = _shifted(moment, offset).date().isoformat()
        return {"kind": DATE, "value": day, **filled(tz=zone)}
    return {"kind": INSTANT, "value": _instant(moment), **filled(tz=zone)}


def _shifted(moment: datetime, seconds: int) -> datetime:
    try:
        return moment + timedelta(seconds=seconds)
    except OverflowError:
        return moment


def of_components(components: Any) -> When | None:
    """Return the date that date components give, None where they give none.

    They are `{"year", "month", "day", "hour", "minute", "second", "timeZone": {"identifier"}}`, or
    a keyed archive of the same.
    """
    if not isinstance(components, Mapping):
        return None
    parts = {str(name).removeprefix("NS.").lower(): one for name, one in components.items()}
    clock = [_part(parts.get(name)) for name in ("hour", "minute", "second")]
    days = [_part(parts.get(name)) for name in ("year", "month", "day")]
    if None in days:
        return None
    try:
        wall = datetime(*days, *(one or 0 for one in clock))  # type: ignore[arg-type]  # noqa: DTZ001
    except (ValueError, OverflowError):
        return None
    if clock[0] is None:
        return {"kind": DATE, "value": wall.date().isoformat()}
    zone = zone_name(parts.get("timezone"))
    if not zone:
        return {"kind": FLOATING, "value": wall.isoformat()}
    known = zone_of(zone)
    if known is None:
        return {"kind": FLOATING, "value": wall.isoformat(), "tz": zone}
    try:
        moment = wall.replace(tzinfo=known).astimezone(UTC)
    except OverflowError:  # on the last day that there is
        return {"kind": FLOATING, "value": wall.isoformat(), "tz": zone}
    return {"kind": INSTANT, "value": _instant(moment), "tz": zone}


def _part(value: Any) -> int | None:
    whole = isinstance(value, int) and not isinstance(value, bool)
    return value if whole and abs(value) < _UNDEFINED else None


def zone_name(value: Any) -> str:
    """Return the name of a zone as components and archives give it, "" for none."""
    if isinstance(value, Mapping):
        found = next((value[key] for key in ("identifier", "NS.name", "name") if key in value), "")
        return found if isinstance(found, str) else ""
    return value if isinstance(value, str) else ""


def zone_of(name: str) -> ZoneInfo | None:
    """Return a zone by its name, None for one that is not known here."""
    try:
        return ZoneInfo(name)
    except (ValueError, OSError, LookupError):  # ZoneInfoNotFoundError is a LookupError
        return None


def _instant(moment: datetime) -> str:
    return moment.isoformat().replace("+00:00", "Z")
