"""Notes seen: each note's row with where it belongs, and the sighting that comes of it."""

import hashlib
import marshal
import sqlite3
from collections.abc import Collection, Iterator
from typing import Any

from msgspec import Struct

from rootcellar.api import Sighting
from rootcellar_notes import naming
from rootcellar_notes.containers import Container
from rootcellar_notes.settings import NotesSettings
from rootcellar_notes.store.attachments import Attachment, outlines
from rootcellar_notes.store.folders import Account, Folder
from rootcellar_notes.store.notes import NoteRow, note_rows, wish


class Seen(Struct, frozen=True):
    """One note with its account, the path of its folders, and its sighting."""

    row: NoteRow
    account: Account | None
    folders: tuple[Folder, ...]
    sighting: Sighting

    @property
    def in_icloud(self) -> bool:
        """Whether what is not here can be had from iCloud."""
        return self.account is None or self.account.kind != "local"


def look(container: Container, settings: NotesSettings, mark: str) -> Iterator[Sighting]:
    """Yield the sighting of every note of a container; `mark` is of the passwords."""
    with container.connection() as connection:
        for seen in seen_in(container, connection, settings, mark):
            yield seen.sighting


def seen_in(
    container: Container,
    connection: sqlite3.Connection,
    settings: NotesSettings,
    mark: str,
    keys: Collection[str] | None = None,
) -> Iterator[Seen]:
    """Yield every note of a container, or those with these keys; `mark` is of the passwords."""
    filing = _Filing(container)
    if keys is not None:
        wish(connection, keys)
    wanted = keys is not None
    parts = outlines(connection, container.schema, wanted=wanted)
    at, some = next(parts, (0, []))
    for row in note_rows(connection, container.schema, wanted=wanted):
        if not row.identifier:
            continue
        while at and at < row.pk:
            at, some = next(parts, (0, []))
        filed = filing.of(row)
        yield Seen(
            row,
            filed.account,
            filed.folders,
            Sighting(
                key=row.identifier,
                title=row.title or naming.UNTITLED,
                place=f"{filed.place}/{naming.title_of(row.title)}",
                fingerprint=_fingerprint(row, filed.said, settings, mark),
                suffixes=_suffixes(row, some if at == row.pk else [], settings.locked),
                store=container.identity,
                in_trash=filed.in_trash,
                scope=LOCKED if row.locked else "",
            ),
        )


LOCKED = "locked"
"""The scope of locked notes."""
PLAIN = (*naming.suffixes(()), " (text)")
"""The suffixes of a note that is neither locked nor has attachments: most are such."""


def _suffixes(row: NoteRow, parts: list[Attachment], locked: str) -> tuple[str, ...]:
    if not (parts or row.locked):
        return PLAIN
    if not row.locked:
        return (*naming.suffixes(parts), " (text)")
    if parts and locked != "skip":
        return ()  # what the files are called is locked, too
    return (naming.PAGE, naming.SEALED, " (attachments)", " (text)")


class _Filed(Struct, frozen=True):
    """What holds for all notes of one folder; `said` is a digest of what their records say."""

    account: Account | None
    folders: tuple[Folder, ...]
    place: str
    in_trash: bool
    said: str


class _Filing:
    """Answers for every folder once."""

    def __init__(self, container: Container) -> None:
        self.tree = container.tree
        self._known: dict[tuple[int, int], _Filed] = {}

    def of(self, row: NoteRow) -> _Filed:
        found = self._known.get((row.folder, row.account))
        if found is None:
            found = self._known[row.folder, row.account] = self._file(row)
        return found

    def _file(self, row: NoteRow) -> _Filed:
        account = self.tree.account(row.folder, row.account)
        folders = self.tree.path(row.folder)
        titles = [one.title for one in folders] or [self.tree.default_title(account)]
        said = repr([account, *((one.identifier, one.title, one.share) for one in folders)])
        return _Filed(
            account,
            folders,
            naming.folder(account.label if account else "", titles),
            self.tree.in_trash(row.folder),
            hashlib.blake2b(said.encode()).hexdigest(),
        )


def _fingerprint(row: NoteRow, folder: str, settings: NotesSettings, mark: str) -> str:
    locked = (settings.locked, mark) if row.locked else ()
    facts = (row.title, row.created_seconds, row.pinned, row.has_text, folder, locked)
    # Version 2 of marshal has no references: equal values give equal bytes, sooner than repr.
    known: tuple[Any, ...] = (row.versions, facts)
    return hashlib.blake2b(marshal.dumps(known, 2), digest_size=12).hexdigest()
