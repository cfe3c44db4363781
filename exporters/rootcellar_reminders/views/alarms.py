"""Alarms as VALARM: what RFC 5545 has no words for is said in Apple's own, which Apple reads."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

from rootcellar_reminders.views.lines import text, utc, with_parameters
from rootcellar_reminders.views.times import Record, moment

NEVER = "TRIGGER;VALUE=DATE-TIME:19760401T005545Z"
"""The time that Apple gives an alarm that does not go off at a time."""
PROXIMITY = {"arriving": "ARRIVE", "leaving": "DEPART", "connect": "CONNECT",
             "disconnect": "DISCONNECT"}  # fmt: skip
_LONGEST = 100 * 366 * 86_400
"""Seconds: what is told to be further from the due date is no time for an alarm."""
_SECONDS = {"minute": 60, "hour": 3600, "day": 86_400, "week": 604_800}


def alarms(one: Record) -> Iterator[str]:
    """Yield the alarms of a reminder, early reminders included."""
    title = text(one.get("title", "") or "Reminder")
    for alarm in one.get("alarms", ()):
        yield from ("BEGIN:VALARM", "ACTION:DISPLAY", f"DESCRIPTION:{title}")
        if uid := alarm.get("id"):
            yield f"UID:{text(uid)}"
        yield from _trigger(alarm, one.get("due"))
        if at := utc(alarm.get("acknowledged", "")):
            yield f"ACKNOWLEDGED:{at}"
        yield "END:VALARM"
    for early in one.get("early", ()):
        if early["unit"] in _SECONDS and one.get("due"):
            seconds = early["count"] * _SECONDS[early["unit"]]
            yield from ("BEGIN:VALARM", "ACTION:DISPLAY", f"DESCRIPTION:{title}")
            yield _relative(seconds)
            yield from (f"X-ROOTCELLAR-EARLY:{early['count']} {early['unit']}", "END:VALARM")


def _trigger(alarm: Record, due: Any) -> Iterator[str]:
    kind, when = alarm["type"], alarm.get("when")
    if kind == "date" and when:
        yield from _at(when, due)
    elif kind == "relative":
        if due:
            yield _relative(alarm["seconds"])
        else:
            yield NEVER
            yield f"X-ROOTCELLAR-SECONDS:{alarm['seconds']}"
    else:
        yield NEVER
        said = PROXIMITY.get(alarm.get("proximity") or alarm.get("event") or "")
        if said:
            yield f"X-APPLE-PROXIMITY:{said}"
        if kind == "location":
            yield _place(alarm)


def _at(when: Record, due: Any) -> Iterator[str]:
    """Yield a moment; a time by the clock on the wall only as its distance from the due date."""
    if when["kind"] == "instant":
        yield f"TRIGGER;VALUE=DATE-TIME:{utc(when['value'])}"
        return
    if due and due["kind"] != "instant":
        yield _relative((_wall(when) - _wall(due)).total_seconds())
    else:
        yield NEVER
    yield f"X-ROOTCELLAR-WHEN:{text(when['value'])}"


def _wall(when: Record) -> datetime:
    found = moment(when)
    return found if isinstance(found, datetime) else datetime(found.year, found.month, found.day)  # noqa: DTZ001 - a day is of no zone


def _relative(seconds: float) -> str:
    """Return a trigger that many seconds after the due date; before it, if negative."""
    if abs(seconds) > _LONGEST:
        return NEVER
    sign = "-" if seconds < 0 else ""
    span = timedelta(seconds=round(abs(seconds)))
    hours, rest = divmod(span.seconds, 3600)
    minutes, left = divmod(rest, 60)
    parts = "".join(
        f"{one}{unit}" for one, unit in ((hours, "H"), (minutes, "M"), (left, "S")) if one
    )
    days = f"{span.days}D" if span.days else ""
    clock = f"T{parts}" if parts else ""
    return f"TRIGGER;RELATED=END:{sign}P{days}{clock or ('' if days else 'T0S')}"


def _place(alarm: Record) -> str:
    known = {
        "VALUE": "URI",
        "X-ADDRESS": alarm.get("address", ""),
        "X-APPLE-RADIUS": str(alarm["radius"]) if alarm.get("radius") is not None else "",
        "X-TITLE": alarm.get("title", "") or alarm.get("contact", ""),
    }
    latitude, longitude = alarm.get("latitude"), alarm.get("longitude")
    if latitude is None or longitude is None:
        told = (known["X-TITLE"], known["X-ADDRESS"])
        return f"X-ROOTCELLAR-PLACE:{text(', '.join(filter(None, told)))}"
    where = f"geo:{latitude},{longitude}"
    return with_parameters("X-APPLE-STRUCTURED-LOCATION", where, known)
