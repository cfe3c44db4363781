"""Templates: lists that were saved to be made again, with what was in them."""

import sqlite3
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from msgspec import Struct

from rootcellar.apple.core_data import Row, rows
from rootcellar.apple.values import number, text
from rootcellar_reminders.store.attachments import Attachment, attachments_of
from rootcellar_reminders.store.colours import colour_of, emblem_of
from rootcellar_reminders.store.lists import Account, section_of
from rootcellar_reminders.store.values import (
    OWN,
    blob,
    filled,
    identifier,
    is_deleted,
    leftover,
    stamp,
)

if TYPE_CHECKING:
    from rootcellar_reminders.opening import OpenedStore

_TEMPLATE = OWN | {"NAME", "COLOR", "BADGEEMBLEM", "CREATIONDATE", "PARENTACCOUNT",
                   "LASTMODIFIEDDATE"}  # fmt: skip
_SAVED = OWN | {"TITLE", "METADATA", "TEMPLATE", "PARENTSAVEDREMINDER", "COMPLETED",
                "CREATIONDATE"}  # fmt: skip


class SavedReminder(Struct, frozen=True):
    """One reminder of a template: what is told of it, and the files attached to it."""

    identifier: str
    title: str
    record: dict[str, Any]
    files: tuple[Attachment, ...]


class Template(Struct, frozen=True):
    """One template: its account, what is told of it, and its reminders."""

    identifier: str
    name: str
    account: Account
    facts: dict[str, Any]
    reminders: tuple[SavedReminder, ...]

    @property
    def record(self) -> dict[str, Any]:
        """What is told of it and of its reminders."""
        return {**self.facts, "reminders": [one.record for one in self.reminders]}


def templates_of(store: "OpenedStore") -> list[Template]:
    """Return the templates of a store with their saved reminders, those deleted left out."""
    if store.core.entity("REMCDTemplate") is None:
        return []
    with store.connection() as connection:
        found = _living(connection, store, "REMCDTemplate")
        saved = _grouped(_living(connection, store, "REMCDSavedReminder"), "TEMPLATE")
        files = _grouped(
            _living(connection, store, "REMCDSavedAttachment"), "SAVEDREMINDER", "REMINDER"
        )
        sections = _grouped(_living(connection, store, "REMCDBaseSection"), "TEMPLATE")
    listed = []
    for row in found:
        owner = number(row.get("PARENTACCOUNT")) or number(row.get("ACCOUNT"))
        account = store.accounts.get(owner, store.accounts[0])
        uid = identifier(row) or f"{store.identity}-template-{row['Z_PK']}"
        inside = tuple(
            _saved(one, files.get(one["Z_PK"], ()), store, account)
            for one in saved.get(row["Z_PK"], ())
        )
        facts = _template(row, uid) | filled(
            sections=[section_of(one) for one in sections.get(row["Z_PK"], ())]
        )
        listed.append(Template(uid, facts["name"], account, facts, inside))
    return listed


def _living(connection: sqlite3.Connection, store: "OpenedStore", name: str) -> list[Row]:
    entity = store.core.entity(name)
    return [row for row in rows(connection, entity) if not is_deleted(row)]


def _grouped(found: Iterable[Row], *owners: str) -> dict[int, list[Row]]:
    """Return rows by the number of what they belong to, told by the first of these columns."""
    grouped: dict[int, list[Row]] = {}
    for row in found:
        owner = next((number(row[name]) for name in owners if name in row), 0)
        grouped.setdefault(owner, []).append(row)
    return grouped


def _template(row: Row, uid: str) -> dict[str, Any]:
    return {"id": uid, "name": text(row.get("NAME"))} | filled(
        color=colour_of(row.get("COLOR")),
        emblem=emblem_of(row.get("BADGEEMBLEM")),
        created=stamp(row.get("CREATIONDATE")),
        modified=stamp(row.get("LASTMODIFIEDDATE")),
        raw=leftover(row, _TEMPLATE),
    )


def _saved(
    row: Row, files: Iterable[Row], store: "OpenedStore", account: Account
) -> SavedReminder:
    """Return a saved reminder; what it says of itself is JSON in one column."""
    attached = attachments_of(files, store.folders, account.identifier)
    metadata = blob(row.get("METADATA"))
    title = text(row.get("TITLE"))
    if not title and isinstance(metadata, dict):
        title = text(metadata.get("title"))
    uid = identifier(row) or f"{store.identity}-saved-{row['Z_PK']}"
    if uid in store.numbers:
        uid = f"{uid}-saved"
    record = {"id": uid, "title": title} | filled(
        metadata=metadata,
        attachments=[one.record for one in attached if not one.is_link],
        links=[one.record for one in attached if one.is_link],
        raw=leftover(row, _SAVED),
    )
    return SavedReminder(uid, title, record, tuple(one for one in attached if not one.is_link))
