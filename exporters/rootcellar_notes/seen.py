"""Notes seen: each note's row with where it belongs, and the sighting that comes of it."""

import hashlib
import sqlite3
from collections.abc import Collection, Iterator

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
        account, folders, said = filing.of(row)
        yield Seen(
            row,
            account,
            folders,
            Sighting(
                key=row.identifier,
                title=row.title or naming.UNTITLED,
                place=naming.place(
                    account.label if account else "",
                    [one.title for one in folders] or [container.tree.default_title(account)],
                    row.title,
                ),
                fingerprint=_fingerprint(row, said, settings, mark),
                suffixes=_suffixes(row, some if at == row.pk else [], settings.locked),
                store=container.identity,
                in_trash=container.tree.in_trash(row.folder),
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


class _Filing:
    """Answers for every folder once: its account, its path, and a digest of both."""

    def __init__(self, container: Container) -> None:
        self.tree = container.tree
        self._known: dict[tuple[int, int], tuple[Account | None, tuple[Folder, ...], str]] = {}

    def of(self, row: NoteRow) -> tuple[Account | None, tuple[Folder, ...], str]:
        found = self._known.get((row.folder, row.account))
        if found is None:
            account = self.tree.account(row.folder, row.account)
            folders = self.tree.path(row.folder)
            said = repr([account, *((one.identifier, one.title, one.share) for one in folders)])
            found = (account, folders, hashlib.blake2b(said.encode()).hexdigest())
            self._known[row.folder, row.account] = found
        return found


def _fingerprint(row: NoteRow, folder: str, settings: NotesSettings, mark: str) -> str:
    locked = (settings.locked, mark) if row.locked else ()
    facts = (row.title, row.created_seconds, row.pinned, row.has_text, folder, locked)
    said = repr((row.versions, facts))
    return hashlib.blake2b(said.encode("utf-8", "surrogatepass"), digest_size=12).hexdigest()
