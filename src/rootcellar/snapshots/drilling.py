"""A drill: random files of random snapshots are restored to a scratch place, compared, opened.

A file that comes back byte for byte and still makes no sense was archived broken; that is worth
knowing while the source still exists.
"""

import contextlib
import json
import random
import shutil
import struct
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

from rootcellar.archive.disk import Disk
from rootcellar.archive.manifests import ManifestDamaged
from rootcellar.errors import UsageError
from rootcellar.snapshots.chain import read_chain
from rootcellar.snapshots.restoring import Restoring

SNAPSHOTS = 5
"""From how many snapshots the files of one drill come, at most."""
_BEGINNINGS: dict[str, tuple[bytes, ...]] = {
    ".jpg": (b"\xff\xd8\xff",),
    ".jpeg": (b"\xff\xd8\xff",),
    ".png": (b"\x89PNG\r\n\x1a\n",),
    ".gif": (b"GIF87a", b"GIF89a"),
    ".tif": (b"II*\0", b"MM\0*"),
    ".tiff": (b"II*\0", b"MM\0*"),
    ".dng": (b"II*\0", b"MM\0*"),
    ".pdf": (b"%PDF-",),
}
_BOXES = frozenset({".heic", ".heif", ".avif", ".mov", ".mp4", ".m4v", ".m4a", ".cr3"})
"""ISO base media files: boxes of a size and four letters, one after the other (14496-12)."""
_TEXTS = frozenset({".md", ".txt", ".html", ".ics", ".vcf", ".csv"})


@dataclass(frozen=True, slots=True)
class Failure:
    """A file that did not come back as it should, and why."""

    snapshot: str
    path: str
    reason: str


@dataclass
class Drill:
    """What was tried; `opened` files were read as what they are, and not only compared."""

    drilled: int = 0
    opened: int = 0
    bytes: int = 0
    snapshots: int = 0
    failed: list[Failure] = field(default_factory=list)

    @property
    def outcome(self) -> str:
        """`partial` when anything did not come back as it should."""
        return "partial" if self.failed else "ok"


def drill(disk: Disk, count: int, chance: random.Random | None = None) -> Drill:
    """Restore `count` random files of random snapshots that are kept; nothing of it remains.

    Raises UsageError when there is no snapshot.
    """
    chance = chance or random.Random()  # noqa: S311 - not a secret
    report = Drill()
    kept = read_chain(disk).kept
    if not kept:
        raise UsageError(
            "There is no snapshot yet.", hint="The next `rootcellar export` makes one."
        )
    chosen = chance.sample(kept, min(SNAPSHOTS, len(kept), max(1, count)))
    shares = [count // len(chosen) + (n < count % len(chosen)) for n in range(len(chosen))]
    for name, share in zip(chosen, shares, strict=True):
        with _scratch() as folder:
            _drill_one(disk, name, share, folder, report, chance)
    report.snapshots = len(chosen)
    return report


@contextlib.contextmanager
def _scratch() -> Iterator[Path]:
    folder = Path(tempfile.mkdtemp(prefix="rootcellar-drill-"))
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _drill_one(
    disk: Disk, name: str, count: int, folder: Path, report: Drill, chance: random.Random
) -> None:
    try:
        restoring = Restoring(disk, name)
    except ManifestDamaged as error:
        report.failed.append(Failure(name, "", error.message))
        return
    paths = chance.sample(sorted(restoring.tree), min(count, len(restoring.tree)))
    done = restoring.restore(paths, folder)
    report.drilled += len(paths)
    report.bytes += done.bytes
    report.failed += [Failure(name, lost.path, lost.reason) for lost in done.lost]
    for path in set(paths) - {lost.path for lost in done.lost}:
        try:
            report.opened += opens(folder / path)
        except ValueError as error:
            report.failed.append(Failure(name, path, str(error)))


# -- opening -------------------------------------------------------------------------------------


def opens(path: Path) -> bool:
    """Read a file as what its ending says; false for one that is only bytes to us.

    Raises ValueError when it is not what it says.
    """
    suffix = path.suffix.lower()
    check = _CHECKS.get(suffix)
    if check is None:
        return False
    try:
        check(path)
    except UnicodeDecodeError as error:
        raise ValueError("it is no text") from error
    return True


def _json(path: Path) -> None:
    try:
        json.loads(path.read_bytes())
    except ValueError as error:
        raise ValueError(f"it is no valid JSON: {error}") from error


def _json_lines(path: Path) -> None:
    for number, line in enumerate(path.read_bytes().splitlines(), 1):
        try:
            json.loads(line)
        except ValueError as error:
            raise ValueError(f"line {number} is no valid JSON: {error}") from error


def _text(path: Path) -> None:
    path.read_bytes().decode("utf-8")


def _xml(path: Path) -> None:
    from xml.parsers import expat

    try:
        expat.ParserCreate().Parse(path.read_bytes(), True)
    except expat.ExpatError as error:
        raise ValueError(f"it is no valid XML: {error}") from error


def _beginning(path: Path) -> None:
    with path.open("rb") as file:
        found = file.read(16)
    if not found.startswith(_BEGINNINGS[path.suffix.lower()]):
        raise ValueError(f"it does not begin as a {path.suffix[1:].upper()} does")


def _jpeg(path: Path) -> None:
    """Go through the segments of a JPEG up to its picture (ITU-T T.81, annex B)."""
    _beginning(path)
    data = path.read_bytes()
    at = 2
    while at + 4 <= len(data):
        if data[at] != 0xFF:
            raise ValueError("its segments do not follow on each other")
        marker = data[at + 1]
        if marker == 0xDA:
            return
        standing_alone = marker == 0xFF or 0xD0 <= marker <= 0xD8
        at += 1 if marker == 0xFF else 2 if standing_alone else 2 + _big(data, at + 2)
    raise ValueError("it holds no picture")


def _big(data: bytes, at: int) -> int:
    return int.from_bytes(data[at : at + 2], "big")


def _png(path: Path) -> None:
    """Check every chunk of a PNG by its own CRC (ISO/IEC 15948)."""
    import zlib

    _beginning(path)
    data = path.read_bytes()
    at = 8
    while at + 12 <= len(data):
        (length,) = struct.unpack_from(">I", data, at)
        kind = data[at + 4 : at + 8]
        body, end = data[at + 4 : at + 8 + length], at + 8 + length
        if data[end : end + 4] != zlib.crc32(body).to_bytes(4, "big"):
            raise ValueError("one of its chunks is damaged")
        if kind == b"IEND":
            return
        at = end + 4
    raise ValueError("it ends too early")


def _boxes(path: Path) -> None:
    """Go through the boxes of an ISO base media file to its end."""
    size = path.stat().st_size
    kinds = []
    with path.open("rb") as file:
        at = 0
        while at + 8 <= size:
            file.seek(at)
            length, kind = struct.unpack(">I4s", file.read(8))
            if length == 1:
                (length,) = struct.unpack(">Q", file.read(8))
            length = length or size - at
            if length < 8 or at + length > size:
                raise ValueError("its parts do not end where they say")
            kinds.append(kind)
            at += length
    if not {b"moov", b"meta"} & set(kinds):
        raise ValueError("what says how to read it is missing")


_CHECKS: dict[str, Callable[[Path], None]] = {
    **dict.fromkeys(_BEGINNINGS, _beginning),
    **dict.fromkeys(_BOXES, _boxes),
    **dict.fromkeys(_TEXTS, _text),
    ".jpg": _jpeg,
    ".jpeg": _jpeg,
    ".png": _png,
    ".json": _json,
    ".jsonl": _json_lines,
    ".xmp": _xml,
}
