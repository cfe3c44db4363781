"""Accounts, and the trees of folders in them; smart folders with what they look for."""

import sqlite3
from collections.abc import Iterator, Mapping
from typing import Any

from msgspec import Struct
from msgspec.structs import replace

from rootcellar.apple.keyed_archives import Archive, KeyedArchiveError
from rootcellar.apple.values import data, number, text
from rootcellar_notes.store.schema import OBJECTS, Schema

TRASH = 1
SMART = 3
"""ZFOLDERTYPE; 0 is an ordinary folder."""
KINDS = {1: "icloud", 2: "exchange", 3: "local"}
"""ZACCOUNTTYPE: 1 and 3 were seen in stores."""


class Account(Struct, frozen=True):
    """An account. `identifier` is also the name of its folder on disk below `Accounts`.

    `label` is what its folder in the archive is called: the name, unless another account has it.
    """

    pk: int
    identifier: str
    name: str
    kind: str
    label: str


class Folder(Struct, frozen=True):
    """A folder; `parent` and `owner` (an account) are row numbers, 0 for none.

    `query` is the JSON of a smart folder. `share` is the keyed archive of a shared folder.
    `deleted`: Notes does not show it; it is a tombstone, or a placeholder that was never fetched.
    """

    pk: int
    identifier: str
    title: str
    parent: int
    owner: int
    kind: int
    deleted: bool
    order: int
    query: str
    share: bytes


class Tree:
    """The accounts and folders of a store, and where a note belongs among them."""

    def __init__(self, accounts: Mapping[int, Account], folders: Mapping[int, Folder]) -> None:
        self.accounts = accounts
        self.folders = folders

    def path(self, folder: int) -> tuple[Folder, ...]:
        """Return a folder with those it lies in, the outermost first; () for none.

        Where folders lie in one another in a circle, it is cut where it closes.
        """
        found: list[Folder] = []
        seen: set[int] = set()
        while folder in self.folders and folder not in seen:
            seen.add(folder)
            found.append(self.folders[folder])
            folder = self.folders[folder].parent
        return tuple(reversed(found))

    def account(self, folder: int, own: int) -> Account | None:
        """Return the account of a note: its folder's owner, else the one it names itself."""
        owners = [one.owner for one in reversed(self.path(folder))]
        for pk in (*owners, own):
            if pk in self.accounts:
                return self.accounts[pk]
        return next(iter(self.accounts.values())) if len(self.accounts) == 1 else None

    def in_trash(self, folder: int) -> bool:
        """Tell whether a folder is the trash, or lies in it."""
        return any(one.kind == TRASH for one in self.path(folder))

    def default_title(self, account: Account | None) -> str:
        """Return what the folder is called in which unfiled notes appear."""
        for one in self.folders.values():
            if one.identifier.startswith("DefaultFolder") and (
                account is None or one.owner == account.pk
            ):
                return one.title
        return ""


def read_tree(connection: sqlite3.Connection, schema: Schema) -> Tree:
    """Read all accounts and folders; those that were deleted are kept for notes still in them."""
    accounts = {one.pk: one for one in _labelled(list(_accounts(connection, schema)))}
    folders = {one.pk: one for one in _folders(connection, schema)}
    named = {one.identifier: one.pk for one in folders.values()}
    for pk, above in _parents_in_records(connection, schema):
        if named.get(above, pk) != pk:
            folders[pk] = replace(folders[pk], parent=named[above])
    return Tree(accounts, folders)


def _labelled(accounts: list[Account]) -> Iterator[Account]:
    """Yield accounts with labels that no two share: their notes would share folders."""
    names = [one.name.casefold() for one in accounts]
    for one in accounts:
        shared = names.count(one.name.casefold()) > 1
        yield replace(one, label=f"{one.name} {one.identifier[:8]}" if shared else one.name)


def _parents_in_records(
    connection: sqlite3.Connection, schema: Schema
) -> Iterator[tuple[int, str]]:
    """Yield (folder, identifier of the one it lies in) where only iCloud's record tells.

    Of some folders ZPARENT is empty although they lie in another one (seen by other readers on
    iPhones); the record as iCloud last gave it, a keyed archive, has a ParentReference then.
    """
    parent, record = schema.value("PARENT", "f"), schema.value("SERVERRECORDDATA", "f")
    for pk, data_of_record in connection.execute(
        f"SELECT f.Z_PK, {record} FROM {OBJECTS} f "
        f"WHERE f.Z_ENT = ? AND {parent} IS NULL AND {record} IS NOT NULL",
        (schema.entity("ICFolder"),),
    ):
        if above := _parent_reference(data(data_of_record)):
            yield pk, above


def _parent_reference(record: bytes) -> str:
    try:
        archive = Archive(record)
        found: Any = archive.resolve(archive.top.get("ParentReference"))
        for name in ("recordID", "RecordID"):
            if isinstance(found, dict) and name in found:
                found = archive.resolve(found[name])
        name = archive.resolve(found.get("RecordName")) if isinstance(found, dict) else ""
    except KeyedArchiveError:
        return ""
    return name if isinstance(name, str) else ""


def _accounts(connection: sqlite3.Connection, schema: Schema) -> Iterator[Account]:
    names = ("IDENTIFIER", "NAME", "ACCOUNTTYPE")
    columns = ", ".join(schema.value(name, "a") for name in names)
    for pk, identifier, name, kind in connection.execute(
        f"SELECT a.Z_PK, {columns} FROM {OBJECTS} a WHERE a.Z_ENT = ? ORDER BY a.Z_PK",
        (schema.entity("ICAccount"),),
    ):
        known = KINDS.get(number(kind), "other" if kind is not None else "")
        yield Account(pk, text(identifier), text(name), known, text(name))


def _folders(connection: sqlite3.Connection, schema: Schema) -> Iterator[Folder]:
    names = ("IDENTIFIER", "TITLE", "PARENT", "OWNER", "FOLDERTYPE", "MARKEDFORDELETION")
    more = ("SORTORDER", "SMARTFOLDERQUERYJSON", "SERVERSHAREDATA", "ACCOUNT",
            "NEEDSINITIALFETCHFROMCLOUD")  # fmt: skip
    columns = ", ".join(schema.value(name, "f") for name in (*names, *more))
    for (
        pk,
        identifier,
        title,
        parent,
        owner,
        kind,
        deleted,
        order,
        query,
        share,
        account,
        fetch,
    ) in connection.execute(
        f"SELECT f.Z_PK, {columns} FROM {OBJECTS} f WHERE f.Z_ENT = ? ORDER BY f.Z_PK",
        (schema.entity("ICFolder"),),
    ):
        trash = text(identifier).startswith("TrashFolder")  # before there was ZFOLDERTYPE
        yield Folder(
            pk,
            text(identifier),
            text(title),
            number(parent),
            number(owner) or number(account),
            TRASH if trash else number(kind),
            number(deleted) == 1 or number(fetch) == 1,
            number(order),
            text(query),
            data(share),
        )
