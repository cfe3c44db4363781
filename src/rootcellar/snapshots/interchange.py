"""Writes a snapshot out for other programs: as a BagIt bag (RFC 8493), or as sha256 lines."""

from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

from rootcellar import __version__
from rootcellar.errors import UsageError
from rootcellar.snapshots.restoring import Restoring, target_errors

_MANIFEST = "manifest-sha256.txt"
_TAGS = ("bagit.txt", "bag-info.txt", _MANIFEST)


@dataclass
class WrittenOut:
    """What was written out, and which files are lost."""

    snapshot: str
    to: str
    kind: str
    files: int = 0
    bytes: int = 0
    lost: list[str] = field(default_factory=list)

    @property
    def outcome(self) -> str:
        """`partial` when anything is lost."""
        return "partial" if self.lost else "ok"


def write_bag(restoring: Restoring, to: Path) -> WrittenOut:
    """Make a bag of a whole snapshot in a new or empty folder; its files are verified on the way.

    A bag whose payload is not complete names the rest in no manifest, so it is valid, and smaller.
    """
    if to.exists() and (not to.is_dir() or any(to.iterdir())):
        raise UsageError(f"{to} is not empty.", hint="Name a new or an empty folder.")
    report = WrittenOut(restoring.snapshot, str(to), "bagit")
    done = restoring.restore(sorted(restoring.tree), to / "data")
    report.files, report.bytes = done.files, done.bytes
    report.lost = [one.path for one in done.lost]
    lost = set(report.lost)
    lines = [
        f"{entry.sha256}  {_encoded(f'data/{path}')}\n"
        for path, entry in sorted(restoring.tree.items())
        if path not in lost
    ]
    header = restoring.chain.headers[restoring.snapshot]
    info = {
        "Bagging-Date": datetime.fromisoformat(header.created).date().isoformat(),
        "Bag-Software-Agent": f"rootcellar {__version__}",
        "External-Identifier": f"{header.archive} {header.id}",
        "Payload-Oxum": f"{report.bytes}.{report.files}",
    }
    texts = {
        "bagit.txt": "BagIt-Version: 1.0\nTag-File-Character-Encoding: UTF-8\n",
        "bag-info.txt": "".join(f"{name}: {value}\n" for name, value in info.items()),
        _MANIFEST: "".join(lines),
    }
    restoring.write_texts(to, {**texts, "tagmanifest-sha256.txt": _tag_manifest(texts)})
    return report


def _encoded(path: str) -> str:
    """Encode what would break a line of a bag's manifest (RFC 8493, 2.1.3)."""
    return path.replace("%", "%25").replace("\n", "%0A").replace("\r", "%0D")


def _tag_manifest(texts: dict[str, str]) -> str:
    from rootcellar.archive.writer import sha256_of_bytes

    return "".join(f"{sha256_of_bytes(texts[name].encode())}  {name}\n" for name in _TAGS)


def write_sha256sums(restoring: Restoring, to: Path) -> WrittenOut:
    """Write a snapshot's digests as `sha256sum -c` and `shasum -a 256 -c` read them."""
    if to.exists():
        raise UsageError(f"{to} is there already.", hint="Name a new file.")
    report = WrittenOut(restoring.snapshot, str(to), "sha256sums")
    lines = []
    for path, entry in sorted(restoring.tree.items()):
        report.files += 1
        report.bytes += entry.size
        lines.append(_sum_line(entry.sha256, path))
    with target_errors(to.parent):
        to.parent.mkdir(parents=True, exist_ok=True)
    restoring.write_texts(to.parent, {to.name: "".join(lines)})
    return report


def _sum_line(sha256: str, path: str) -> str:
    """Return a line of GNU coreutils' format; a backslash at its start says that it is escaped."""
    escaped = path.replace("\\", "\\\\").replace("\n", "\\n").replace("\r", "\\r")
    mark = "\\" if escaped != path else ""
    return f"{mark}{sha256}  {escaped}\n"
