"""What flows from an exporter to the archive: sightings, items, their files, and gatherings."""

from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from typing import Any

from msgspec import Struct

Record = Mapping[str, Any]
"""Plain JSON (str, int, float, bool, None, lists, mappings with str keys): all of one item."""


class CopyOf(Struct, frozen=True):
    """The bytes of a file of the source; the core copies, hashes and compares them."""

    path: Path


class Bytes(Struct, frozen=True):
    """Bytes the exporter made itself."""

    data: bytes


class View(Struct, frozen=True):
    """A page rendered by the core from the item's record: it can be made again at any time.

    `template` is a path below the template folder of the exporter, such as `photos/sidecar.xmp`.
    A view that a person has edited in the archive is kept, never overwritten.
    """

    template: str


class Absent(Struct, frozen=True):
    """The bytes are known to exist but are not on this source.

    `reason` and `hint` are sentences for people; `awaits` names the paths where the bytes would
    turn up, so that an otherwise idle run notices when they do. `size` is how many bytes there
    are, where the source says so. `downloadable`: the exporter's `downloader` can ask for them.
    """

    reason: str
    hint: str
    awaits: tuple[Path, ...] = ()
    size: int | None = None
    downloadable: bool = False


Content = CopyOf | Bytes | View | Absent


class File(Struct, frozen=True):
    """One file of an item. Its name is the item's stem followed by `suffix`.

    `role` is unique in the item and stays the same over time (`original`, `edited`, `sidecar`);
    `suffix` is unique in the item ignoring case and starts with a dot or a space (`.HEIC`,
    ` (edited).jpeg`). `modified` becomes the file's mtime (aware; None: 1970). A file that
    `stands_in_for` another role is written only while the archive does not hold that role.
    """

    role: str
    suffix: str
    content: Content
    modified: datetime | None = None
    stands_in_for: str = ""


class Sighting(Struct, frozen=True):
    """One item of the source, seen cheaply: that it is there, and whether it may have changed.

    `key` is Apple's own UUID, never a row number or a path. `place` is the wished-for path stem
    below the exporter's folder, with `/` between components; every component may be any text,
    the core makes it portable. An equal `fingerprint` means that nothing about the item, its files
    included, has changed. `suffixes` lists every suffix that this item's files may have, when that
    is known cheaply; it lets two items share a stem as long as no file clashes. `store` says which
    of several stores the item lives in (that store's own identity, not its path). `in_trash` is
    true for what lies in the source's own trash: newly trashed items count as losses for the
    brake. `scope` names the part of the source it belongs to, in words for people ("hidden"):
    what is safe is counted by scope. An item is `outside` when it is there and the settings leave
    it out: it is neither read nor written, what the archive holds of it stays as it is, and it is
    not taken for gone. One that is `makeshift` is known from its files alone, since the store
    cannot be read: of an item that the archive knows, place, title and record then stay, and its
    files are added to or replaced, none retired. One that is `withheld` cannot be read now as it
    may have been before (it is locked): it is `outside` if the archive holds it, and read like
    any other if not.
    """

    key: str
    title: str
    place: str
    fingerprint: str
    suffixes: tuple[str, ...] = ()
    store: str = ""
    in_trash: bool = False
    scope: str = ""
    outside: bool = False
    makeshift: bool = False
    withheld: bool = False


class Trouble(Struct, frozen=True):
    """Part of the source could not be surveyed; none of its items may be taken for gone.

    Of a `store` that was seen in part none may be either; its identity is that of its sightings.
    """

    title: str
    reason: str
    hint: str
    store: str = ""


class Notice(Struct, frozen=True):
    """What a person should know of the source, and what makes the run no less complete."""

    text: str


class Unseen(Struct, frozen=True):
    """A store that was not looked at, by choice; none of its items may be taken for gone."""

    store: str


class Glance(Struct, frozen=True):
    """What an exporter saw of everything without a look at any one item: digests, by key.

    `items`: of all that the store says of an item. `pages`: of all gatherings. `folders`: of when
    files came or went, empty when that is too fresh to tell. `files`: of the files of each item
    as they lie there; None when `folders` is what it was at the last glance.
    """

    items: Mapping[str, bytes]
    pages: str = ""
    folders: str = ""
    files: Mapping[str, bytes] | None = None


class Item(Struct, frozen=True):
    """The unit of comparing, writing, moving, retrying and reporting."""

    sighting: Sighting
    record: Record
    files: tuple[File, ...] = ()
    refers_to: tuple[str, ...] = ()
    """Keys of items whose places this one's views mention (links between notes)."""


class Claim(Struct, frozen=True):
    """What the list of another program's export says of one file of that export.

    `path` is relative to the folder of the export, with `/`. `key` is the item it was made from.
    `size` (bytes) and `modified` (whole seconds since 1970) are what the file was like when that
    program had written it. `altered`: it is not the bytes of the source (converted, metadata
    written into it).
    """

    path: str
    key: str
    size: int | None = None
    modified: int | None = None
    altered: bool = False


class Gathering(Struct, frozen=True):
    """A file made of many items: an album, the people, a list.

    `key` identifies it for good; `place` is its wished-for path stem below the exporter's folder
    and `suffix` its ending. `record` is its own data. `groups` maps a name (shown in the file) to
    the keys of the members in order; most gatherings have the single group `items`. The core
    resolves the keys to files in the archive, and keeps members that are gone from the source.
    One that is `outside` is there and left out by the settings: a page that the archive has of it
    stays as it is. `views` are templates (`photos/album.html`) of pages with links to the members,
    which lie beside the file and end as the template does.

    With `holds`, the file is the list itself: its top level is `record`, and each group an array
    of the members' own records, gone ones included; `holds` names the field of those records that
    is the member's key. The templates then get the records as well (docs/decisions/0030).
    """

    key: str
    title: str
    place: str
    record: Record
    groups: Mapping[str, tuple[str, ...]]
    suffix: str = ".json"
    outside: bool = False
    views: tuple[str, ...] = ()
    holds: str = ""
