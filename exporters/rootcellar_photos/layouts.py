"""Where libraries of Photos and iPhoto keep what they have, and how one is told by that.

Nothing here opens a database, and nothing heavy is imported: every run asks.
"""

import os
from pathlib import Path

DATABASE = "photos.db"
"""The database of Photos 2 to 4."""
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
_DATABASES = ("Photos.sqlite", DATABASE)
SEARCH = ("psi.sqlite", "leo.sqlite")
"""Photos' own search index, which holds the labels; `leo.sqlite` since macOS 27."""

IPHOTO_DATABASES = ("Library.apdb", "Properties.apdb", "Faces.db", "ImageProxies.apdb")
"""The first holds the pictures, without which there is nothing; the others say more of them."""
ALBUM_DATA = "AlbumData.xml"
_PLACES = ("Database/apdb", "Database")
"""Where the databases lie; in iPhoto 9 the latter holds links to the former."""
IPHOTO_MEDIA = {"Masters": 4, "Previews": 5, "Originals": 3, "Modified": 3}
"""Where pictures lie, and how many levels of folders there are."""


def is_library(folder: Path) -> bool:
    """Return whether a folder is a library of Photos or iPhoto, by content.

    Also one without its database.
    """
    if not folder.is_dir():
        return False
    if is_iphoto(folder):
        return folder.suffix.lower() != ".aplibrary"  # of Aperture, which is another program
    database = folder / "database"
    if any(_is_file(database / name) for name in _DATABASES):
        return True
    if folder.suffix.lower() == ".photoslibrary":
        return True
    return all(_is_folder(folder / name) for name in ("originals", "resources"))


def _is_file(path: Path) -> bool:
    """Return whether a path is a file; unlike Path.is_file this never raises."""
    return os.path.isfile(path)  # noqa: PTH113 - see above


def _is_folder(path: Path) -> bool:
    return os.path.isdir(path)  # noqa: PTH112 - never raises


def library_database(library: Path) -> Path | None:
    """Return the database of pictures of iPhoto 9 (and Photos 1), or None."""
    found = (library / place / IPHOTO_DATABASES[0] for place in _PLACES)
    return next((path for path in found if _is_file(path)), None)


def is_iphoto(library: Path) -> bool:
    """Return whether a folder is a library of iPhoto, by its content."""
    if library_database(library) is not None:
        return True
    beside = (*IPHOTO_MEDIA, "Data", "iPod Photo Cache")
    return _is_file(library / ALBUM_DATA) and any(_is_folder(library / one) for one in beside)


def sources(library: Path) -> list[Path]:
    """Return the files that tell of a library of iPhoto: those that are there."""
    main = library_database(library)
    found = [main.with_name(name) for name in IPHOTO_DATABASES] if main else []
    return [path for path in (*found, library / ALBUM_DATA) if _is_file(path)]


def databases(library: Path) -> list[Path]:
    """Return the databases that a library may have."""
    folder = library / "database"
    found = [folder / name for name in _DATABASES]
    return [*found, *(folder / "search" / name for name in SEARCH)]


def main_database(library: Path) -> Path | None:
    """Return the database that holds the pictures of a library, if there is one."""
    found = (*databases(library)[: len(_DATABASES)], library_database(library))
    return next((path for path in found if path is not None and os.path.exists(path)), None)  # noqa: PTH110 - never raises
