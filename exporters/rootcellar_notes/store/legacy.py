"""The store of notes before iCloud's: `NotesV7.storedata` (and V1 to V6), with bodies in HTML.

OS X before 10.11 kept all notes in it; later systems those of accounts that are not iCloud's
(IMAP, Exchange). Tables and columns are looked for, as in `schema`.
"""

import sqlite3
from collections.abc import Iterator, Mapping
from datetime import datetime
from pathlib import Path
from urllib.parse import unquote, urlsplit
from uuid import UUID

from msgspec import Struct

from rootcellar.api import StoreUnreadable
from rootcellar.apple.dates import cocoa_moment
from rootcellar.apple.keyed_archives import KeyedArchiveError, unarchive
from rootcellar.apple.values import number, text
from rootcellar_notes.store.schema import NEWER

IDENTIFIERS = (
    "ZUNIVERSALLYUNIQUEID",
    "ZGUID",
    "ZUUID",
    "ZIDENTIFIER",
    "ZEXTERNALIDENTIFIER",
    "ZSERVERID",
)
"""Columns that may hold what a note is known by, the most lasting first."""

ACCOUNT_NAMES = ("ZACCOUNTDESCRIPTION", "ZNAME", "ZEMAILADDRESS", "ZUSERNAME")
"""Columns that may hold what an account is called, the first that says something counts."""


class LegacyFile(Struct, frozen=True):
    """A file in a note: the content identifier its HTML names it by, and where it lies."""

    identifier: str
    path: str
    name: str


class LegacyNote(Struct, frozen=True):
    """One note; `folders` are titles, the outermost first. `version` rises with changes."""

    pk: int
    key: str
    title: str
    account: str
    kind: str
    folders: tuple[str, ...]
    in_trash: bool
    created: datetime | None
    modified: datetime | None
    version: str
    html: str


def columns_of(connection: sqlite3.Connection) -> dict[str, frozenset[str]]:
    """Return the columns of every table; StoreUnreadable when there can be no notes in them."""
    tables = {
        table: frozenset(row[1] for row in connection.execute(f'PRAGMA table_info("{table}")'))
        for (table,) in connection.execute(
            "SELECT name FROM sqlite_master WHERE type = 'table' AND name LIKE 'Z%'"
        ).fetchall()
    }
    if "ZNOTE" not in tables or not tables.get("ZNOTEBODY", frozenset()) & {
        "ZHTMLSTRING",
        "ZCONTENT",
    }:
        raise StoreUnreadable(
            "The store of older notes is of a version not known here.", hint=NEWER
        )
    return tables


def legacy_notes(
    connection: sqlite3.Connection, store: str, *, whole: bool
) -> Iterator[LegacyNote]:
    """Yield every note in the order of rows, with its HTML if `whole`."""
    tables = columns_of(connection)
    filing = _Filing(connection, tables)
    note, body = tables["ZNOTE"], tables["ZNOTEBODY"]
    html = next(f"b.{one}" for one in ("ZHTMLSTRING", "ZCONTENT") if one in body)
    names = [f"n.{one}" if one in note else "NULL"
             for one in ("ZTITLE", "ZDATECREATED", "ZDATEEDITED", "ZFOLDER", "Z_OPT")]  # fmt: skip
    if "ZDATECREATED" not in note and "ZCREATIONDATE" in note:  # iOS
        names[1:3] = ["n.ZCREATIONDATE", "n.ZMODIFICATIONDATE"]
    if "ZFOLDER" not in note and "ZSTORE" in note:
        names[3] = "n.ZSTORE"
    identifiers = [f"n.{one}" for one in IDENTIFIERS if one in note]
    known = f"coalesce({', '.join([*identifiers, 'NULL', 'NULL'])})"
    version = "b.Z_OPT" if "Z_OPT" in body else "NULL"
    said: set[str] = set()
    for (
        pk,
        identifier,
        title,
        created,
        modified,
        folder,
        opt,
        body_opt,
        content,
    ) in connection.execute(
        f"SELECT n.Z_PK, {known}, {', '.join(names)}, {version}, {html if whole else 'NULL'} "
        f"FROM ZNOTE n LEFT JOIN ZNOTEBODY b ON {_body_of_note(note, body)} "
        f"WHERE {_is_note(note)} ORDER BY n.Z_PK"
    ):
        key = _identifier(identifier) or f"{store}-{pk}"
        if key in said:
            key = f"{store}-{pk}"  # a copy of a note, which kept its header
        said.add(key)
        account, kind, folders, in_trash = filing.of(number(folder))
        yield LegacyNote(
            pk, key, text(title), account, kind, folders, in_trash, cocoa_moment(created),
            cocoa_moment(modified), f"{opt} {body_opt} {modified}", text(content),
        )  # fmt: skip


def _body_of_note(note: frozenset[str], body: frozenset[str]) -> str:
    """Return the condition that joins a note `n` with its text `b`; a Mac and iPhones differ."""
    for column in ("ZNOTE", "ZOWNER"):
        if column in body:
            return f"b.{column} = n.Z_PK"
    return "b.Z_PK = n.ZBODY" if "ZBODY" in note else "b.Z_PK = n.Z_PK"


def _is_note(note: frozenset[str]) -> str:
    """Return the condition that leaves out what iPhones keep of notes deleted and of syncing."""
    flags = [one for one in ("ZDELETEDFLAG", "ZISBOOKKEEPINGENTRY") if one in note]
    return " AND ".join(["1", *(f"ifnull(n.{one}, 0) <> 1" for one in flags)])


def legacy_files(connection: sqlite3.Connection, note: int, store: Path) -> list[LegacyFile]:
    """Return the files of a note, as far as the store tells of them; `store` is its folder."""
    columns = columns_of(connection).get("ZATTACHMENT", frozenset())
    if not {"ZNOTE", "ZFILEURL"} <= columns:
        return []
    content = "ZCONTENTID" if "ZCONTENTID" in columns else "NULL"
    found = []
    for pk, identifier, url in connection.execute(
        f"SELECT Z_PK, {content}, ZFILEURL FROM ZATTACHMENT WHERE ZNOTE = ? ORDER BY Z_PK", (note,)
    ):
        path = _path(_unarchived(url))
        name = Path(path).name
        at = _lies_at(path, store / "here") if path else ""
        found.append(LegacyFile(text(identifier).strip("<>") or f"{name} {pk}", at, name))
    return found


def _path(url: str) -> str:
    """Return the path that an address of a file has; "" for what is none."""
    try:
        return unquote(urlsplit(url).path)
    except ValueError:
        return ""


def _identifier(value: object) -> str:
    """Return what a note is known by: a text, or a UUID as its bytes or archived."""
    if isinstance(value, bytes) and len(value) == 16:
        return str(UUID(bytes=value)).upper()
    return _unarchived(value)


def _unarchived(value: object) -> str:
    """Return the text of a column, which Core Data may have archived (UUIDs, addresses)."""
    if isinstance(value, bytes) and value.startswith(b"bplist"):
        try:
            found = unarchive(value)
        except KeyedArchiveError:
            return ""
        return found if isinstance(found, str) else ""
    return text(value)


def _lies_at(path: str, store: Path) -> str:
    """Return where a file is whose address was written when the store lay where it was made.

    A home may be a copy: what is told below a folder that the store lies in is looked for there.
    """
    parts = Path(path).parts
    for folder in store.parents:
        if folder.name in parts:
            after = len(parts) - parts[::-1].index(folder.name)
            here = folder.joinpath(*parts[after:])
            if ".." not in parts and here.is_file():
                return str(here)
    return path


class _Filing:
    """The folders and accounts of a store."""

    def __init__(
        self, connection: sqlite3.Connection, tables: Mapping[str, frozenset[str]]
    ) -> None:
        names = ("Z_ENT", "ZNAME", "ZPARENT", "ZACCOUNT", "ZTRASHACCOUNT")
        self.folders = _rows(connection, tables, "ZFOLDER", names)
        if not self.folders:
            self.folders = _rows(connection, tables, "ZSTORE", names)
        of_account = ("Z_ENT", *ACCOUNT_NAMES)
        self.accounts = _rows(connection, tables, "ZACCOUNT", of_account)
        self.kinds: dict[int, str] = {}
        if {"Z_ENT", "Z_NAME"} <= tables.get("Z_PRIMARYKEY", frozenset()):
            named = connection.execute("SELECT Z_ENT, Z_NAME FROM Z_PRIMARYKEY")
            self.kinds = {number(kind): text(name) for kind, name in named}

    def of(self, folder: int) -> tuple[str, str, tuple[str, ...], bool]:
        """Return (account, its kind, titles of folders, in the trash) of a note's folder."""
        chain: list[tuple[object, ...]] = []
        seen: set[int] = set()
        while folder in self.folders and folder not in seen:
            seen.add(folder)
            chain.append(self.folders[folder])
            folder = number(chain[-1][2])
        owner = next((number(one[3] or one[4]) for one in chain if one[3] or one[4]), 0)
        number_of_kind, *names = self.accounts.get(owner, (0,))
        kind = self.kinds.get(number(number_of_kind), "")
        account = next(filter(None, map(text, names)), "")
        if not account and kind == "LocalAccount":
            account = "On My Mac"
        if len(chain) > 1 and _is_root(chain[-1], chain[0]):
            chain.pop()
        titles = tuple(text(one[1]) for one in reversed(chain))
        in_trash = any(one[4] for one in chain)
        return account, kind, titles, in_trash


def _is_root(top: tuple[object, ...], inner: tuple[object, ...]) -> bool:
    """Tell whether a folder is the one at the top of an account, which people never see.

    It has no name, or is of another kind, or belongs to the account as no folder in it does.
    """
    return not text(top[1]) or top[0] != inner[0] or bool(top[3] and not inner[3])


def _rows(
    connection: sqlite3.Connection,
    tables: Mapping[str, frozenset[str]],
    table: str,
    columns: tuple[str, ...],
) -> dict[int, tuple[object, ...]]:
    if table not in tables:
        return {}
    named = ", ".join(one if one in tables[table] else "NULL" for one in columns)
    rows = connection.execute(f"SELECT Z_PK, {named} FROM {table}")
    return {int(pk): tuple(values) for pk, *values in rows}
