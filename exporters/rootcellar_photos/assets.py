"""osxphotos, kept in one room: how it is loaded, silenced, given a slice, and let go.

Everything here that begins with an underscore on the side of osxphotos is not promised by it;
tests/exporters/photos compares each use with what this version does.
"""

import logging
import re
import sqlite3
import tempfile
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from functools import lru_cache
from pathlib import Path
from typing import Any

from rootcellar.api import StoreUnreadable
from rootcellar_photos.fitting import columns_of, fit, mend
from rootcellar_photos.layouts import DATABASE

Find = Callable[[str], Any]
"""Returns osxphotos' PhotoInfo of a UUID, or None."""


@contextmanager
def photos_of(slice_path: Path, library: Path) -> Iterator[Find]:
    """Load a slice with osxphotos and yield what finds a photo in it; all is freed afterwards.

    osxphotos opens the slice, never a database of the library; of the library it reads the
    plain files that describe edits.
    """
    with _silenced():
        import osxphotos  # takes a second: only now that something has changed

        if slice_path.name != DATABASE:
            fit(slice_path)
        usual, tempfile.tempdir = tempfile.tempdir, str(slice_path.parent)
        try:
            database = _loaded(osxphotos, slice_path, library)
        except Exception as error:
            raise StoreUnreadable(
                f"The database of {library.name} has a form that osxphotos "
                f"{osxphotos.__version__} cannot read ({error}).",
                hint="Update rootcellar and osxphotos. What is in the archive already is safe.",
            ) from error
        finally:
            tempfile.tempdir = usual
        with _released(database):
            yield lambda uuid: _photo(osxphotos, database, uuid)


def _loaded(osxphotos: Any, slice_path: Path, library: Path) -> Any:
    """Load a slice; what osxphotos asks for and this library lacks is added to it, empty.

    So that a column or table that a new macOS has dropped costs what it held, and nothing else.
    When osxphotos gives up for another reason, the slice is mended, and it may try once more.
    """
    added = _ADDED.setdefault(library, [])
    mended = slice_path.name == DATABASE  # a slice of Photos 4 is mended from the start
    to_mend = False
    while True:
        _add(slice_path, added)
        if to_mend:
            mend(slice_path)
            to_mend, mended = False, True
        try:
            return _new_database(osxphotos, slice_path, library)
        except Exception as error:
            found = _lacking(str(error), added) - set(added)
            if found and len(added) < MOST_ADDED:
                added.extend(sorted(found))
            elif not mended:
                to_mend = True  # not here: the error still holds osxphotos' open connection
            else:
                raise


def _lacking(error: str, added: list[tuple[str, str]]) -> set[tuple[str, str]]:
    """Return the table, or (table, column), that SQLite says is not there; empty: another error.

    A column without its table is one of those osxphotos asks a table of its own for.
    """
    said = _LACKING.fullmatch(error)
    if said is None:
        return set()
    if said["table"]:
        return {(said["table"], "")}
    made = [table for table, column in added if not column]
    tables = [said["owner"]] if said["owner"] else [*_ASKED_ALONE, *made]
    return {(table, said["column"]) for table in tables}


def _new_database(osxphotos: Any, slice_path: Path, library: Path) -> Any:
    """Return a PhotosDB, made in two steps: one that fails leaves a folder to be cleared."""
    database = osxphotos.PhotosDB.__new__(osxphotos.PhotosDB)
    try:
        database.__init__(slice_path, library_path=library)
    except Exception:
        if folder := getattr(database, "_tempdir", None):
            folder.cleanup()
        raise
    return database


MOST_ADDED = 200
"""A library that lacks more than so many columns is no library osxphotos reads."""
_LACKING = re.compile(
    r"no such (?:table: (?:main\.)?(?P<table>\w+)|column: (?:(?P<owner>\w+)\.)?(?P<column>\w+))"
)
_ASKED_ALONE = ("ZGENERICALBUM", "ZMOMENT", "ZFILESYSTEMVOLUME", "ZSHAREPARTICIPANT")
_ADDED: dict[Path, list[tuple[str, str]]] = {}
"""By library: (table, column) that its slices lack; known from the first slice on."""


def _add(slice_path: Path, wanted: list[tuple[str, str]]) -> None:
    with closing(sqlite3.connect(slice_path, isolation_level=None)) as connection:
        for table, column in wanted:
            there = columns_of(connection, table)
            if not there:
                connection.execute(f'CREATE TABLE "{table}" (Z_PK INTEGER PRIMARY KEY)')
            if column and column not in there:
                connection.execute(f'ALTER TABLE "{table}" ADD COLUMN "{column}"')


def load() -> None:
    """Import osxphotos, which takes a good part of a second, before it is needed."""
    with _silenced():
        import osxphotos  # noqa: F401 - importing is the point


@contextmanager
def _silenced() -> Iterator[None]:
    """Keep osxphotos from logging: what it misses is said in our own report."""
    logger = logging.getLogger("osxphotos")
    usual = logger.level
    logger.setLevel(logging.CRITICAL + 1)
    try:
        yield
    finally:
        logger.setLevel(usual)


@contextmanager
def _released(database: Any) -> Iterator[None]:
    """Free a PhotosDB at the end, at once: it and its photos refer to each other."""
    try:
        yield
    finally:
        database._tempdir.cleanup()  # noqa: SLF001 - else freed at some later time, with a warning
        database._db_connection.close()  # noqa: SLF001 - the same
        database._db_connection = None  # noqa: SLF001 - its destructor would close it again
        for name in [name for name in vars(database) if name.startswith("_db")]:
            delattr(database, name)


def facts_of(photo: Any) -> dict[str, Any]:
    """Return what osxphotos keeps of a photo without a public name for it."""
    info: dict[str, Any] = photo._info  # noqa: SLF001 - it has no public name
    return info


def faces_of(photo: Any) -> Iterator[Any]:
    """Yield osxphotos' faces of a photo, each knowing its photo (else it makes one per face)."""
    for face in photo.face_info:
        face._photo = photo  # noqa: SLF001 - its own cache of the same object
        yield face


def adjustments_of(photo: Any) -> Any:
    """Return osxphotos' view of an edit's file; None when it is missing or unreadable."""
    try:
        return photo.adjustments
    except Exception:  # noqa: BLE001 - whatever a foreign file raises; the file itself is copied
        photo._adjustmentinfo = None  # noqa: SLF001 - the orientation of faces asks again
        return None


def search_of(photo: Any) -> Any:
    """Return osxphotos' view of what the search index knows; None when that is nothing."""
    info = photo.search_info
    is_known = info is not None and info._db_searchinfo  # noqa: SLF001 - spares asking each kind
    return info if is_known else None


def form_of(adjustments: Any) -> Any:
    """Return the decoded list in osxphotos' view of an adjustments file; None when it has none."""
    return adjustments._adjustments  # noqa: SLF001 - what is public leaves out other editors' forms


def camera_adjustments(path: str) -> Any:
    """Return osxphotos' view of the adjustments a camera made; None when they are unreadable."""
    from osxphotos.adjustmentsinfo import AdjustmentsInfo

    try:
        return AdjustmentsInfo(path)
    except Exception:  # noqa: BLE001 - whatever a foreign file raises; the file itself is copied
        return None


@lru_cache(maxsize=256)
def name_of(archive: bytes) -> str:
    """Return the name of a person who shares, from Photos' keyed archive; '' when damaged."""
    from osxphotos.shareparticipant import PersonNameComponents

    try:
        name = PersonNameComponents.init_from_bplist(archive)
    except Exception:  # noqa: BLE001 - whatever a foreign archive raises, the person has no name
        return ""
    parts = (name.given_name, name.middle_name, name.family_name)
    return " ".join(part for part in parts if part) or name.nickname or ""


def place_of(archive: bytes) -> Any:
    """Return osxphotos' place of Photos' keyed archive; None for a damaged one.

    Unpacking one takes longer than the rest of a record.
    """
    from osxphotos.placeinfo import PlaceInfo5

    try:
        return PlaceInfo5(archive)
    except Exception:  # noqa: BLE001 - whatever a foreign archive raises, the photo has no place
        return None


def _photo(osxphotos: Any, database: Any, uuid: str) -> Any:
    info = database._dbphotos.get(uuid)  # noqa: SLF001 - get_photo() leaves out trash and bursts
    return osxphotos.PhotoInfo(db=database, uuid=uuid, info=info) if info else None
