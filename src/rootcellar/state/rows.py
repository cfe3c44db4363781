"""What the state remembers, as values; times are ISO 8601 in UTC, digests hex, sizes bytes."""

from collections.abc import Mapping

from msgspec import Struct, field


class StoredFile(Struct, frozen=True):
    """One file in the archive: `path` is relative to the archive's root.

    `mtime_ns` is what the file system gave back. `source` is the signature of the file it was
    copied from. `rendered` is the template that a view was made with. `kept` marks a
    view that a person has edited, and that is therefore behind its item.
    """

    role: str
    path: str
    size: int
    sha256: str
    mtime_ns: int
    source: str = ""
    view: bool = False
    rendered: str = ""
    kept: bool = False


class Missing(Struct, frozen=True):
    """A file of an item that is not in the archive.

    `failed` tells bytes that could not be read from bytes that are not on this source. Of those
    that are `downloadable`, `size` says how many there are (0: unknown), and `dated` (nanoseconds
    since 1970) when the file is from.
    """

    role: str
    reason: str
    hint: str
    awaits: tuple[str, ...] = ()
    failed: bool = False
    downloadable: bool = False
    size: int = 0
    dated: int = 0


class StoredItem(Struct, frozen=True):
    """One item as the archive holds it.

    `place` is the wish it was placed by, `stem` the path stem it was given (relative to the
    archive's root). `line` is the digest of its line in the records file. One that is `outside` is
    there, and the settings leave it out: the archive keeps what it held when it was not.
    """

    exporter: str
    key: str
    title: str
    place: str
    stem: str
    fingerprint: str
    store: str
    in_trash: bool
    gone: bool
    line: str
    files: tuple[StoredFile, ...] = ()
    missing: tuple[Missing, ...] = ()
    scope: str = ""
    outside: bool = False
    refers_to: tuple[str, ...] = ()
    """Keys of items whose places the views of this one mention."""

    @property
    def folder(self) -> str:
        """The folder whose records file holds this item's line."""
        return self.stem.rpartition("/")[0]


class StoredDocument(Struct, frozen=True):
    """A file made of many items: a records file (`kind` records) or a gathering."""

    kind: str
    exporter: str
    key: str
    path: str
    size: int
    sha256: str
    mtime_ns: int
    place: str = ""
    digest: str = ""
    run: int = 0


class StoredMembers(Struct, frozen=True):
    """Whom the groups of one gathering list: item keys in order, those that are gone included."""

    exporter: str
    gathering: str
    groups: dict[str, tuple[str, ...]]


class ArchiveRow(Struct, frozen=True):
    """An archive the state knows: `counter` and `token` name the last run that changed it."""

    id: int
    uuid: str
    counter: int
    token: str


class ExporterRow(Struct, frozen=True):
    """What is remembered of one exporter in one archive.

    `token` is the exporter's token, `content` the digest of its whole glance, `glanced` what the
    glances that are kept depend on; `views` is the digest of its templates. `gathered`: its
    gatherings are as its items are. Not so from the first batch of a run until its gatherings are
    written: cut off in between, the next run looks at every one. `left_out` counts, by scope, the
    items that the settings left out.
    """

    name: str
    token: str = ""
    stores: tuple[str, ...] = ()
    views: str = ""
    outcome: str = ""
    message: str = ""
    hint: str = ""
    succeeded: str = ""
    gathered: bool = False
    content: str = ""
    left_out: Mapping[str, int] = field(default_factory=dict)
    glanced: str = ""


class Settlement(Struct, frozen=True):
    """What one committed batch changes in the state.

    `token` and `counter` are those of the run that wrote the batch; `base` is the token the state
    must have (or have had before this run) for the batch to make sense to it.
    """

    archive: str
    base: str
    token: str
    counter: int
    items: tuple[StoredItem, ...] = ()
    documents: tuple[StoredDocument, ...] = ()
    members: tuple[StoredMembers, ...] = ()
    dropped: tuple[str, ...] = ()
    rekeyed: tuple[tuple[str, str, str], ...] = field(default=())
    losses: tuple[tuple[str, str], ...] = ()
