"""A list as a table (CSV, RFC 4180): one reminder to a line, for spreadsheets."""

import csv
import io
from collections.abc import Iterable

from rootcellar_reminders.store.recurrence import rules_of
from rootcellar_reminders.views.times import Record, shown

COLUMNS = (
    "title", "notes", "section", "parent", "due", "due kind", "time zone", "start", "completed",
    "completed at", "priority", "flagged", "urgent", "tags", "url", "repeats", "created",
    "modified", "deleted", "gone", "id",
)  # fmt: skip


def table(record: Record, members: Iterable[Record]) -> str:
    """Return a list as CSV with a line of names; lists in a cell are joined by spaces."""
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow(COLUMNS)
    for one in shown(record, members):
        due, start = one.get("due") or {}, one.get("start") or {}
        urls = [link.get("url", "") for link in one.get("links", ())]
        rules = [rule.get("ical", "?") for rule in rules_of(one)]
        writer.writerow(
            (
                one.get("title", ""), one.get("notes", ""),
                (one.get("section") or {}).get("name", ""), one.get("parent", ""),
                due.get("value", ""), due.get("kind", ""), due.get("tz", ""),
                start.get("value", ""), _yes(one, "completed"), one.get("completed_at", ""),
                one.get("priority") or "", _yes(one, "flagged"), _yes(one, "urgent"),
                " ".join(one.get("tags", ())), " ".join(filter(None, (one.get("url"), *urls))),
                " ".join(rules), one.get("created", ""), one.get("modified", ""),
                _yes(one, "deleted"), _yes(one, "gone"), one["id"],
            )
        )  # fmt: skip
    return out.getvalue()


def _yes(one: Record, name: str) -> str:
    return "yes" if one.get(name) else ""
