"""Templates: lists that were saved to be made again, with what was in them."""

from typing import TYPE_CHECKING, Any

from rootcellar.apple.core_data import Row, rows
from rootcellar.apple.values import number, text
from rootcellar_reminders.store.attachments import attachment_of
from rootcellar_reminders.store.colours import colour_of, emblem_of
from rootcellar_reminders.store.lists import Account
from rootcellar_reminders.store.values import OWN, blob, filled, identifier, leftover, stamp

if TYPE_CHECKING:
    from rootcellar_reminders.opening import OpenedStore

_TEMPLATE = OWN | {"NAME", "COLOR", "BADGEEMBLEM", "CREATIONDATE", "PARENTACCOUNT",
                   "LASTMODIFIEDDATE"}  # fmt: skip
_SAVED = OWN | {"TITLE", "METADATA", "TEMPLATE", "PARENTSAVEDREMINDER", "COMPLETED",
                "CREATIONDATE"}  # fmt: skip


def templates_of(store: "OpenedStore") -> list[tuple[Account, dict[str, Any]]]:
    """Return the templates of a store, each with its account and its saved reminders."""
    with store.connection() as connection:
        saved: dict[int, list[Row]] = {}
        for row in rows(connection, store.core.entity("REMCDSavedReminder")):
            saved.setdefault(number(row.get("TEMPLATE")), []).append(row)
        files: dict[int, list[Row]] = {}
        for row in rows(connection, store.core.entity("REMCDSavedAttachment")):
            files.setdefault(number(row.get("SAVEDREMINDER")), []).append(row)
        found = list(rows(connection, store.core.entity("REMCDTemplate")))
    listed = []
    for row in found:
        if row.get("MARKEDFORDELETION"):
            continue
        owner = number(row.get("PARENTACCOUNT")) or number(row.get("ACCOUNT"))
        account = store.accounts.get(owner, store.accounts[0])
        inside = [_saved(one, files, store, account) for one in saved.get(row["Z_PK"], ())]
        listed.append((account, _template(row) | {"reminders": inside}))
    return listed


def _template(row: Row) -> dict[str, Any]:
    return {"id": identifier(row), "name": text(row.get("NAME"))} | filled(
        color=colour_of(row.get("COLOR")),
        emblem=emblem_of(row.get("BADGEEMBLEM")),
        created=stamp(row.get("CREATIONDATE")),
        modified=stamp(row.get("LASTMODIFIEDDATE")),
        raw=leftover(row, _TEMPLATE),
    )


def _saved(
    row: Row, files: dict[int, list[Row]], store: "OpenedStore", account: Account
) -> dict[str, Any]:
    """Return a saved reminder; what it says of itself is JSON in one column."""
    attached = [
        attachment_of(one, store.folders, account.identifier) for one in files.get(row["Z_PK"], ())
    ]
    metadata = blob(row.get("METADATA"))
    title = text(row.get("TITLE"))
    if not title and isinstance(metadata, dict):
        title = text(metadata.get("title"))
    return {"id": identifier(row), "title": title} | filled(
        metadata=metadata,
        attachments=[filled(id=one.identifier, file=one.name, **one.facts) for one in attached],
        raw=leftover(row, _SAVED),
    )
