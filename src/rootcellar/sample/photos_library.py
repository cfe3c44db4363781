"""Build made-up Photos libraries: the one of the sample home, and those of tests.

The only module that puts a whole library on disk. Everything in it follows from what was added,
in the order in which it was added: the same calls give the same bytes.
"""

from __future__ import annotations

import plistlib
import uuid as uuids
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from pathlib import Path

from rootcellar.sample import trees
from rootcellar.sample.photos_files import LibraryFile, files_of
from rootcellar.sample.photos_items import LIBRARY_TIME, Album, Folder, Kind, Photo, SharedAlbum
from rootcellar.sample.photos_models import MACOS_15, Model
from rootcellar.sample.photos_rows import add_asset
from rootcellar.sample.photos_search import search_statements
from rootcellar.sample.photos_shared_rows import add_shared
from rootcellar.sample.rows import Rows
from rootcellar.sample.sqlite_files import Statement, write_plain, write_with_wal

_NAMESPACE = uuids.UUID("5d0b5a4e-6c0e-4b41-9f0f-2f3f2a6d9c11")
_ORIGINAL_SUFFIXES = {Kind.PHOTO: "JPG", Kind.SCREENSHOT: "PNG", Kind.VIDEO: "MOV"}
_FOLDERS = (
    "database/search",
    "originals",
    "resources/derivatives/masters",
    "resources/renders",
    "scopes/cloudsharing/data",
)
# photos.db holds nothing since macOS 10.15 but the library's version.
_LEGACY_DATABASE: tuple[Statement, ...] = (
    ("CREATE TABLE LiGlobals (modelId integer primary key, keyPath varchar, value varchar)", ()),
    ("INSERT INTO LiGlobals VALUES (1, 'metaSchemaVersion', '3')", ()),
    ("INSERT INTO LiGlobals VALUES (2, 'libraryVersion', '6000')", ()),
    ("INSERT INTO LiGlobals VALUES (3, 'libraryCompatibleBackToVersion', '6000')", ()),
)


class PhotosLibraryBuilder:
    """Collects photos and albums, then writes them as a Photos library.

    The last photo added is the library's latest change: its rows are only in the ``-wal`` files.
    ``seed`` decides all uuids: builders with different seeds make libraries without common assets.
    ``written`` is the time that the databases and folders bear; a test that writes a changed
    library to the same path gives another one, as a disk would.
    """

    def __init__(
        self,
        path: Path,
        *,
        model: Model = MACOS_15,
        store_uuid: str | None = None,
        seed: str = "sample",
        written: datetime = LIBRARY_TIME,
    ) -> None:
        self._path, self._model, self._seed, self._written = path, model, seed, written
        self._store_uuid = store_uuid or self._identify("store")
        self._photos: dict[str, Photo] = {}
        self._folders: list[Folder] = []
        self._albums: list[Album] = []
        self._shared_albums: list[SharedAlbum] = []

    def photo(self, photo: Photo | None = None) -> str:
        """Add an asset and return its uuid."""
        photo = photo or Photo()
        number = len(self._photos) + 1
        uuid = photo.uuid or self._identify(f"photo {number}")
        if uuid in self._photos:
            raise ValueError(f"two assets with the uuid {uuid}")
        if photo.original_filename is None:
            name = f"IMG_{number:04}.{_ORIGINAL_SUFFIXES[photo.kind]}"
            photo = replace(photo, original_filename=name)
        if photo.burst is not None:
            name = self._identify(f"burst {photo.burst.name}")
            photo = replace(photo, burst=replace(photo.burst, name=name))
        self._photos[uuid] = photo
        return uuid

    def folder(self, title: str, parent: str | None = None) -> str:
        """Add a folder, in another one if ``parent`` (a uuid) is given, and return its uuid."""
        uuid = self._identify(f"folder {len(self._folders) + 1}")
        self._folders.append(Folder(uuid, title, parent))
        return uuid

    def album(
        self,
        title: str,
        photos: Sequence[str] = (),
        *,
        folder: str | None = None,
        newest_first: bool = False,
    ) -> str:
        """Add an album of the photos with these uuids, in this order, and return its uuid."""
        uuid = self._identify(f"album {len(self._albums) + 1}")
        self._albums.append(Album(uuid, title, tuple(photos), folder, newest_first))
        return uuid

    def shared_album(self, title: str, owner: str) -> str:
        """Add an album that ``owner`` shares and return its uuid, for `Photo.shared_album`."""
        if "CollectionShare" in self._model.entities:
            raise ValueError("shared albums are made up only in the schema of macOS 15")
        uuid = self._identify(f"shared album {len(self._shared_albums) + 1}")
        self._shared_albums.append(SharedAlbum(uuid, title, owner))
        return uuid

    def write(self) -> Path:
        """Write the library to its path, which must not exist, and return the path."""
        self._path.mkdir(parents=True)
        for folder in _FOLDERS:
            (self._path / folder).mkdir(parents=True)
        files = {uuid: list(files_of(photo, uuid)) for uuid, photo in self._photos.items()}
        for file in (file for own in files.values() for file in own):
            if file.on_disk:
                trees.write_file(self._path / file.path, file.data, file.modified)
        self._write_databases(files)
        trees.set_folder_times(self._path, self._written)
        return self._path

    def _write_databases(self, files: dict[str, list[LibraryFile]]) -> None:
        database = self._path / "database"
        write_plain(database / "photos.db", _LEGACY_DATABASE)
        write_with_wal(database / "Photos.sqlite", *self._statements(files))
        write_with_wal(database / "search" / "psi.sqlite", *search_statements(self._photos))
        for path in sorted(database.rglob("*")):
            trees.set_time(path, self._written)

    def _statements(
        self, files: dict[str, list[LibraryFile]]
    ) -> tuple[list[Statement], list[Statement]]:
        rows = Rows(self._model)
        numbers = add_shared(
            rows,
            self._photos,
            self._folders,
            self._albums,
            self._shared_albums,
            self._identify,
        )
        for number, (uuid, photo) in enumerate(self._photos.items(), start=1):
            if number == len(self._photos):
                rows.begin_late()
            add_asset(rows, photo, uuid, files[uuid], numbers)
        plist = {
            "PLModelVersion": self._model.version,
            "NSStoreType": "SQLite",
            "NSStoreModelVersionHashesVersion": 3,
            "_NSAutoVacuumLevel": "2",
        }
        data = plistlib.dumps(plist, fmt=plistlib.FMT_BINARY)
        metadata = ("INSERT INTO Z_METADATA VALUES (1, ?, ?)", (self._store_uuid, data))
        return rows.statements(metadata)

    def _identify(self, name: str) -> str:
        return str(uuids.uuid5(_NAMESPACE, f"{self._seed}/{name}")).upper()
