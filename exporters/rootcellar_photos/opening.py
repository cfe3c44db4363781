"""Which libraries are read, in which order, and what is said about one that cannot be read."""

import sqlite3
from collections.abc import Iterator
from pathlib import Path

from msgspec.structs import replace

from rootcellar.api import Capture, SourceError, StoreMissing, StoreUnreadable, Trouble, opened
from rootcellar_photos.completing import complete, name_nameless, settle_types
from rootcellar_photos.folders import Folders
from rootcellar_photos.iphoto.store import IPhotoLibrary, open_iphoto
from rootcellar_photos.layouts import DATABASE, is_iphoto, library_database, main_database
from rootcellar_photos.legacy.store import LegacyLibrary, open_legacy
from rootcellar_photos.library import AnyLibrary, Library
from rootcellar_photos.naming import text_of
from rootcellar_photos.rows import batches
from rootcellar_photos.schema import UPDATE_HINT, Schema, metadata, read_schema
from rootcellar_photos.settings import settings_of
from rootcellar_photos.tokens import changed
from rootcellar_photos.walking import WalkedLibrary, find


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
                if (why := _contradicted(library)) is not None:
                    library = _walked(capture, path, why)
            except (StoreMissing, StoreUnreadable) as error:
                library = _walked(capture, path, error)
            libraries.append(replace(library, settings=settings_of(capture)))
            troubles += library.troubles
        except SourceError as error:
            errors.append(error)
            troubles.append(Trouble(path.name, error.message, error.hint))
    if errors and not libraries:
        raise type(errors[0])(text_of(errors[0].message), hint=errors[0].hint)
    libraries.sort(key=lambda library: isinstance(library, WalkedLibrary))
    return libraries, [_told(trouble) for trouble in troubles]


def _told(trouble: Trouble) -> Trouble:
    """Return a trouble in words that can be written down, whatever a library is called."""
    title, reason = text_of(trouble.title), text_of(trouble.reason)
    return replace(trouble, title=title, reason=reason)


def _contradicted(library: AnyLibrary) -> StoreUnreadable | None:
    """Return what is wrong with a database that lists no pictures, where pictures lie."""
    if isinstance(library, WalkedLibrary):
        return None
    table = "picture" if isinstance(library, IPhotoLibrary) else "RKVersion"
    if isinstance(library, Library):
        table = library.schema.asset
    with opened(library.database) as connection:
        if connection.execute(f"SELECT EXISTS (SELECT 1 FROM {table})").fetchone()[0]:
            return None
    if not find(library.folders).has_files:
        return None
    return StoreUnreadable(
        f"The database of {library.path.name} lists no pictures, and its folders hold some.",
        hint=MENDING_HINT,
    )


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
    folders = Folders(path, capture.home)
    found = find(folders)
    if not (found.pictures or found.others):
        raise error
    identity = identity or text_of(path.name)
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
            settle_types(connection, schema.tables)
            nameless = name_nameless(connection, schema.asset)
            tells = _tells(connection, schema)
        except sqlite3.DatabaseError as error:
            raise _too_new(path, schema) from error
        if not tells:
            raise _too_new(path, schema)
    library = Library(path, database, schema, Folders(path, capture.home))
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


def _older_library(capture: Capture, path: Path) -> LegacyLibrary | IPhotoLibrary:
    """Open a library without a Photos.sqlite: of Photos 1 to 4, of iPhoto, or StoreMissing."""
    for source in (path / "database" / DATABASE, library_database(path)):
        if source is not None and source.exists() and not _is_of_iphoto(capture, source):
            copy, losses = sound_copy(capture, source)
            library = open_legacy(path, copy, capture.home)
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
