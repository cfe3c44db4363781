"""A list as a page of tasks for Obsidian, as its Tasks plugin reads and writes them.

At the end of a line stand what the plugin looks for, its emoji and a day each: how urgent, how
often, made, from when, due, done. It knows no times of day: a time stands in words before them.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any

from rootcellar_reminders.store.recurrence import rules_of
from rootcellar_reminders.views.tasks import (
    STEP,
    attachment_names,
    page,
    people,
    plain,
    target,
    urls,
)
from rootcellar_reminders.views.times import Record, moment, words

PRIORITIES = {1: "⏫", 5: "🔼", 9: "🔽"}
REPEATS, MADE, FROM, DUE, DONE = "🔁", "➕", "🛫", "📅", "✅"
NAMES = ("Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday")
MONTHS = (
    "January", "February", "March", "April", "May", "June", "July", "August", "September",
    "October", "November", "December",
)  # fmt: skip
UNITS = {"daily": "day", "weekly": "week", "monthly": "month", "yearly": "year"}
PLAIN = {"frequency", "interval", "ical", "first_day", "days_of_week", "days_of_month", "months"}
"""What of a rule the plugin's words can say; of what else there is, words of ours tell."""
_SIGNS = re.compile("([🔺⏫🔼🔽⏬🔁➕🛫⏳⌛📅📆🗓✅❌⛔🆔🏁]\ufe0f?)")
_MORE_MARKS = re.compile(r"(?<![\\])([$^=%])")
_NOT_IN_TAGS = re.compile(r"[^\w/-]+")


def obsidian_tasks(record: Record, files: Sequence[Record] = ()) -> str:
    """Return a list, whose record holds its reminders, as the text of a page in a vault.

    `files` are the list's files with their paths in the vault.
    """
    paths = {file["role"]: file["path"] for file in files}
    return str(page(record, record.get("reminders", ()), lambda one: _task(one, paths)))


def tag(name: str) -> str:
    """Return a tag as Obsidian knows it; what it allows in none becomes `-`.

    >>> tag("to buy"), tag("2026")
    ('#to-buy', '#2026-')
    """
    legal = _NOT_IN_TAGS.sub("-", name).strip("-/") or "tag"
    return f"#{legal}-" if legal.isdigit() else f"#{legal}"


def _task(one: Record, paths: Mapping[str, str]) -> Iterator[str]:
    is_away = one.get("gone") or one.get("deleted")
    done = "x" if one.get("completed") else "-" if is_away else " "
    said = " · ".join([_text(one.get("title", "")) or "(untitled)", *_words(one)])
    tags = [tag(name) for name in one.get("tags", ())]
    yield " ".join([f"- [{done}]", said, *tags, *_signs(one)])
    for line in one.get("notes", "").splitlines():
        if line.strip():
            yield f"{STEP}- {_text(line)}"
    yield from (f"{STEP}- <{target(url)}>" for url in urls(one))
    for role, name in attachment_names(one):
        shown = f"![[{paths[role]}]]" if role in paths else f"{_text(name)} (not in this vault)"
        yield f"{STEP}- {shown}"


def _words(one: Record) -> Iterator[str]:
    """Yield what the plugin has no sign for."""
    if one.get("flagged"):
        yield "flagged"
    if one.get("urgent"):
        yield "urgent"
    for name, when in (("from", one.get("start")), ("at", one.get("due"))):
        clock = words(when).partition(" ")[2] if when else ""
        if clock and (name == "at" or when != one.get("due")):
            yield f"{name} {clock}"
    for rule in rules_of(one)[: None if not _repeats(one) else 1]:
        if not _repeats(one):
            yield f"repeats {rule.get('ical') or 'in a way nobody knows'}"
        elif "count" in rule:
            yield f"{rule['count']} times"
        elif "until" in rule:
            yield f"until {rule['until'][:10]}"
    yield from (f"for {_text(person)}" for person in people(one))


def _signs(one: Record) -> Iterator[str]:
    """Yield what the plugin reads, in the order in which it writes it."""
    if mark := PRIORITIES.get(one.get("priority", 0)):
        yield mark
    if repeats := _repeats(one):
        yield f"{REPEATS} {repeats}"
    if made := one.get("created", "")[:10]:
        yield f"{MADE} {made}"
    start, due = _day(one.get("start")), _day(one.get("due"))
    if start and start != due:
        yield f"{FROM} {start}"
    if due:
        yield f"{DUE} {due}"
    if one.get("completed") and (done := one.get("completed_at", "")[:10]):
        yield f"{DONE} {done}"


def _day(when: Record | None) -> str:
    """Return the day of a date where it is meant: a moment's is that of its own zone."""
    if not when:
        return ""
    try:
        found = moment(when)
    except (ValueError, OverflowError):
        return ""
    return (found.date() if isinstance(found, datetime) else found).isoformat()


def _repeats(one: Record) -> str:
    """Return how often a reminder comes back in the plugin's words, "" where it has none."""
    rules = rules_of(one)
    if len(rules) != 1 or rules[0].get("frequency") not in UNITS:
        return ""
    rule = rules[0]
    if set(rule) - PLAIN - {"count", "until", "raw"}:
        return ""
    unit, every = UNITS[rule["frequency"]], rule.get("interval", 1)
    weekdays, days = rule.get("days_of_week", []), rule.get("days_of_month", [])
    months = rule.get("months", [])
    return _rule(unit, every, (weekdays, days, months)) or ""


def _rule(unit: str, every: int, on: tuple[list[Any], list[int], list[int]]) -> str | None:
    weekdays, days, months = on
    plural = f"{every} {unit}s" if every > 1 else unit
    named = [NAMES[one["day"] - 1] for one in weekdays]
    numbered = any("week" in one for one in weekdays)
    if unit == "year" and months:  # "every March on the 29th": each year, in these months
        if every > 1 or weekdays or len(days) > 1:
            return None
        in_months = ", ".join(MONTHS[one - 1] for one in months if 1 <= one <= 12)
        return f"every {in_months} on the {_ordinal(days[0])}" if days else f"every {in_months}"
    if months or (weekdays and days) or any(one < -1 for one in days):
        return None
    if unit == "week" and not days and not numbered:
        return f"every {plural}" + (f" on {', '.join(named)}" if named else "")
    if unit == "month" and days:
        return f"every {plural} on the {', '.join(_ordinal(one) for one in days)}"
    if unit == "month" and len(weekdays) == 1 and -1 <= weekdays[0].get("week", 0) <= 5:
        if not weekdays[0].get("week"):
            return None
        return f"every {plural} on the {_ordinal(weekdays[0]['week'])} {named[0]}"
    return None if weekdays or days else f"every {plural}"


def _ordinal(number: int) -> str:
    """Return `1st`, `22nd`, `last`.

    >>> [_ordinal(one) for one in (1, 2, 3, 4, 11, 22, -1)]
    ['1st', '2nd', '3rd', '4th', '11th', '22nd', 'last']
    """
    if number == -1:
        return "last"
    ending = "th" if 10 < number % 100 < 14 else {1: "st", 2: "nd", 3: "rd"}.get(number % 10, "th")
    return f"{number}{ending}"


def _text(value: str) -> str:
    """Return a text in which Obsidian and its plugin find nothing of theirs."""
    return _SIGNS.sub(r"\1&nbsp;", _MORE_MARKS.sub(r"\\\1", plain(value)))
