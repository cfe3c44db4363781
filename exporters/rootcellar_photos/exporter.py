"""The Photos exporter: what the core asks, answered level by level.

Level 0, `token`: nothing is opened. Level 1, `survey`: one pass over a private copy of the
database and over the folders. Level 2, `read`: osxphotos on a slice that holds only the assets
asked for. docs/reference/photos-records.md says what a record holds.
"""

from collections.abc import Collection, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar

from msgspec.structs import replace

from rootcellar.api import (
    Capture,
    Claim,
    Downloader,
    Exporter,
    Gathering,
    Glance,
    Item,
    Labels,
    Limits,
    Notice,
    Record,
    Sighting,
    Store,
    Trouble,
)
from rootcellar_photos import tokens
from rootcellar_photos.layouts import is_library
from rootcellar_photos.settings import PAGES, PhotosSettings, settings_of

if TYPE_CHECKING:
    from rootcellar_photos.library import AnyLibrary


class Photos(Exporter):
    """Every asset of every Photos library: originals, edits, and all that Photos knows of them."""

    name: ClassVar[str] = "photos"
    title: ClassVar[str] = "Photos"
    version: ClassVar[str] = "2"
    reads: ClassVar[tuple[Store, ...]] = (
        Store("Photos library", "Pictures", recognise=is_library),
    )
    settings: ClassVar[type] = PhotosSettings
    adopts: ClassVar[bool] = True
    reads_aside: ClassVar[bool] = True
    labelled: ClassVar[tuple[str, ...]] = (
        *("original", "edited", "live", "edited-live", "raw", "preview", "poster"),
    )

    def __init__(self) -> None:
        self._opened: tuple[Capture, list[AnyLibrary], list[Trouble]] | None = None
        self._pages: tuple[Capture, list[Gathering]] | None = None

    def warm_up(self) -> None:
        """Import osxphotos and what reads with it."""
        from rootcellar_photos import reading

        reading.load()

    def token(self, capture: Capture) -> str | None:
        """Return a digest of databases and folders as a stat shows them."""
        return tokens.token(capture)

    def glance(self, capture: Capture, folders: str) -> Glance | None:
        """Return digests of the rows and files that the survey would look at."""
        from rootcellar_photos.glances import glance

        seen = glance(capture, folders)
        if seen is None:
            return None
        self._pages = (capture, seen[1])
        return seen[0]

    def survey(self, capture: Capture) -> Iterator[Sighting | Trouble | Notice]:
        """Yield every asset, also trashed, hidden, shared and unpicked ones of a burst."""
        from rootcellar_photos.surveying import survey

        readable, troubles = self._libraries(capture)
        yield from troubles
        yield from survey(readable, capture)

    def survey_some(
        self, capture: Capture, keys: Collection[str]
    ) -> Iterator[Sighting | Trouble | Notice]:
        """Yield the assets of these keys, when no picture is in two libraries."""
        from rootcellar_photos.surveying import survey

        readable, troubles = self._libraries(capture)
        yield from troubles
        yield from survey(readable, capture, keys)

    def read(self, capture: Capture, keys: Collection[str]) -> Iterator[Item]:
        """Yield the items of these keys, library by library, through one slice for each."""
        from rootcellar_photos import databases
        from rootcellar_photos.copies import mark_of, uuids
        from rootcellar_photos.reading import read_items

        wanted = set(keys)
        readable = self._libraries(capture)[0]
        for one in databases.unread(readable):
            if one.key in wanted:
                wanted.discard(one.key)
                yield databases.item(one, capture)
        for library in readable:
            if here := uuids(wanted, mark_of(library, capture)):
                for item in read_items(capture, library, here.keys()):
                    key = here[item.sighting.key]
                    wanted.discard(key)
                    yield item if key == item.sighting.key else _named(item, key)

    def download_limits(self, settings: PhotosSettings) -> Limits:
        """Return what a run may download by these settings."""
        return settings.download_limits

    def downloader(self, capture: Capture) -> Downloader:
        """Return what asks Photos for originals; DownloadsImpossible but on the Mac it runs on."""
        from rootcellar_photos.downloading import PhotosDownloader

        return PhotosDownloader.of(capture, self._libraries(capture)[0])

    def labels(self, record: Record) -> Labels:
        """Return the keywords as Finder tags, the caption as the Finder comment."""
        return Labels(tuple(record.get("keywords", ())), record.get("caption", ""))

    def claims(self, capture: Capture, folder: Path) -> Iterator[Claim]:
        """Yield what osxphotos wrote down about the files that it exported into a folder."""
        from rootcellar_photos.foreign import claims

        return claims(capture, folder)

    def gatherings(self, capture: Capture) -> Iterator[Gathering]:
        """Yield a page for every album, and one for all people."""
        from rootcellar_photos.albums import gatherings

        settings = settings_of(capture)
        views = tuple(PAGES[kind] for kind in settings.album_pages)
        readable, troubles = self._libraries(capture)
        is_seen = self._pages is not None and self._pages[0] is capture and not troubles
        for page in self._pages[1] if self._pages and is_seen else gatherings(readable):
            left_out = page.record.get("kind") == "shared-album" and not settings.shared_albums
            yield replace(page, outside=page.outside or left_out, views=views)

    def _libraries(self, capture: Capture) -> "tuple[list[AnyLibrary], list[Trouble]]":
        """Return the libraries of this capture, opened once."""
        from rootcellar_photos.opening import open_libraries

        if self._opened is None or self._opened[0] is not capture:
            self._opened = (capture, *open_libraries(capture))
        return self._opened[1], self._opened[2]


def _named(item: Item, key: str) -> Item:
    return replace(item, sighting=replace(item.sighting, key=key))
