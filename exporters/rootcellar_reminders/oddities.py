"""What was odd about stores and reminders: counted, and told in a sentence each."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from rootcellar.api import Notice
from rootcellar.apple.blobs import is_undecoded
from rootcellar.apple.core_data import unknown_rows
from rootcellar_reminders.opening import OpenedStore
from rootcellar_reminders.store.belongings import orphans
from rootcellar_reminders.store.forms import FORMS
from rootcellar_reminders.store.recurrence import rules_of
from rootcellar_reminders.store.reminders import Reminder

_DANGLING = frozenset({"list", "parentreminder", "hashtaglabels", "assignee", "originator"})
_PLAINLY_KEPT = frozenset({"notesdocument", "timezone", "displaydatetimezone",
                           "dacalendaritemuniqueidentifier"})  # fmt: skip
_ODD = (frozenset(map(str.lower, FORMS)) | {"duedatedeltaalerts"}) - _PLAINLY_KEPT - _DANGLING
"""Columns that stand in `raw` only when their value is in a form that is not known."""
_RAW = b'"raw"'
_DAMAGED = "\ufffd".encode()
"""A letter whose bytes could not be read, as it is in a record."""


@dataclass
class Oddities:
    """Counts what was kept without being understood, and says so."""

    rules: int = 0
    alarms: int = 0
    values: int = 0
    damaged: int = 0
    dangling: int = 0
    notices: list[str] = field(default_factory=list)

    def look_at_store(self, store: OpenedStore) -> None:
        """Take down what is odd about a store, its accounts and lists."""
        name = store.source.name
        if store.core.entities and not store.core.modelled:
            self.notices.append(
                f"{name}: {store.core.why}, so its columns were found by their names. "
                "Nothing is missing for that."
            )
        with store.connection() as connection:
            count = unknown_rows(connection, store.core)
            left = orphans(connection, store.core)
        if count:
            rows = "1 row is of a kind" if count == 1 else f"{count:,} rows are of kinds"
            self.notices.append(f"{name}: {rows} that it does not list itself; left alone.")
        if left:
            listed = ", ".join(f"{count:,} {what}" for what, count in left.items())
            self.notices.append(
                f"{name}: some parts belong to no reminder that is there ({listed}); they were "
                "left alone."
            )
        for account in store.accounts.values():
            self.values += _odd_values(account.facts)
        for one in store.lists.values():
            self.values += _odd_values(one.facts)
            smart = one.facts.get("smart_filter", {}).get("stored")
            colour = one.facts.get("color", {}).get("raw")
            self.values += is_undecoded(smart) + is_undecoded(colour)

    def look_at(self, one: Reminder, encoded: bytes) -> None:
        """Take down what is odd about a reminder."""
        record = one.record
        self.damaged += _DAMAGED in encoded
        if _RAW in encoded:
            self._look_at_raw(one)
        self.rules += sum("ical" not in rule for rule in rules_of(record))
        for alarm in record.get("alarms", ()):
            broken = alarm["type"] == "date" and "when" not in alarm
            self.alarms += broken or alarm["type"] == "unknown"
        self.values += sum(map(is_undecoded, record.get("message_contacts", ())))

    def _look_at_raw(self, one: Reminder) -> None:
        record = one.record
        if not one.deleted:
            self.dangling += not _DANGLING.isdisjoint(record.get("raw", {}))
        parts = (record, *record.get("alarms", ()), *record.get("attachments", ()),
                 *record.get("links", ()), *record.get("early", ()))  # fmt: skip
        self.values += sum(_odd_values(part) for part in parts)
        for assigned in (record.get("assignee"), *record.get("more_assignees", ())):
            self.values += _odd_values(assigned or {})
            self.dangling += not _DANGLING.isdisjoint((assigned or {}).get("raw", {}))

    def told(self) -> Iterator[Notice]:
        """Yield what a person should know."""
        for text in self.notices:
            yield Notice(text)
        if self.dangling:
            yield Notice(
                f"{_reminders(self.dangling, 'refers', 'refer')} to something that is not in the "
                "store (a list, a reminder, a tag, a person); its number there is in `raw`."
            )
        if self.damaged:
            yield Notice(
                f"{_reminders(self.damaged, 'has', 'have')} letters that are damaged in the "
                "store; \ufffd stands for them."
            )
        for count, one, several in (
            (self.rules, "rule says", "rules say"),
            (self.alarms, "alarm says", "alarms say"),
            (self.values, "value says", "values say"),
        ):
            if count:
                said = one if count == 1 else several
                what = "when a reminder comes back" if one.startswith("rule") else "something"
                yield Notice(
                    f"{count:,} {said} {what} in a form that is not known here; kept as stored, "
                    "in `raw`. Updating rootcellar may help."
                )


def _odd_values(part: Mapping[str, Any]) -> int:
    raw = part.get("raw")
    return len(_ODD.intersection(raw)) if raw else 0


def _reminders(count: int, one: str, several: str) -> str:
    return f"1 reminder {one}" if count == 1 else f"{count:,} reminders {several}"
