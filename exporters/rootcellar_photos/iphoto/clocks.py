"""What the camera's clock said, beside the time in UTC: in which zone a picture was taken."""

import sqlite3
from datetime import UTC, datetime

from rootcellar.apple.dates import COCOA_EPOCH

_CLOCK = (
    *("CaptureYear", "CaptureMonthOfYear", "CaptureDayOfMonth", "CaptureHourOfDay"),
    *("CaptureMinuteOfHour", "CaptureSecondOfMinute"),
)
QUARTER, FARTHEST = 900, 14 * 3600
"""Zones differ from UTC by quarters of an hour, and by fourteen hours at most."""


def set_shifts(connection: sqlite3.Connection) -> None:
    """Find out what the camera's clock was ahead of UTC, where no zone is named.

    iPhoto keeps the time of a picture in UTC, by the zone of the Mac it was imported on, and
    beside it what the clock of the camera said.
    """
    clocks = ", ".join(f"max(CASE WHEN e.name = '{name}' THEN e.value END)" for name in _CLOCK)
    rows = connection.execute(
        f"SELECT e.picture, p.date, {clocks} FROM exif e JOIN picture p ON p.pk = e.picture"
        f" WHERE e.name IN {_CLOCK} AND ifnull(p.zone, '') = '' AND p.shift ISNULL"
        " AND p.date NOTNULL GROUP BY e.picture"
    )
    found = [(shift, pk) for pk, date, *clock in rows.fetchall() if (shift := ahead(date, clock))]
    connection.executemany("UPDATE picture SET shift = ? WHERE pk = ?", found)


def ahead(date: float, clock: list[float | None]) -> int | None:
    """Return by how many seconds a clock (year to second) was ahead of a date in UTC.

    None when that is no zone's difference: the person, or the camera, has changed the time.
    """
    if None in clock:
        return None
    try:
        shown = datetime(*(int(part or 0) for part in clock), tzinfo=UTC)  # type: ignore[misc,arg-type]
        difference = (shown - COCOA_EPOCH).total_seconds() - int(date)
    except (ValueError, OverflowError, TypeError):
        return None
    if abs(difference) > FARTHEST or difference % QUARTER:
        return None
    return int(difference)
