"""Notes of older stores, and of accounts that are not iCloud's, as items like all others."""

import contextlib
import hashlib
import sqlite3
from collections.abc import Collection, Iterator
from contextlib import AbstractContextManager
from pathlib import Path

from msgspec import Struct

from rootcellar.api import Capture, Item, Sighting, StoreMissing, plainly_opened
from rootcellar_notes import naming
from rootcellar_notes.htmlitems import html_item
from rootcellar_notes.record import filled, stamp
from rootcellar_notes.store.legacy import LegacyFile, LegacyNote, legacy_files, legacy_notes

DATABASES = (*(f"NotesV{version}.storedata" for version in (7, 6, 4, 2, 1)), "notes.sqlite")
"""The names the store has had, the newest first; the last one on an iPhone."""


class OlderStore(Struct, frozen=True):
    """An older store that can be read. `database` is the private copy."""

    path: Path
    database: Path
    identity: str

    def connection(self) -> AbstractContextManager[sqlite3.Connection]:
        """Open the private copy."""
        return plainly_opened(self.database)

    def look(self) -> Iterator[Sighting]:
        """Yield every note."""
        with self.connection() as connection:
            for note in legacy_notes(connection, self.identity, whole=False):
                yield self._sighting(note)

    def read(self, keys: Collection[str]) -> Iterator[Item]:
        """Yield the notes with these keys."""
        with self.connection() as connection:
            for note in legacy_notes(connection, self.identity, whole=True):
                if note.key in keys:
                    yield self._item(note, legacy_files(connection, note.pk, self.path))

    def _sighting(self, note: LegacyNote) -> Sighting:
        facts = (note.version, note.title, note.account, note.folders, note.in_trash)
        return Sighting(
            key=note.key,
            title=note.title or naming.UNTITLED,
            place=naming.place(note.account, note.folders or ("Notes",), note.title),
            fingerprint=hashlib.blake2b(repr(facts).encode(), digest_size=12).hexdigest(),
            store=self.identity,
            in_trash=note.in_trash,
        )

    def _item(self, note: LegacyNote, files: list[LegacyFile]) -> Item:
        facts = filled(
            title=note.title,
            identifier=note.key,
            account=filled(name=note.account, kind=note.kind),
            folder=filled(title=note.folders[-1] if note.folders else "", path=[*note.folders]),
            created=stamp(note.created),
            modified=stamp(note.modified),
            trashed=note.in_trash,
        )
        return html_item(self._sighting(note), facts, note.html, files, note.modified)


def is_older_store(folder: Path) -> bool:
    """Return whether a folder holds an older store; raises OSError when we may not look."""
    return _database(folder) is not None


def _database(folder: Path) -> Path | None:
    for name in DATABASES:
        try:
            (folder / name).stat()
        except (FileNotFoundError, NotADirectoryError):
            continue
        return folder / name
    return None


def open_older_store(capture: Capture, path: Path) -> OlderStore:
    """Capture and open an older store."""
    source = _database(path)
    if source is None:
        raise StoreMissing(f"There is no store of older notes in {path}.", hint="Open Notes once.")
    database = capture.database(source)
    with plainly_opened(database) as connection:
        row = None
        with contextlib.suppress(sqlite3.Error):
            row = connection.execute("SELECT Z_UUID FROM Z_METADATA").fetchone()
    return OlderStore(path, database, str(row[0]) if row else str(path.name))
