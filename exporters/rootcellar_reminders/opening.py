"""The stores of containers, opened: private copies, what they refer to, what cannot be read.

This module alone decides which stores are read, in which order, and what is said about one that
cannot be read.
"""

import contextlib
import sqlite3
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from msgspec.structs import replace

from rootcellar.api import (
    Capture,
    SourceError,
    StoreMissing,
    StoreUnreadable,
    Trouble,
    plainly_opened,
)
from rootcellar.apple.core_data import CoreDataStore, Row, read_store, rows
from rootcellar.apple.values import text
from rootcellar_reminders.containers import databases
from rootcellar_reminders.store.attachments import AttachmentFolders
from rootcellar_reminders.store.belongings import make_indexes
from rootcellar_reminders.store.lists import (
    Account,
    ReminderList,
    read_accounts,
    read_lists,
)
from rootcellar_reminders.store.people import person_of
from rootcellar_reminders.store.reminders import Context, identity_of
from rootcellar_reminders.store.values import usable

REMINDER = "REMCDReminder"
REPAIR = (
    "Open Reminders on the Mac, which may repair it, or restore it from a backup. What is in the "
    "archive already is safe."
)
NEWER = "Update rootcellar: `pip install --upgrade rootcellar`. What is in the archive is safe."


@dataclass
class OpenedStore:
    """One `Data-….sqlite` that can be read. `database` is the private copy."""

    source: Path
    database: Path
    core: CoreDataStore
    accounts: dict[int, Account]
    lists: dict[int, ReminderList]
    tags: dict[int, str]
    people: dict[int, dict[str, Any]]
    uuids: dict[int, str]
    folders: AttachmentFolders

    @property
    def identity(self) -> str:
        """What tells this store from another, wherever it lies."""
        return usable(self.core.identity) or self.source.name

    @cached_property
    def numbers(self) -> dict[str, int]:
        """The rows of reminders by their UUIDs."""
        return {uid: pk for pk, uid in self.uuids.items()}

    @property
    def context(self) -> Context:
        """What records need."""
        return Context(self.core, self.lists, self.tags, self.people, self.uuids, self.folders)

    def connection(self) -> contextlib.AbstractContextManager[sqlite3.Connection]:
        """Open the private copy."""
        return plainly_opened(self.database)


# -- opening them ------------------------------------------------------------------------------


def open_stores(capture: Capture) -> tuple[list[OpenedStore], list[Trouble]]:
    """Open every store of every container, the one changed last first.

    One that cannot be read becomes a Trouble; when none can be read, its error is raised.
    """
    stores: list[OpenedStore] = []
    troubles: list[Trouble] = []
    errors: list[SourceError] = []

    def take(path: Path, error: SourceError) -> None:
        errors.append(error)
        troubles.append(Trouble(str(path), error.message, error.hint))

    for container in sorted({found.path for found in capture.stores}):
        try:
            paths = _databases(container)
        except SourceError as error:
            take(container, error)
            continue
        folders = AttachmentFolders(container)
        for path in paths:
            try:
                stores.append(_open(capture, path, folders))
            except SourceError as error:
                take(path, error)
    if errors and not stores:
        raise errors[0]
    return stores, troubles


def _databases(container: Path) -> list[Path]:
    try:
        paths = databases(container)
    except OSError as error:
        raise StoreUnreadable(
            f"The stores of Reminders in {container} cannot be looked at: {error.strerror}.",
            hint="Run `rootcellar doctor`: it tells which permission is missing.",
        ) from error
    if not paths:
        raise StoreMissing(
            f"{container} is a container of Reminders without a store (Stores/Data-….sqlite).",
            hint="Open Reminders on this Mac once, or restore the folder from a backup. What is "
            "in the archive already is safe.",
        )
    return paths


def _open(capture: Capture, source: Path, folders: AttachmentFolders) -> OpenedStore:
    database = capture.database(source)
    with plainly_opened(database) as connection:
        try:
            core = read_store(connection)
            return _opened(connection, source, database, core, folders)
        except sqlite3.DatabaseError as error:
            raise StoreUnreadable(
                f"The store {source} cannot be read: {error}.",
                hint=REPAIR,
            ) from error


def _opened(
    connection: sqlite3.Connection,
    source: Path,
    database: Path,
    core: CoreDataStore,
    folders: AttachmentFolders,
) -> OpenedStore:
    if not core.entities and (said := _without_entities(connection)):
        raise StoreUnreadable(f"The store {source} cannot be read: {said}.", hint=REPAIR)
    if core.entities and REMINDER not in core.entities:
        raise StoreUnreadable(
            f"{source} is of a version of Reminders that is not known here: it has no entity "
            f"{REMINDER}.",
            hint=NEWER,
        )
    make_indexes(connection, core)
    name = source.stem.removeprefix("Data-")
    fallback_id = usable(core.metadata.get("RDMasterStoreAccountIdentifier")) or name
    fallback = Account(fallback_id, _account_name(name), "", {"id": fallback_id, "name": name})
    accounts = read_accounts(connection, core, fallback)
    people = {row["Z_PK"]: person_of(row) for row in rows(connection, core.entity("REMCDSharee"))}
    labels = rows(connection, core.entity("REMCDHashtagLabel"))
    identity = usable(core.identity) or source.name
    return OpenedStore(
        source=source,
        database=database,
        core=core,
        accounts=accounts,
        lists=read_lists(connection, core, accounts),
        tags={row["Z_PK"]: text(row.get("NAME")) for row in labels},
        people=people,
        uuids=_uuids(reminder_rows(connection, core), identity),
        folders=folders,
    )


def _without_entities(connection: sqlite3.Connection) -> str:
    """Return why a store that lists no entities is not just as good as empty."""
    tables = connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")
    if any(str(name).startswith("ZREMCD") for (name,) in tables):
        return "its list of what is in its tables (Z_PRIMARYKEY) is missing or damaged"
    return ""


def _account_name(name: str) -> str:
    return "Local" if name == "local" else "Reminders"


def _uuids(found: Iterator[Row], identity: str) -> dict[int, str]:
    """Return the UUID of every reminder by its row; the second of two equal ones says so."""
    uuids: dict[int, str] = {}
    said: set[str] = set()
    for row in found:
        uid = identity_of(row, identity)
        if uid in said:
            uid = f"{uid}-{row['Z_PK']}"
        said.add(uid)
        uuids[row["Z_PK"]] = uid
    return uuids


def reminder_rows(connection: sqlite3.Connection, core: CoreDataStore) -> Iterator[Row]:
    """Yield of every reminder what identifies it."""
    entity = core.entity(REMINDER)
    if entity is None:
        return
    names = ("CKIDENTIFIER", "IDENTIFIER", "DACALENDARITEMUNIQUEIDENTIFIER")
    wanted = {name: entity.columns[name] for name in names if name in entity.columns}
    yield from rows(connection, replace(entity, columns=wanted))
