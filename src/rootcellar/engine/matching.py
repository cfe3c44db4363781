"""The same picture is the same picture: items whose keys changed are found again by content."""

from collections.abc import Callable, Iterable, Sequence

from rootcellar.archive.copying import FileUnreadable, sha256_of, signature
from rootcellar.engine.writing import Writing
from rootcellar.items import CopyOf, File, Item
from rootcellar.state.staging import Staging

SLICE = 500
DESCRIPTIONS = frozenset({".aae", ".plist", ".xmp", ".xml", ".json", ".txt"})
"""What is written about a picture may be the same of two: it tells none from another."""

Read = Callable[[Sequence[str]], Iterable[Item]]
"""Reads the items of some keys from the capture."""


def match_by_content(
    writing: Writing, staging: Staging, exporter: str, read: Read, vanished: set[str]
) -> int:
    """Match sighted items of unknown keys with vanished ones that hold the same bytes.

    Only items whose telling file has the size of a vanished item's are hashed, and the hash is
    remembered for the run. Of several with the same bytes, the one at the same place is meant, and
    only what is left over is matched whatever its place. Returns how many were matched. Reads
    nothing unless something vanished.
    """
    if not vanished:
        return 0
    found = 0
    elsewhere: list[tuple[str, list[str]]] = []
    unknown = staging.unknown()
    for start in range(0, len(unknown), SLICE):
        for item in sorted(read(unknown[start : start + SLICE]), key=lambda one: one.sighting.key):
            same = _same_content(writing, staging, exporter, item)
            here = [key for key, place in same if place == item.sighting.place]
            if not _match(staging, item.sighting.key, here, vanished):
                elsewhere.append((item.sighting.key, [key for key, _ in same]))
            else:
                found += 1
    return found + sum(_match(staging, key, same, vanished) for key, same in elsewhere if same)


def _match(staging: Staging, key: str, same: Sequence[str], vanished: set[str]) -> bool:
    was = next((one for one in same if one in vanished), None)
    if was is not None:
        vanished.discard(was)
        staging.match(key, was)
    return was is not None


def _same_content(
    writing: Writing, staging: Staging, exporter: str, item: Item
) -> list[tuple[str, str]]:
    """Return (key, place) of the living items with the bytes of this one's telling file."""
    file = _telling(item)
    if file is None or not isinstance(file.content, CopyOf):
        return []
    source = file.content.path
    holdings, archive = writing.state.holdings, writing.archive
    try:
        now = signature(source)
        size = int(now.partition(":")[0])
        if not size or not holdings.has_size(archive, exporter, file.role, size):
            return []
        digest = sha256_of(source)
    except FileUnreadable:
        return []
    staging.remember_hash(str(source), now, digest)
    return holdings.same_content(archive, exporter, file.role, size, digest)


def _telling(item: Item) -> File | None:
    """Return the file that tells an item from all others: the first that is no description."""
    return next((file for file in item.files if _tells(file)), None)


def _tells(file: File) -> bool:
    extension = f".{file.suffix.rpartition('.')[2].lower()}"
    is_picture = file.role == "original" or extension not in DESCRIPTIONS
    return is_picture and isinstance(file.content, CopyOf)
