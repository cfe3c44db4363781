"""What an exporter is: it looks at a capture and yields items. It writes nothing itself."""

from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

from msgspec.structs import replace

from rootcellar.downloads import Downloader, Limits
from rootcellar.items import (
    Claim,
    Gathering,
    Glance,
    Item,
    Notice,
    Record,
    Sighting,
    Trouble,
    Unseen,
)
from rootcellar.labels import Labels
from rootcellar.vault_pages import VaultPages

if TYPE_CHECKING:
    from rootcellar.sources.capture import Capture


@dataclass(frozen=True, slots=True)
class Store:
    """One body of Apple data, and where a Mac home keeps it.

    `home` is a path below the home. Without `recognise` that path itself is the store. With it,
    every folder at or below that path for which `recognise(folder)` is true is one (a person can
    have several Photos libraries, under any name). `.` is the home itself, and nothing below it.
    """

    name: str
    home: str
    recognise: Callable[[Path], bool] | None = None


@dataclass(frozen=True, slots=True)
class NoSettings:
    """The settings of an exporter that has none."""


class Exporter:
    """Yields the items of one kind of Apple data.

    A simple exporter implements `items` alone. One that reads large stores implements `survey`
    (everything, cheaply) and `read` (only what the core asks for), and `token` (nothing to do?).
    """

    name: ClassVar[str]
    """What people type: `photos`."""
    title: ClassVar[str] = ""
    """What people read, and the exporter's folder at the top of the archive: `Photos`."""
    version: ClassVar[str] = "1"
    """Raised when the same source would give other records or files: everything is compared."""
    reads: ClassVar[tuple[Store, ...]]
    settings: ClassVar[type] = NoSettings
    """A frozen dataclass whose fields all have defaults: its table in the settings file."""

    adopts: ClassVar[bool] = False
    """True when files of another program's export can be the same as this exporter's: it then
    takes part in `rootcellar adopt`."""
    reads_aside: ClassVar[bool] = False
    """True when `read` is heavy: it is then called in a process of its own, one slice ahead. The
    class must then be made without arguments, and its items, stores and settings be picklable."""

    labelled: ClassVar[tuple[str, ...]] = ()
    """Roles of the files that get Finder tags and a Finder comment by `labels`, on a Mac."""

    vault_pages: ClassVar[VaultPages | None] = None
    """What `rootcellar obsidian` brings into a vault; None for exporters without such pages."""

    def question(self, settings: Any) -> str:
        """Return what a person is asked for on the terminal before a run; "" for nothing.

        What they type is hidden, and is in `capture.answers`, for this run alone.
        """
        del settings
        return ""

    def warm_up(self) -> None:
        """Import what `read` needs; called in the reading process during the survey."""

    def token(self, capture: "Capture") -> str | None:
        """Return a cheap digest of the source; equal to last time means: nothing to do.

        None means that this cannot be told cheaply. It is taken before anything is captured.
        """
        del capture
        return None

    def glance(self, capture: "Capture", folders: str) -> Glance | None:
        """Return digests of all that `survey` and `gatherings` would look at, without looking.

        `folders` is what the last one said of them; empty when there is none to compare with.
        Asked for when `token` is not what it was: many a change in a store is none to us. Equal to
        last time means: nothing to do; where only some are not, `survey_some` is asked for these.
        It must be much cheaper than the survey to be of use, and may read the copies of
        `capture.database(path, checked=False)`. None: this cannot be told.
        """
        del capture, folders
        return None

    def survey(self, capture: "Capture") -> Iterator[Sighting | Trouble | Notice | Unseen]:
        """Yield everything that is there, cheaply; keys are unique."""
        for item in self.items(capture):
            yield _with_suffixes(item).sighting

    def survey_some(
        self, capture: "Capture", keys: Collection[str]
    ) -> Iterator[Sighting | Trouble | Notice | Unseen]:
        """Yield what is there of these keys, as `survey` would; for exporters with a `glance`."""
        for found in self.survey(capture):
            if not isinstance(found, Sighting) or found.key in keys:
                yield found

    def read(self, capture: "Capture", keys: Collection[str]) -> Iterator[Item]:
        """Yield the items of these keys, in any order; at most about a thousand keys at a time.

        A key that has vanished since the survey is left out.
        """
        wanted = frozenset(keys)
        for item in self.items(capture):
            if item.sighting.key in wanted:
                yield _with_suffixes(item)

    def items(self, capture: "Capture") -> Iterator[Item]:
        """Yield every item, files and all: enough for a simple exporter."""
        raise NotImplementedError(
            f"{type(self).__name__} implements items(), or survey() and read()"
        )

    def download_limits(self, settings: Any) -> Limits | None:
        """Return what a run may download by these settings; None when nothing ever can be."""
        del settings
        return None

    def downloader(self, capture: "Capture") -> Downloader:
        """Return what asks the app for files that are `downloadable`; RootcellarError if not here.

        What it returns is then in `capture.downloaded`, by key and role, when they are read again.
        """
        raise NotImplementedError(f"{type(self).__name__} downloads nothing")

    def claims(self, capture: "Capture", folder: Path) -> Iterator[Claim]:
        """Yield what the lists of another program's export in `folder` say of its files.

        Files are told by their content; a claim is needed only where the source does not hold the
        content any more. A list that cannot be read says nothing.
        """
        del capture, folder
        yield from ()

    def gatherings(self, capture: "Capture") -> Iterator[Gathering]:
        """Yield the files that are made of many items; none unless an exporter says so."""
        del capture
        yield from ()

    def second_look(self, capture: "Capture") -> Iterator[Notice | Trouble]:
        """Yield what the app itself says of the data, where it can be asked: for `doctor`.

        Called on the Mac that owns the data alone. A Trouble names what differs from the store.
        """
        del capture
        yield from ()

    def labels(self, record: Record) -> Labels:
        """Return the Finder tags and comment of an item with this record."""
        del record
        return Labels()

    def filters(self) -> Mapping[str, Callable[..., Any]]:
        """Return functions that this exporter's templates use as filters, by name.

        Asked for when the first page is rendered; import there what they need.
        """
        return {}


def _with_suffixes(item: Item) -> Item:
    """Return an item whose sighting says which suffixes its files have, as `items` knows them."""
    if item.sighting.suffixes:
        return item
    suffixes = tuple(file.suffix for file in item.files)
    return replace(item, sighting=replace(item.sighting, suffixes=suffixes))
