"""How often a reminder comes back: the rule as stored, and the same as an RRULE of RFC 5545."""

from collections.abc import Mapping, Sequence
from typing import Any

from rootcellar.apple.core_data import Row
from rootcellar.apple.dates import cocoa_moment
from rootcellar.apple.values import number
from rootcellar_reminders.store.forms import odd_columns
from rootcellar_reminders.store.values import OWN, blob, filled, leftover, stamp
from rootcellar_reminders.store.when import DATE, FLOATING, When

FREQUENCIES = {0: "daily", 1: "weekly", 2: "monthly", 3: "yearly"}
DAYS = ("SU", "MO", "TU", "WE", "TH", "FR", "SA")
"""By their numbers, Sunday being 1."""
LISTS = {
    "DAYSOFTHEMONTH": ("days_of_month", "BYMONTHDAY", 31),
    "MONTHSOFTHEYEAR": ("months", "BYMONTH", 12),
    "DAYSOFTHEYEAR": ("days_of_year", "BYYEARDAY", 366),
    "WEEKSOFTHEYEAR": ("weeks", "BYWEEKNO", 53),
    "SETPOSITIONS": ("positions", "BYSETPOS", 366),
}
"""Columns of lists of numbers: the record's name, the RRULE's part, the largest number allowed."""
_MOST = 2**31 - 1
"""The largest number that RFC 5545 allows."""
KNOWN = OWN | {
    "FREQUENCY", "INTERVAL", "OCCURRENCECOUNT", "ENDDATE", "FIRSTDAYOFTHEWEEK", "DAYSOFTHEWEEK",
    *LISTS,
}  # fmt: skip


def rule_of(row: Row, due: When | None) -> dict[str, Any]:
    """Return a rule; without `ical` it is one that nobody understands, kept as stored in `raw`.

    `due` decides the form of its last day: RFC 5545 wants a day for a day.
    """
    frequency = FREQUENCIES.get(number(row.get("FREQUENCY"))) if "FREQUENCY" in row else None
    days, understood = _days(blob(row.get("DAYSOFTHEWEEK")))
    rule: dict[str, Any] = {
        "frequency": frequency,
        "interval": max(number(row.get("INTERVAL")), 1),
        **filled(
            count=number(row.get("OCCURRENCECOUNT")),
            until=stamp(row.get("ENDDATE")),
            first_day=number(row.get("FIRSTDAYOFTHEWEEK")),
            days_of_week=days,
        ),
    }
    parts = {}
    for column, (name, part, most) in LISTS.items():
        listed, fine = _numbers(blob(row.get(column)), most)
        understood = understood and fine
        if listed:
            rule[name], parts[part] = listed, ",".join(map(str, listed))
    numbers = (row.get(name) or 0 for name in ("INTERVAL", "OCCURRENCECOUNT"))
    fine = not odd_columns(row, KNOWN) and all(0 <= one <= _MOST for one in numbers)
    if frequency is None or not understood or not fine:
        return {"raw": leftover(row, OWN)}
    return {**rule, "ical": _ical(rule, parts, row, due), **filled(raw=leftover(row, KNOWN))}


def rules_of(record: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Return the rules of a reminder's record; more than one is rare, and allowed."""
    first = record.get("rrule")
    return [*([first] if first else []), *record.get("more_rrules", ())]


def _ical(rule: Mapping[str, Any], parts: Mapping[str, str], row: Row, due: When | None) -> str:
    found = [f"FREQ={rule['frequency'].upper()}"]
    if rule["interval"] != 1:
        found.append(f"INTERVAL={rule['interval']}")
    if "count" in rule:
        found.append(f"COUNT={rule['count']}")
    elif "until" in rule:
        found.append(f"UNTIL={_until(row, due)}")
    if days := rule.get("days_of_week"):
        byday = (f"{one.get('week', '')}{DAYS[one['day'] - 1]}" for one in days)
        found.append(f"BYDAY={','.join(byday)}")
    found += [f"{part}={listed}" for part, listed in parts.items()]
    if 1 <= rule.get("first_day", 0) <= 7:
        found.append(f"WKST={DAYS[rule['first_day'] - 1]}")
    return ";".join(found)


def _until(row: Row, due: When | None) -> str:
    moment = cocoa_moment(row.get("ENDDATE"))
    assert moment is not None
    kind = due["kind"] if due else ""
    if kind == DATE:
        return moment.strftime("%Y%m%d")
    return moment.strftime("%Y%m%dT%H%M%S") + ("" if kind == FLOATING else "Z")


def _days(value: Any) -> tuple[list[dict[str, int]], bool]:
    """Return days of the week, Sunday being 1, with the number of the week if any."""
    if value is None:
        return [], True
    if not isinstance(value, Sequence) or isinstance(value, str):
        return [], False
    found = []
    for one in value:
        day, week = (one, 0) if type(one) is int else _day(one)
        if not 1 <= day <= 7 or not -53 <= week <= 53:
            return [], False
        found.append({"day": day, **({"week": week} if week else {})})
    return found, True


def _day(value: Any) -> tuple[int, int]:
    if not isinstance(value, Mapping):
        return 0, 0
    named = {str(name).lower().removeprefix("ns."): one for name, one in value.items()}
    day = named.get("dayoftheweek", named.get("day", 0))
    week = named.get("weeknumber", named.get("week", 0))
    return number(day), number(week)


def _numbers(value: Any, most: int) -> tuple[list[int], bool]:
    if value is None:
        return [], True
    if not isinstance(value, Sequence) or isinstance(value, str):
        return [], False
    if not all(type(one) is int and 0 < abs(one) <= most for one in value):
        return [], False
    return list(value), True
