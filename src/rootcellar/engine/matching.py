"""The same picture is the same picture: items whose keys changed are found again by content."""

from collections.abc import Callable, Iterable, Iterator, Sequence

from rootcellar.archive.copying import FileUnreadable, sha256_of, signature
from rootcellar.engine.writing import Writing
from rootcellar.items import CopyOf, Item
from rootcellar.state.staging import Staging

SLICE = 500

Read = Callable[[Sequence[str]], Iterable[Item]]
"""Reads the items of some keys from the capture."""


def match_by_content(
    writing: Writing, staging: Staging, exporter: str, read: Read, vanished: set[str]
) -> int:
    """Match sighted items of unknown keys with vanished ones that hold the same bytes.

    Only items whose first file has the size of a vanished item's are hashed, and the hash is
    remembered for the run. Returns how many were matched. Reads nothing unless something vanished.
    """
    if not vanished:
        return 0
    found = 0
    unknown = staging.unknown()
    for start in range(0, len(unknown), SLICE):
        for item in sorted(read(unknown[start : start + SLICE]), key=lambda one: one.sighting.key):
            was = _same_content(writing, staging, exporter, item, vanished)
            if was is not None:
                vanished.discard(was)
                staging.match(item.sighting.key, was)
                found += 1
    return found


def _same_content(
    writing: Writing, staging: Staging, exporter: str, item: Item, vanished: set[str]
) -> str | None:
    for role, content in _copies(item):
        try:
            now = signature(content.path)
            size = int(now.partition(":")[0])
            holdings, archive = writing.state.holdings, writing.archive
            if not size or not holdings.has_size(archive, exporter, role, size):
                return None
            digest = sha256_of(content.path)
        except FileUnreadable:
            return None
        staging.remember_hash(str(content.path), now, digest)
        same = holdings.same_content(archive, exporter, role, size, digest)
        return next((key for key in same if key in vanished), None)
    return None


def _copies(item: Item) -> Iterator[tuple[str, CopyOf]]:
    for file in item.files:
        if isinstance(file.content, CopyOf):
            yield file.role, file.content
