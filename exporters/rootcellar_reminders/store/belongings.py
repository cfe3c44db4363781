"""What belongs to reminders and lies in rows of its own: read for many reminders at once."""

import json
import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field

from rootcellar.apple.core_data import CoreDataStore, Row, rows
from rootcellar.apple.values import number
from rootcellar_reminders.store.values import identifier, is_deleted

BY_REMINDER = ("REMCDAlarm", "REMCDAttachment", "REMCDHashtag", "REMCDRecurrenceRule",
               "REMCDAssignment")  # fmt: skip
ORPHANS = {"REMCDAlarm": "alarms", "REMCDAttachment": "attachments", "REMCDHashtag": "tags",
           "REMCDRecurrenceRule": "rules", "REMCDAssignment": "assignments"}  # fmt: skip
TRIGGERS = "REMCDAlarmTrigger"
EARLY = "REMCDDueDateDeltaAlert"


@dataclass
class Belongings:
    """The rows that belong to some reminders: by entity, then by the reminder's Z_PK."""

    by_entity: dict[str, dict[int, list[Row]]] = field(default_factory=dict)
    triggers: dict[int, Row] = field(default_factory=dict)

    def of(self, entity: str, reminder: int) -> Sequence[Row]:
        """Return the rows of one entity that belong to a reminder, in the store's order."""
        return self.by_entity.get(entity, {}).get(reminder, ())


def belongings(
    connection: sqlite3.Connection, store: CoreDataStore, reminders: Sequence[Row]
) -> Belongings:
    """Return what belongs to these reminders; what is marked as deleted is left out."""
    found = Belongings()
    wanted = [row["Z_PK"] for row in reminders]
    for name in BY_REMINDER:
        entity = store.entity(name)
        if entity is None or "REMINDER" not in entity.columns:
            continue
        grouped = found.by_entity[name] = {}
        # Which of these is an entity's own is not told; the others are empty in its rows.
        orders = [one for one in entity.columns if one.startswith("Z_FOK_REMINDER")]
        order = ", ".join((*orders, "Z_PK"))
        for row in rows(connection, entity, among("REMINDER", wanted), order):
            if not is_deleted(row):
                grouped.setdefault(number(row["REMINDER"]), []).append(row)
    alarms = [row for some in found.by_entity.get("REMCDAlarm", {}).values() for row in some]
    found.triggers = dict(_triggers(connection, store, alarms))
    found.by_entity[EARLY] = _early(connection, store, reminders)
    return found


def among(name: str, numbers: Iterable[int]) -> str:
    return f"{name} IN (SELECT value FROM json_each('{json.dumps(list(numbers))}'))"


def _triggers(
    connection: sqlite3.Connection, store: CoreDataStore, alarms: Sequence[Row]
) -> Iterator[tuple[int, Row]]:
    """Yield triggers by their Z_PK; an alarm that names none gets the one that names it."""
    entity = store.entity(TRIGGERS)
    if entity is None or not alarms:
        return
    wanted = {number(row["TRIGGER"]) for row in alarms if "TRIGGER" in row}
    if wanted:
        for row in rows(connection, entity, among("Z_PK", sorted(wanted))):
            yield row["Z_PK"], row
    lone = {row["Z_PK"]: row for row in alarms if "TRIGGER" not in row}
    if lone and "ALARM" in entity.columns:
        for row in rows(connection, entity, among("ALARM", sorted(lone))):
            lone[number(row["ALARM"])]["TRIGGER"] = row["Z_PK"]
            yield row["Z_PK"], row


def _early(
    connection: sqlite3.Connection, store: CoreDataStore, reminders: Sequence[Row]
) -> dict[int, list[Row]]:
    """Return early reminders that are rows; they name the reminder by its UUID, or its number."""
    entity = store.entity(EARLY)
    if entity is None or not {"REMINDERIDENTIFIER", "REMINDER"} & entity.columns.keys():
        return {}
    found: dict[int, list[Row]] = {}
    if "REMINDER" in entity.columns:
        where = among("REMINDER", (row["Z_PK"] for row in reminders))
        for row in rows(connection, entity, where):
            found.setdefault(number(row["REMINDER"]), []).append(row)
    if "REMINDERIDENTIFIER" not in entity.columns:
        return found
    named = {identifier(row).replace("-", ""): row["Z_PK"] for row in reminders}
    wanted = json.dumps(list(named)).replace("'", "")
    where = f"{_HEX} IN (SELECT value FROM json_each('{wanted}'))"
    for row in rows(connection, entity, where):
        if number(row.get("REMINDER")) in found:
            continue
        raw = row["REMINDERIDENTIFIER"]
        name = raw.hex() if isinstance(raw, bytes) else str(raw).replace("-", "")
        found.setdefault(named[name.upper()], []).append(row)
    return found


_HEX = (
    "upper(replace(CASE typeof(REMINDERIDENTIFIER) WHEN 'blob' THEN hex(REMINDERIDENTIFIER) "
    "ELSE REMINDERIDENTIFIER END, '-', ''))"
)


def orphans(connection: sqlite3.Connection, store: CoreDataStore) -> dict[str, int]:
    """Return how many rows of each kind belong to no reminder that is there, by what they are."""
    found = {}
    reminders = store.entity("REMCDReminder")
    for name, what in ORPHANS.items():
        entity = store.entity(name)
        if reminders is None or entity is None or "REMINDER" not in entity.columns:
            continue
        deleted = "AND NOT coalesce(MARKEDFORDELETION, 0) "
        where = (
            f'REMINDER NOT IN (SELECT Z_PK FROM "{reminders.table}") '
            f"{deleted if 'MARKEDFORDELETION' in entity.columns else ''}"
        )
        if count := sum(1 for _ in rows(connection, entity, where)):
            found[what] = count
    return found


def make_indexes(connection: sqlite3.Connection, store: CoreDataStore) -> None:
    """Index the private copy by what `belongings` asks for; Apple's own indexes may be missing."""
    for name in BY_REMINDER:
        entity = store.entity(name)
        column = entity.columns.get("REMINDER") if entity else None
        if entity and column:
            query = f'CREATE INDEX IF NOT EXISTS "by {name}" ON "{entity.table}" ({column})'
            connection.execute(query)
