"""One Photos library, opened: its private database, its schema, its folders; or why it cannot be.

This module alone decides which libraries are read, in which order, and what is said about one
that cannot be read.
"""

import os
import sqlite3
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path

from rootcellar.api import Capture, SourceError, StoreMissing, StoreUnreadable, Trouble, opened
from rootcellar_photos.completing import complete, name_nameless
from rootcellar_photos.folders import Folders
from rootcellar_photos.iphoto.store import IPhotoLibrary, is_iphoto, library_database, open_iphoto
from rootcellar_photos.legacy.store import DATABASE, LegacyLibrary, open_legacy
from rootcellar_photos.rows import batches
from rootcellar_photos.schema import Schema, metadata, read_schema
from rootcellar_photos.settings import PhotosSettings, settings_of
from rootcellar_photos.tokens import SEARCH, changed, main_database
from rootcellar_photos.walking import Found, WalkedLibrary, find


@dataclass(frozen=True, slots=True)
class Library:
    """A library that can be read. `database` is the private copy."""

    path: Path
    database: Path
    schema: Schema
    folders: Folders
    troubles: tuple[Trouble, ...] = ()
    """What of it could not be read, while the rest can."""
    settings: PhotosSettings = field(default_factory=PhotosSettings)
    found: Found | None = None
    """What lies in its folders, where its database has lost rows."""

    @property
    def rest(self) -> WalkedLibrary | None:
        """Return the same library by its folders, where its database has lost rows."""
        if self.found is None:
            return None
        walked = WalkedLibrary(self.path, self.folders, self.identity, self.found)
        return replace(walked, settings=self.settings)

    @property
    def root(self) -> str:
        """Return the path as text (all its files are asked for by text: a Path each costs)."""
        return str(self.path)

    @property
    def identity(self) -> str:
        """Return what tells this library from another, wherever it lies."""
        return self.schema.identity or self.path.name


ReadLibrary = Library | LegacyLibrary
AnyLibrary = ReadLibrary | IPhotoLibrary | WalkedLibrary


def is_library(folder: Path) -> bool:
    """Return whether a folder is a library of Photos or iPhoto, by content.

    Also one without its database.
    """
    if not folder.is_dir():
        return False
    if is_iphoto(folder):
        return folder.suffix.lower() != ".aplibrary"  # of Aperture, which is another program
    database = folder / "database"
    if any(os.path.isfile(database / name) for name in ("Photos.sqlite", "photos.db")):  # noqa: PTH113 - unlike Path.is_file it never raises
        return True
    if folder.suffix.lower() == ".photoslibrary":
        return True
    return all(os.path.isdir(folder / name) for name in ("originals", "resources"))  # noqa: PTH112 - never raises


def open_libraries(capture: Capture) -> tuple[list[AnyLibrary], list[Trouble]]:
    """Open every library of the capture, the one changed last first.

    One that cannot be read becomes a Trouble; when none can be read, its error is raised.
    """
    libraries: list[AnyLibrary] = []
    troubles: list[Trouble] = []
    errors: list[SourceError] = []
    paths = sorted(
        {found.path for found in capture.stores}, key=lambda path: (-changed(path), path)
    )
    for path in paths:
        try:
            try:
                library = open_library(capture, path)
            except (StoreMissing, StoreUnreadable) as error:
                library = _walked(capture, path, error)
            libraries.append(replace(library, settings=settings_of(capture)))
            troubles += library.troubles
        except SourceError as error:
            errors.append(error)
            troubles.append(Trouble(path.name, error.message, error.hint))
    if errors and not libraries:
        raise errors[0]
    libraries.sort(key=lambda library: isinstance(library, WalkedLibrary))
    return libraries, troubles


def _walked(capture: Capture, path: Path, error: StoreMissing | StoreUnreadable) -> WalkedLibrary:
    """Return a library by its folders alone; raises `error` when that is not called for.

    It is where there is no database, or one that could be copied and is none that can be read:
    what could not be copied just now may be sound.
    """
    source = main_database(path)
    identity = ""
    if source is not None:
        try:
            copy = capture.database(source, checked=False)
        except SourceError:
            raise error from None
        identity = _identity(copy)
    folders = Folders(path)
    found = find(folders)
    if not (found.pictures or found.others):
        raise error
    identity = identity or path.name
    also = ", and a copy of its database with them" if source is not None else ""
    trouble = Trouble(
        path.name,
        f"{error.message} Its pictures were taken as they lie in its folders, without what Photos "
        f"knows of them{also}",
        error.hint,
        identity,
    )
    return WalkedLibrary(path, folders, identity, found, (trouble,))


def _identity(copy: Path) -> str:
    """Return the identity of a store that cannot be read otherwise, if it tells it."""
    try:
        with opened(copy) as connection:
            return metadata(connection)[0]
    except sqlite3.Error:
        return ""


def open_library(capture: Capture, path: Path) -> AnyLibrary:
    """Capture and open one library; StoreMissing or StoreUnreadable when it cannot be."""
    source = path / "database" / "Photos.sqlite"
    try:
        source.stat()
    except FileNotFoundError:
        return _older_library(capture, path)
    except OSError:
        pass  # forbidden: the capture tries, and says so
    database, losses = sound_copy(capture, source)
    with opened(database) as connection:
        schema = read_schema(connection, path.name)
        if complete(connection, schema.tables):
            schema = read_schema(connection, path.name)
        try:
            nameless = name_nameless(connection, schema.asset)
            tells = _tells(connection, schema)
        except sqlite3.DatabaseError as error:
            raise _too_new(path, schema) from error
        if not tells:
            raise _too_new(path, schema)
    library = Library(path, database, schema, Folders(path))
    if losses is not None:
        library = replace(library, found=find(library.folders))
    return replace(library, troubles=tuple(_troubles(library, losses, nameless)))


def _tells(connection: sqlite3.Connection, schema: Schema) -> bool:
    """Return whether a database tells of its pictures where we look for it.

    Raises sqlite3.Error when it keeps them in another form.
    """
    query = f"SELECT count(*), count(nullif(ZUUID, '')) FROM {schema.asset}"
    there, named = connection.execute(query).fetchone()
    if not schema.is_known:
        next(batches(connection, schema, some=False), None)
    return bool(named or not there)


def _too_new(path: Path, schema: Schema) -> StoreUnreadable:
    return StoreUnreadable(
        f"The database of {path.name} has a form that is not known here (database model "
        f"{schema.model or 'untold'}).",
        hint=UPDATE_HINT,
    )


UPDATE_HINT = (
    "Update rootcellar: `pip install --upgrade rootcellar`. "
    "What is in the archive already is safe."
)


def sound_copy(capture: Capture, source: Path) -> tuple[Path, tuple[str, ...] | None]:
    """Return a private copy of a database, and which tables lost rows; None: it is not damaged.

    Of a damaged one the copy holds what can still be read; StoreUnreadable when that is nothing.
    """
    try:
        return capture.database(source), None
    except StoreMissing:
        raise
    except StoreUnreadable as error:
        try:
            return capture.salvaged(source)
        except StoreUnreadable:
            raise error from None


def _troubles(
    library: Library, losses: tuple[str, ...] | None, nameless: int
) -> Iterator[Trouble]:
    name, identity = library.path.name, library.identity
    if losses is not None:
        yield damage(name, identity, losses)
    if not library.schema.is_known:
        yield Trouble(
            name,
            f"{name} is of a Photos version that is not known here (database model "
            f"{library.schema.model or 'untold'}). Its pictures are copied; what is known of them "
            "is read as far as the database still says it as before, and a copy of the database "
            "is kept beside them",
            UPDATE_HINT,
            identity,
        )
    if nameless:
        yield Trouble(
            name,
            f"{nameless} of the pictures that {name} lists have neither an identifier nor the "
            "name of a file, and could not be taken",
            MENDING_HINT,
            identity,
        )


MENDING_HINT = (
    "Let Photos repair the library: hold Option and Command while opening it, then export again. "
    "What is in the archive already is safe."
)


def damage(name: str, identity: str, losses: tuple[str, ...]) -> Trouble:
    """Return what is said of a library of whose database only a part could be read."""
    lost = f" Rows of {', '.join(losses)} are lost to it" if losses else ""
    return Trouble(
        name,
        f"The database of {name} is damaged; what can be read of it was taken.{lost}".rstrip("."),
        MENDING_HINT,
        identity,
    )


def search_index(capture: Capture, library: Library) -> Path | None:
    """Return a private copy of the label index; a library without a sound one has no labels."""
    for name in SEARCH:
        try:
            return capture.database(library.path / "database" / "search" / name)
        except SourceError:
            continue
    return None


def _older_library(capture: Capture, path: Path) -> LegacyLibrary | IPhotoLibrary:
    """Open a library without a Photos.sqlite: of Photos 1 to 4, of iPhoto, or StoreMissing."""
    for source in (path / "database" / DATABASE, library_database(path)):
        if source is not None and source.exists() and not _is_of_iphoto(capture, source):
            copy, losses = sound_copy(capture, source)
            library = open_legacy(path, copy)
            if library is not None and losses is not None:
                return replace(library, troubles=(damage(path.name, library.identity, losses),))
            if library is not None:
                return library
    if is_iphoto(path):
        return open_iphoto(capture, path)
    raise StoreMissing(
        f"{path.name} is a Photos library without a database (database/Photos.sqlite).",
        hint="The library is incomplete: restore it from a backup, or let Photos repair it by "
        "holding Option and Command while opening it. What is in the archive already is safe.",
    )


def _is_of_iphoto(capture: Capture, source: Path) -> bool:
    """Return whether a database called Library.apdb is iPhoto's: Photos 1 has such a one, too.

    iPhoto does not know the table of what Photos makes and keeps beside imported files.
    """
    if source.name == DATABASE:
        return False
    try:
        with opened(capture.database(source, checked=False)) as connection:
            names = connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")
            return "RKModelResource" not in {name for (name,) in names}
    except (SourceError, sqlite3.Error):
        return True
