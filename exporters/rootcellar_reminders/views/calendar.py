"""A list as a calendar file: one VTODO for each reminder (RFC 5545, alarms RFC 9074).

Lines are written here, as icalendar takes 0.2 ms for each to-do; it makes the zones, and the tests
read every file back with it. What a VTODO cannot carry is in docs/reference/reminders-records.md.
"""

from collections.abc import Iterable, Iterator
from datetime import UTC, date, datetime
from typing import Any

from rootcellar_reminders.store.recurrence import rules_of
from rootcellar_reminders.views.alarms import alarms
from rootcellar_reminders.views.lines import (
    Pieces,
    all_written,
    packed,
    stamp,
    text,
    utc,
    with_parameters,
    written,
)
from rootcellar_reminders.views.times import Record, moment, shown, zone

PRODUCT = "-//rootcellar//Reminders//EN"
UTC_NAMES = frozenset({"UTC", "GMT", "Etc/UTC", "Etc/GMT", "Z", "Zulu"})
NO_TIME = "19700101T000000Z"


def calendar(record: Record, members: Iterable[Record]) -> Pieces:
    """Return a list and its reminders as a VCALENDAR, with the zones that it mentions."""
    zones: dict[str, list[datetime]] = {}
    todos = [packed(all_written(_todo(one, zones))) for one in shown(record, members)]
    head = ["BEGIN:VCALENDAR", "VERSION:2.0", f"PRODID:{PRODUCT}", "CALSCALE:GREGORIAN"]
    told = record.get("list", {})
    if name := told.get("name"):
        head += [f"NAME:{text(name)}", f"X-WR-CALNAME:{text(name)}"]
    if colour := told.get("color", {}).get("hex"):
        head.append(f"X-APPLE-CALENDAR-COLOR:{text(colour)}")
    told_zones = map(_zone, sorted(zones), (zones[one] for one in sorted(zones)))
    before = map(packed, (all_written(head), *told_zones))
    return Pieces((*before, *todos, packed(written("END:VCALENDAR"))))


def _zone(name: str, used: list[datetime]) -> str:
    """Return the rules of a zone, for as long as they are needed and for icalendar's 70 years."""
    from icalendar import Timezone

    last = max(date(2038, 1, 1), date(min(max(used).year + 2, 9999), 1, 1))
    made = Timezone.from_tzid(name, last_date=last)
    return str(made.to_ical(), "utf-8")


def _todo(one: Record, zones: dict[str, list[datetime]]) -> Iterator[str]:
    yield "BEGIN:VTODO"
    yield f"UID:{text(one['id'])}"
    yield f"DTSTAMP:{utc(one.get('modified') or one.get('created') or '') or NO_TIME}"
    for name, key in (("CREATED", "created"), ("LAST-MODIFIED", "modified")):
        if written_at := utc(one.get(key, "")):
            yield f"{name}:{written_at}"
    yield f"SUMMARY:{text(one.get('title', ''))}"
    if notes := one.get("notes"):
        yield f"DESCRIPTION:{text(notes)}"
    yield from _times(one, zones)
    yield from _state(one)
    if 1 <= one.get("priority", 0) <= 9:
        yield f"PRIORITY:{one['priority']}"
    if tags := one.get("tags"):
        yield f"CATEGORIES:{','.join(map(text, tags))}"
    yield from _places(one)
    if parent := one.get("parent"):
        yield f"RELATED-TO;RELTYPE=PARENT:{text(parent)}"
    yield from _own(one)
    yield from alarms(one)
    yield "END:VTODO"


def _times(one: Record, zones: dict[str, list[datetime]]) -> Iterator[str]:
    """Yield when it is due and when it starts, both of one kind, as RFC 5545 wants them."""
    due, start = one.get("due"), one.get("start")
    if due:
        yield _time("DUE", due, zones)
        if due["kind"] == "instant" and not zone(due["tz"]):
            yield f"X-ROOTCELLAR-TIMEZONE:{text(due['tz'])}"
    rules = [rule["ical"] for rule in rules_of(one) if "ical" in rule]
    begins = _start(start, due)
    if begins is not None:
        yield _time("DTSTART", begins, zones)
        if due and start and begins is not start and begins is not due:
            yield f"X-ROOTCELLAR-START:{text(start['value'])}"
    elif rules and due:
        yield _time("DTSTART", due, zones)
    for rule in rules:
        yield f"RRULE:{rule}"


def _start(start: Any, due: Any) -> Any:
    """Return the start in the form of the due date, and in its zone."""
    if not start or not due or start["kind"] == due["kind"]:
        return start
    wall = start["value"]
    if due["kind"] == "date":
        return {"kind": "date", "value": wall[:10]}
    if "T" not in wall:
        wall += "T00:00:00"
    if due["kind"] == "floating":
        return {"kind": "floating", "value": wall}
    known = zone(due["tz"]) or UTC
    try:
        at = datetime.fromisoformat(wall).replace(tzinfo=known).astimezone(UTC)
    except OverflowError:
        return start
    return {"kind": "instant", "value": at.isoformat().replace("+00:00", "Z"), "tz": due["tz"]}


def _time(name: str, when: Record, zones: dict[str, list[datetime]]) -> str:
    found = moment(when)
    if not isinstance(found, datetime):
        return f"{name};VALUE=DATE:{found.strftime('%Y%m%d')}"
    if found.tzinfo is None:
        return f"{name}:{stamp(found)}"
    said = when.get("tz", "")
    # The second 02:30 of a night in autumn has no form of its own but in UTC.
    if found.tzinfo is UTC or said in UTC_NAMES or found.fold:
        return f"{name}:{stamp(found.astimezone(UTC))}Z"
    zones.setdefault(said, []).append(found)
    return f"{name};TZID={said}:{stamp(found)}"


def _state(one: Record) -> Iterator[str]:
    if one.get("completed"):
        yield "STATUS:COMPLETED"
        if at := utc(one.get("completed_at", "")):
            yield f"COMPLETED:{at}"
        yield "PERCENT-COMPLETE:100"
    elif one.get("gone") or one.get("deleted"):
        yield "STATUS:CANCELLED"
    else:
        yield "STATUS:NEEDS-ACTION"


def _places(one: Record) -> Iterator[str]:
    """Yield where it leads to: its own URL, its links, its files."""
    links = [link["url"] for link in one.get("links", ()) if link.get("url")]
    if url := one.get("url") or (links[0] if links else ""):
        yield f"URL:{_uri(url)}"
    for link in links:
        yield with_parameters("ATTACH", _uri(link), {"FMTTYPE": "text/html"})
    names = {file["id"]: file for file in one.get("attachments", ())}
    for file in one.get("files", ()):
        if not file.get("view"):
            name = names.get(file["role"], {}).get("file", "")
            yield with_parameters("ATTACH", _uri(file["href"]), {"FILENAME": name})


def _uri(value: str) -> str:
    return "".join(value.split())


def _own(one: Record) -> Iterator[str]:
    """Yield what is said in properties of our own, and of Apple's."""
    if "order" in one:
        yield f"X-APPLE-SORT-ORDER:{one['order']}"
    if section := one.get("section"):
        yield f"X-ROOTCELLAR-SECTION:{text(section['name'])}"
    for name in ("flagged", "urgent", "deleted", "gone"):
        if one.get(name):
            yield f"X-ROOTCELLAR-{name.upper()}:TRUE"
    for assigned in (one.get("assignee"), *one.get("more_assignees", ())):
        person = (assigned or {}).get("to", {})
        said = person.get("address") or person.get("name")
        if said:
            yield f"X-ROOTCELLAR-ASSIGNEE:{text(said)}"
