"""Notes of older stores, and of accounts that are not iCloud's, as items like all others."""

import contextlib
import hashlib
import sqlite3
from collections.abc import Collection, Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path

from rootcellar.api import (
    Absent,
    Capture,
    CopyOf,
    File,
    Item,
    Sighting,
    StoreMissing,
    View,
)
from rootcellar_notes import naming
from rootcellar_notes.record import filled, full_title, plain, stamp
from rootcellar_notes.store.attachments import TABLE_UTI
from rootcellar_notes.store.html import read_html
from rootcellar_notes.store.legacy import LegacyFile, LegacyNote, legacy_files, legacy_notes
from rootcellar_notes.store.opening import plainly_opened

DATABASES = (*(f"NotesV{version}.storedata" for version in (7, 6, 4, 2, 1)), "notes.sqlite")
"""The names the store has had, the newest first; the last one on an iPhone."""
TEMPLATE = "notes/note.md"
MISSING_HINT = "Look for it in Notes; if it opens there, save it from there. See the record."


@dataclass(frozen=True, slots=True)
class OlderStore:
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
                    yield self._item(note, legacy_files(connection, note.pk))

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
        page = read_html(note.html)
        named = _names(files)
        attachments = [
            filled(identifier=one.identifier, file_name=one.name, title=one.name) for one in files
        ]
        for identifier, table in page.tables.items():
            said = plain(table)
            said.pop("type", None)
            attachments.append({"identifier": identifier, "uti": TABLE_UTI, "table": said})
        record = filled(
            title=full_title(note.title, page.body),
            identifier=note.key,
            account=filled(name=note.account, kind=note.kind),
            folder=filled(title=note.folders[-1] if note.folders else "", path=[*note.folders]),
            created=stamp(note.created),
            modified=stamp(note.modified),
            trashed=note.in_trash,
            attachments=attachments,
            html=note.html,
        )
        record["body"] = plain(page.body)
        listed = [File("page", naming.PAGE, View(TEMPLATE), note.modified)]
        listed += [
            File(one.identifier, named[one.identifier], _content(one), note.modified)
            for one in files
        ]
        return Item(self._sighting(note), record, tuple(listed))


def _names(files: list[LegacyFile]) -> dict[str, str]:
    """Return by identifier what the names of a note's files go on with, each another."""
    found: dict[str, str] = {}
    taken: set[str] = set()
    for place, one in enumerate(files):
        suffix = f" - {naming.component(one.name, 'Attachment')}"
        if suffix.casefold() in taken:
            suffix = f" - {place + 1} {naming.component(one.name, 'Attachment')}"
        taken.add(suffix.casefold())
        found[one.identifier] = suffix
    return found


def _content(one: LegacyFile) -> CopyOf | Absent:
    path = Path(one.path)
    with contextlib.suppress(OSError, ValueError):
        if one.path and path.is_file():
            return CopyOf(path)
    return Absent(f"“{one.name or one.identifier}” is missing from the store.", MISSING_HINT)


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
