"""A library of iPhoto, opened: what it knows is brought into plain tables, once a run.

iPhoto 9 spreads it over four databases below Database/apdb; earlier versions wrote AlbumData.xml
for other programs, and a database that is not read here. Either becomes the same tables, in which
every column is there: nothing else needs to ask which it was.
"""

import hashlib
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from msgspec import Struct, field

from rootcellar.api import Capture, SourceError, StoreUnreadable, Trouble, opened
from rootcellar_photos.folders import Folders
from rootcellar_photos.layouts import ALBUM_DATA, IPHOTO_DATABASES, library_database
from rootcellar_photos.naming import text_of
from rootcellar_photos.settings import PhotosSettings

TABLES = {
    "picture": (
        "pk uuid master title caption name path volume reference missing movie raw date zone"
        " shift added modified rating flagged hidden trashed latitude longitude place event width"
        " height original_width original_height rotation bytes burst edited preview duration"
    ),
    "keyword": "picture name",
    "face": "picture uuid person name x y w h",
    "exif": "picture name value",
    "album": "uuid title kind folder created cover",
    "folder": "uuid title parent",
    "member": "album picture position",
    "event": "uuid title note created cover trashed",
}
"""Our own tables. Dates are seconds since 2001 in UTC; `shift` is what the photo's own clock was
ahead of UTC, in seconds; boxes are shares of the picture as shown, centre and size, from the top
left; `path`, `preview` are relative to the library, or absolute."""


class IPhotoLibrary(Struct, frozen=True):
    """A library of iPhoto that can be read. `database` holds the plain tables."""

    path: Path
    database: Path
    folders: Folders
    identity: str
    troubles: tuple[Trouble, ...] = ()
    settings: PhotosSettings = field(default_factory=PhotosSettings)
    same: dict[str, str] = field(default_factory=dict)
    """Pictures that are in another library, too, by their identifiers: that one's key, or ""."""

    @property
    def root(self) -> str:
        """Return the path as text (all its files are asked for by text)."""
        return str(self.path)

    @property
    def is_left_over(self) -> bool:
        """Return whether Photos has taken this library over, and left it where it was."""
        return self.path.suffix.lower() == ".migratedphotolibrary"


def open_iphoto(capture: Capture, path: Path) -> IPhotoLibrary:
    """Open a library of iPhoto; StoreUnreadable when it tells nothing that can be read."""
    main = library_database(path)
    if main is None:
        return _from_album_data(capture, path, ())
    try:
        copy = capture.database(main)
        plain = copy.with_name("plain.db")
        beside, troubles = {}, []
        for name in IPHOTO_DATABASES[1:]:
            try:
                if main.with_name(name).is_file():
                    beside[name] = capture.database(main.with_name(name))
            except SourceError as error:
                troubles.append((name, error))
        identity = _identity(copy) or text_of(path.name)
        said = tuple(
            Trouble(
                path.name,
                f"{error.message} Of {path.name}, what it says is lacking",
                error.hint,
                identity,
            )
            for _, error in troubles
        )
        if not plain.exists():
            from rootcellar_photos.iphoto.apdb import fill

            with _whole(plain):
                fill(copy, beside, plain)
        return IPhotoLibrary(path, plain, Folders(path, capture.home), identity, said)
    except (SourceError, sqlite3.DatabaseError) as error:
        message = (
            error.message
            if isinstance(error, SourceError)
            else (f"The database of {path.name} cannot be read ({error}).")
        )
        if not (path / ALBUM_DATA).is_file():
            raise StoreUnreadable(
                message,
                hint="Restore the library from a backup, or let iPhoto repair it: hold Option and "
                "Command while opening it. What is in the archive already is safe.",
            ) from error
        trouble = Trouble(
            path.name,
            f"{message} What {ALBUM_DATA} tells of {path.name} was taken instead",
            "Restore the database from a backup; what is in the archive already is safe.",
            text_of(path.name),
        )
        return _from_album_data(capture, path, (trouble,))


def _from_album_data(capture: Capture, path: Path, troubles: tuple[Trouble, ...]) -> IPhotoLibrary:
    from rootcellar_photos.iphoto.album_data import fill

    mark = hashlib.sha256(str(path).encode("utf-8", "replace")).hexdigest()[:16]
    plain = capture.scratch / f"iphoto-{mark}.db"
    if not plain.exists():
        with _whole(plain):
            fill(path, plain)
    return IPhotoLibrary(path, plain, Folders(path, capture.home), text_of(path.name), troubles)


@contextmanager
def _whole(plain: Path) -> Iterator[None]:
    """Leave no half of the plain tables behind: the next one to open the library would read it."""
    try:
        yield
    except BaseException:
        plain.unlink(missing_ok=True)
        raise


def create(connection: sqlite3.Connection) -> None:
    """Create the plain tables."""
    for table, columns in TABLES.items():
        connection.execute(f"CREATE TABLE {table} ({_columns(columns)})")


def _columns(names: str) -> str:
    return ", ".join(
        f"{name} INTEGER PRIMARY KEY" if name == "pk" else name for name in names.split()
    )


def index(connection: sqlite3.Connection) -> None:
    """Index the plain tables, once they are filled."""
    for table, column in (
        *(("picture", "uuid"), ("keyword", "picture"), ("face", "picture"), ("exif", "picture")),
        *(("member", "album"), ("member", "picture")),
    ):
        connection.execute(f"CREATE INDEX {table}_{column} ON {table} ({column})")


def _identity(copy: Path) -> str:
    """Return the library's own UUID, where it has written one down."""
    for key, value in (("propertyName", "propertyValue"), ("propertyName", "value")):
        try:
            with opened(copy) as connection:
                found = dict(
                    connection.execute(f"SELECT {key}, {value} FROM RKAdminData").fetchall()
                )
        except sqlite3.Error:
            continue
        for name in ("databaseUuid", "libraryUuid", "uuid"):
            if isinstance(found.get(name), str) and found[name]:
                return str(found[name])
    return ""
