"""Manifests: what one snapshot holds, as JSON lines packed with zstd; written once, never again.

The first line is the header, one line follows for each path (all of them, or those that differ
from the parent), the last is the trailer with the digest of all lines before it. Each header
carries the digest of its parent's file, so that no link of the chain can change unnoticed.
"""

import hashlib
from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from typing import IO, Any

import msgspec

from rootcellar.archive.disk import Disk, write_all
from rootcellar.archive.identity import is_litter
from rootcellar.archive.layout import PARTS, SNAPSHOTS
from rootcellar.errors import RootcellarError

FORMAT = 1
SUFFIX = ".jsonl.zst"
DELTAS = 29
"""So many deltas may follow a full manifest: every thirtieth is a full one."""
_LEVEL = 6
_CHUNK = 1 << 18
_PART = f"{PARTS}/manifest"


class ManifestDamaged(RootcellarError):
    """A manifest cannot be read, or is not what was written; `code` is its number in the docs."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(
            f"{code}: {message}", hint="`rootcellar verify` tells which snapshots are concerned."
        )
        self.code = code


class Entry(msgspec.Struct, frozen=True, omit_defaults=True, gc=False):
    """One path of a snapshot; times are nanoseconds since 1970, sizes bytes, digests hex.

    `key` and `role` name the item and what this file is to it; a records file has no key.
    In a delta an entry that is `absent` says that its path is in the tree no more.
    """

    path: str
    size: int = 0
    mtime_ns: int = 0
    sha256: str = ""
    key: str = ""
    role: str = ""
    view: bool = False
    absent: bool = False


class Completeness(msgspec.Struct, frozen=True):
    """How much of one exporter's source a snapshot holds, counted in items."""

    outcome: str
    items: int
    safe: int
    absent: int
    failed: int
    succeeded: str


class Header(msgspec.Struct, frozen=True, omit_defaults=True):
    """The first line of a manifest; `files` and `bytes` are those of the whole tree."""

    format: int
    archive: str
    id: str
    kind: str
    created: str
    parent: str = ""
    parent_sha256: str = ""
    depth: int = 0
    files: int = 0
    bytes: int = 0
    walked: bool = False
    program: str = ""
    tops: dict[str, str] = msgspec.field(default_factory=dict)
    exporters: dict[str, Completeness] = msgspec.field(default_factory=dict)

    @property
    def is_full(self) -> bool:
        """Whether every path is listed, and not only what differs from the parent."""
        return self.kind == "full"

    @property
    def is_complete(self) -> bool:
        """Whether everything that the sources had is in the snapshot."""
        return all(
            one.safe == one.items
            and not one.failed
            and one.outcome in ("ok", "partial", "skipped")
            for one in self.exporters.values()
        )


class Trailer(msgspec.Struct, frozen=True):
    """The last line: how many entries there are, and the digest of all lines before this one."""

    entries: int
    sha256: str


_HEADER = msgspec.json.Decoder(Header)
_ENTRY = msgspec.json.Decoder(Entry)
_TRAILER = msgspec.json.Decoder(Trailer)


class Manifest(msgspec.Struct, frozen=True):
    """A manifest as it was found: its header, its entries, and the digest of its file."""

    header: Header
    entries: list[Entry]
    sha256: str


def path_of(snapshot: str) -> str:
    """Return where the manifest of a snapshot lies."""
    return f"{SNAPSHOTS}/{snapshot}{SUFFIX}"


def listed(disk: Disk) -> list[str]:
    """Return the names of all snapshots that have a manifest, sorted by name (not as chained)."""
    names = [name for name in disk.names(SNAPSHOTS) if not is_litter(name)]
    return [name.removesuffix(SUFFIX) for name in names if name.endswith(SUFFIX)]


def new_id(disk: Disk, moment: datetime) -> str:
    """Return the name of a snapshot made now (aware, UTC); two in one second get `-2`."""
    plain = moment.strftime("%Y-%m-%dT%H%M%SZ")
    name, number = plain, 1
    while disk.exists(path_of(name)):
        number += 1
        name = f"{plain}-{number}"
    return name


# -- writing -------------------------------------------------------------------------------------


def write(disk: Disk, header: Header, entries: Iterable[Entry]) -> str:
    """Write a manifest, all of it or none, and return the sha256 of its file."""
    option = _zstd().CompressionParameter
    compress = _zstd().ZstdCompressor(
        options={option.compression_level: _LEVEL, option.checksum_flag: 1}
    )
    packed, plain = hashlib.sha256(), hashlib.sha256()
    count = 0
    with disk.create(_PART) as file:

        def put(data: bytes) -> None:
            packed.update(data)
            write_all(file, data)

        lines = bytearray(msgspec.json.encode(header) + b"\n")
        for entry in entries:
            lines += msgspec.json.encode(entry)
            lines += b"\n"
            count += 1
            if len(lines) >= _CHUNK:
                plain.update(lines)
                put(compress.compress(bytes(lines)))
                lines.clear()
        plain.update(lines)
        lines += msgspec.json.encode(Trailer(count, plain.hexdigest())) + b"\n"
        put(compress.compress(bytes(lines)) + compress.flush())
    disk.flush()
    disk.rename(_PART, path_of(header.id))
    disk.flush()
    return packed.hexdigest()


# -- reading -------------------------------------------------------------------------------------


def read_header(disk: Disk, snapshot: str) -> Header:
    """Return the first line of a manifest, which alone is unpacked; raises ManifestDamaged."""
    with _opened(disk, snapshot) as file:
        data = b""
        unpack = _zstd().ZstdDecompressor()
        try:
            while b"\n" not in data and (chunk := file.read(1 << 14)):
                data += unpack.decompress(chunk)
        except (_zstd().ZstdError, EOFError) as error:
            raise ManifestDamaged(
                "M02", f"the manifest of {snapshot} cannot be unpacked"
            ) from error
    return _header(snapshot, data.partition(b"\n")[0])


def read(disk: Disk, snapshot: str) -> Manifest:
    """Return a whole manifest, checked against its own digest; raises ManifestDamaged."""
    with _opened(disk, snapshot) as file:
        packed = file.read()
    try:
        data = _zstd().decompress(packed)
    except (_zstd().ZstdError, EOFError) as error:
        raise ManifestDamaged("M02", f"the manifest of {snapshot} cannot be unpacked") from error
    first, _, rest = data.partition(b"\n")
    header = _header(snapshot, first)
    cut = data.rfind(b"\n", 0, -1) + 1
    try:
        trailer = _TRAILER.decode(data[cut:])
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise ManifestDamaged("M04", f"the manifest of {snapshot} is cut off") from error
    if trailer.sha256 != hashlib.sha256(data[:cut]).hexdigest():
        raise ManifestDamaged("M05", f"the manifest of {snapshot} is not what was written")
    try:
        entries = _ENTRY.decode_lines(rest[: cut - len(first) - 1])
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise ManifestDamaged("M06", f"an entry in {snapshot} makes no sense") from error
    if any(_leads_out(entry.path) for entry in entries):
        raise ManifestDamaged("M06", f"an entry in {snapshot} makes no sense")
    if len(entries) != trailer.entries:
        raise ManifestDamaged("M05", f"the manifest of {snapshot} is not what was written")
    return Manifest(header, entries, hashlib.sha256(packed).hexdigest())


def _leads_out(path: str) -> bool:
    """Return whether a path is none below the archive's folder."""
    return path.startswith("/") or (".." in path and ".." in path.split("/")) or not path


def _opened(disk: Disk, snapshot: str) -> IO[bytes]:
    try:
        return disk.open(path_of(snapshot))
    except FileNotFoundError as error:
        raise ManifestDamaged("M01", f"the manifest of {snapshot} is not there") from error


def _header(snapshot: str, line: bytes) -> Header:
    try:
        header = _HEADER.decode(line)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise ManifestDamaged("M03", f"{snapshot} does not begin with a header") from error
    if header.format > FORMAT:
        raise ManifestDamaged("M07", f"{snapshot} was written by a newer rootcellar")
    if header.id != snapshot:
        raise ManifestDamaged("M08", f"the manifest of {snapshot} says that it is {header.id}")
    return header


def _zstd() -> Any:
    """Return the module that packs; imported with the first manifest, not by an idle run."""
    import sys

    if sys.version_info >= (3, 14):
        from compression import zstd as module
    else:
        from backports import zstd as module
    return module


# -- the chain -----------------------------------------------------------------------------------


def chain_of(headers: Mapping[str, Header], head: str) -> Iterator[str]:
    """Yield a snapshot and those before it, newest first, as far as they are there."""
    seen: set[str] = set()
    while head in headers and head not in seen:
        seen.add(head)
        yield head
        head = headers[head].parent


def heads(headers: Mapping[str, Header]) -> list[str]:
    """Return the snapshots that are nobody's parent, sorted; an archive has one."""
    parents = {header.parent for header in headers.values()}
    return sorted(name for name in headers if name not in parents)
