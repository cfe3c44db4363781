"""Finds bytes by their digest: at a path of the tree, at another one, or in the history."""

import hashlib
from collections.abc import Collection, Iterable, Iterator
from typing import IO

from rootcellar.archive.disk import Disk
from rootcellar.archive.layout import HISTORY, QUARANTINE
from rootcellar.archive.manifests import Entry

CHUNK = 1 << 20


class Contents:
    """Where the bytes of some digests lie in one archive.

    `here` is the tree as it is now, by the newest manifest. What is found is only a claim: the
    bytes are hashed while they are read.
    """

    def __init__(self, disk: Disk, wanted: Collection[str], here: Iterable[Entry]) -> None:
        self.disk = disk
        self._paths: dict[str, list[str]] = {}
        for entry in here:
            if entry.sha256 in wanted:
                self._paths.setdefault(entry.sha256, []).append(entry.path)
        self._history: dict[str, list[str]] = {}
        self._quarantine: list[str] | None = None

    def places(self, sha256: str, path: str = "") -> Iterator[str]:
        """Yield where these bytes may lie, `path` first."""
        seen = {path}
        if path:
            yield path
        for place in self._elsewhere(sha256):
            if place not in seen:
                seen.add(place)
                yield place

    def _elsewhere(self, sha256: str) -> Iterator[str]:
        yield from self._paths.get(sha256, ())
        yield from self.former(sha256)
        if self._quarantine is None:
            self._quarantine = self.disk.names(QUARANTINE)
        for name in self._quarantine:
            if name.startswith(sha256[:16]):
                yield f"{QUARANTINE}/{name}"

    def former(self, sha256: str) -> list[str]:
        """Return the objects of the history that are named by this digest."""
        folder = f"{HISTORY}/{sha256[:2]}"
        if folder not in self._history:
            self._history[folder] = self.disk.names(folder)
        names = [name for name in self._history[folder] if name.startswith(sha256)]
        return [f"{folder}/{name}" for name in names if name[64:65] in ("", ".")]

    def read(self, entry: Entry) -> bytes | None:
        """Return the bytes of a (small) entry, or None where the archive has them no more."""
        for place in self.places(entry.sha256, entry.path):
            status = self.disk.stat(place)
            if status is None or status.size != entry.size:
                continue
            data = self.disk.read(place)
            if hashlib.sha256(data).hexdigest() == entry.sha256:
                return data
        return None

    def good_place(self, entry: Entry, *, but: str = "") -> str | None:
        """Return where the bytes of an entry really lie, read to the end, other than at `but`."""
        for place in self.places(entry.sha256, entry.path):
            status = self.disk.stat(place) if place != but else None
            if status is None or status.size != entry.size:
                continue
            try:
                if self.disk.sha256(place) == entry.sha256:
                    return place
            except OSError:
                continue  # these cannot be read; there may be others
        return None


class BytesUnreadable(Exception):
    """The drive does not give the bytes of a file of the archive; others may hold the same."""


def copy_verified(reading: IO[bytes], writing: IO[bytes]) -> tuple[int, str]:
    """Copy an open file into another; return its size and digest, told while it went by.

    Raises BytesUnreadable; an OSError is that of the file that is written.
    """
    digest = hashlib.sha256()
    size = 0
    while chunk := _chunk(reading):
        digest.update(chunk)
        size += len(chunk)
        view = memoryview(chunk)
        while view:
            view = view[writing.write(view) :]
    return size, digest.hexdigest()


def _chunk(reading: IO[bytes]) -> bytes:
    try:
        return reading.read(CHUNK)
    except OSError as error:
        raise BytesUnreadable(str(error)) from error
