"""One Photos library, opened: its private database, its schema, its folders; or why it cannot be.

This module alone decides which libraries are read, in which order, and what is said about one
that cannot be read.
"""

import hashlib
import os
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

from rootcellar.api import Capture, SourceError, StoreMissing, StoreUnreadable, Trouble, opened
from rootcellar_photos.completing import complete, name_nameless
from rootcellar_photos.folders import Folders
from rootcellar_photos.legacy.store import DATABASE, LegacyLibrary, open_legacy
from rootcellar_photos.schema import Schema, read_schema
from rootcellar_photos.settings import PhotosSettings, settings_of

FRESH_SECONDS = 2.0
"""A file changed more recently may change again without its time telling: FAT counts in 2 s."""
MEDIA_FOLDERS = {
    "originals": 1,
    "resources/renders": 1,
    "resources/cloudsharing/data": 2,
    "scopes/cloudsharing/data": 2,
    "scopes/momentshared/originals": 1,
    "scopes/syndication/originals": 1,
    "Masters": 4,
    "resources/media/master": 2,
    "resources/media/version": 2,
}
"""Where media lie, and how many levels of folders there are: one by UUID, two by album, four by
the date of the import in Masters (until Photos 4, as are the resources by number)."""


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

    @property
    def root(self) -> str:
        """Return the path as text (all its files are asked for by text: a Path each costs)."""
        return str(self.path)

    @property
    def identity(self) -> str:
        """Return what tells this library from another, wherever it lies."""
        return self.schema.identity or self.path.name


AnyLibrary = Library | LegacyLibrary


def is_library(folder: Path) -> bool:
    """Return whether a folder is a Photos library, by content; also one without its database."""
    if not folder.is_dir():
        return False
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
        {found.path for found in capture.stores}, key=lambda path: (-_changed(path), path)
    )
    for path in paths:
        try:
            library = replace(open_library(capture, path), settings=settings_of(capture))
            libraries.append(library)
            troubles += library.troubles
        except SourceError as error:
            errors.append(error)
            troubles.append(Trouble(path.name, error.message, error.hint))
    if errors and not libraries:
        raise errors[0]
    return libraries, troubles


def open_library(capture: Capture, path: Path) -> AnyLibrary:
    """Capture and open one library; StoreMissing or StoreUnreadable when it cannot be."""
    source = path / "database" / "Photos.sqlite"
    try:
        source.stat()
    except FileNotFoundError:
        return _legacy_library(capture, path)
    except OSError:
        pass  # forbidden: the capture tries, and says so
    database, losses = sound_copy(capture, source)
    with opened(database) as connection:
        schema = read_schema(connection, path.name)
        if complete(connection, schema.tables):
            schema = read_schema(connection, path.name)
        nameless = name_nameless(connection, schema.asset)
    library = Library(path, database, schema, Folders(path))
    return replace(library, troubles=tuple(_troubles(library, losses, nameless)))


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
            "is read as far as the database still says it as before",
            "Update rootcellar: `pip install --upgrade rootcellar`. "
            "What is in the archive already is safe.",
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


def token(capture: Capture) -> str | None:
    """Return a digest of what a stat shows of all libraries; None when too fresh to tell."""
    digest = hashlib.sha256()
    for path in sorted(found.path for found in capture.stores):
        files = databases(path)
        for file in files:
            digest.update(f"{file}={capture.signature(file)}\n".encode(errors="replace"))
        moments = {str(file): _moment(file) for file in (*files, *_wals(files))}
        seen = folders_token(path)
        if seen is None or _is_fresh(moments):
            return None
        digest.update(f"{sorted(moments.items())}{seen}\n".encode(errors="replace"))
    return digest.hexdigest()


def databases(library: Path) -> list[Path]:
    """Return the databases that a library may have."""
    folder = library / "database"
    found = [folder / name for name in _DATABASES]
    return [*found, *(folder / "search" / name for name in _SEARCH)]


def folders_token(library: Path) -> str | None:
    """Return a digest of when files came or went in a library; None when too fresh to tell."""
    moments: dict[str, int] = {}
    for folder, levels in MEDIA_FOLDERS.items():
        moments |= _folder_moments(library / folder, levels)
    if _is_fresh(moments):
        return None
    return hashlib.sha256(repr(sorted(moments.items())).encode(errors="replace")).hexdigest()


def _is_fresh(moments: Mapping[str, int]) -> bool:
    limit = time.time_ns() - int(FRESH_SECONDS * 1e9)
    return any(moment > limit for moment in moments.values())


_DATABASES = ("Photos.sqlite", DATABASE)
_SEARCH = ("psi.sqlite", "leo.sqlite")
"""Photos' own search index, which holds the labels; `leo.sqlite` since macOS 27."""


def _wals(files: list[Path]) -> list[Path]:
    return [file.with_name(file.name + "-wal") for file in files]


def _moment(path: Path) -> int:
    try:
        return path.stat().st_mtime_ns
    except OSError:
        return 0


def _folder_moments(folder: Path, levels: int) -> dict[str, int]:
    """Return the modification times of a folder and those in it (files come and go there)."""
    moments = {str(folder): _moment(folder)}
    if levels == 0:
        return moments
    try:
        with os.scandir(folder) as entries:
            below = [Path(entry.path) for entry in entries if entry.is_dir()]
    except OSError:
        return moments  # not there, or forbidden: the survey tells
    for path in below:
        moments |= _folder_moments(path, levels - 1)
    return moments


def _changed(library: Path) -> int:
    databases = [library / "database" / name for name in _DATABASES]
    return max(_moment(file) for file in (*databases, *_wals(databases)))


def search_index(capture: Capture, library: Library) -> Path | None:
    """Return a private copy of the label index; a library without a sound one has no labels."""
    for name in _SEARCH:
        try:
            return capture.database(library.path / "database" / "search" / name)
        except SourceError:
            continue
    return None


def _legacy_library(capture: Capture, path: Path) -> LegacyLibrary:
    """Open a library without a Photos.sqlite: one of Photos 2 to 4, or StoreMissing."""
    if (path / "database" / DATABASE).exists():
        copy, losses = sound_copy(capture, path / "database" / DATABASE)
        library = open_legacy(path, copy)
        if library is not None and losses is not None:
            return replace(library, troubles=(damage(path.name, library.identity, losses),))
        if library is not None:
            return library
    raise StoreMissing(
        f"{path.name} is a Photos library without a database (database/Photos.sqlite).",
        hint="The library is incomplete: restore it from a backup, or let Photos repair it by "
        "holding Option and Command while opening it. What is in the archive already is safe.",
    )
