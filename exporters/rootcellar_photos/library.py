"""One library, opened: its private database, its schema, its folders."""

from pathlib import Path

from msgspec import Struct, field
from msgspec.structs import replace

from rootcellar.api import Capture, SourceError, Trouble
from rootcellar_photos.folders import Folders
from rootcellar_photos.iphoto.store import IPhotoLibrary
from rootcellar_photos.layouts import SEARCH
from rootcellar_photos.legacy.store import LegacyLibrary
from rootcellar_photos.naming import text_of
from rootcellar_photos.schema import Schema
from rootcellar_photos.settings import PhotosSettings
from rootcellar_photos.walking import Found, WalkedLibrary


class Library(Struct, frozen=True):
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
        return self.schema.identity or text_of(self.path.name)


ReadLibrary = Library | LegacyLibrary
AnyLibrary = ReadLibrary | IPhotoLibrary | WalkedLibrary


def search_index(capture: Capture, library: Library) -> Path | None:
    """Return a private copy of the label index; a library without a sound one has no labels."""
    for name in SEARCH:
        try:
            return capture.database(library.path / "database" / "search" / name)
        except SourceError:
            continue
    return None
