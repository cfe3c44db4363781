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
        self._sizes: dict[int, list[str]] | None = None

    def places(self, entry: Entry) -> Iterator[str]:
        """Yield where the bytes of an entry may lie, its own path first; sizes are right."""
        seen = set()
        for place in self._candidates(entry):
            if place not in seen:
                seen.add(place)
                status = self.disk.stat(place)
                if status is not None and status.size == entry.size:
                    yield place

    def is_likely(self, entry: Entry) -> bool:
        """Return whether the bytes of an entry are somewhere; where they should be, size tells."""
        for place in (entry.path, *self._paths.get(entry.sha256, ()), *self.former(entry.sha256)):
            status = self.disk.stat(place)
            if status is not None and status.size == entry.size:
                return True
        return self.good_place(entry) is not None

    def _candidates(self, entry: Entry) -> Iterator[str]:
        yield entry.path
        yield from self._paths.get(entry.sha256, ())
        yield from self.former(entry.sha256)
        if self._quarantine is None:
            self._quarantine = self.disk.names(QUARANTINE)
        for name in self._quarantine:
            if name.startswith(entry.sha256[:16]):
                yield f"{QUARANTINE}/{name}"
        yield from self._of_size(entry.size)

    def _of_size(self, size: int) -> list[str]:
        """Return all files of this size, also strangers: the last resort."""
        if self._sizes is None:
            self._sizes = {}
            for name in self.disk.names(""):
                for path in self.disk.walk(name):
                    if (status := self.disk.stat(path)) is not None:
                        self._sizes.setdefault(status.size, []).append(path)
        return self._sizes.get(size, [])

    def former(self, sha256: str) -> list[str]:
        """Return the objects of the history that are named by this digest."""
        folder = f"{HISTORY}/{sha256[:2]}"
        if folder not in self._history:
            self._history[folder] = self.disk.names(folder)
        names = [name for name in self._history[folder] if name.startswith(sha256)]
        return [f"{folder}/{name}" for name in names if name[64:65] in ("", ".")]

    def read(self, entry: Entry) -> bytes | None:
        """Return the bytes of a (small) entry, or None where the archive has them no more."""
        for place in self.places(entry):
            data = self.disk.read(place)
            if hashlib.sha256(data).hexdigest() == entry.sha256:
                return data
        return None

    def good_place(self, entry: Entry, *, but: str = "") -> str | None:
        """Return where the bytes of an entry really lie, read to the end, other than at `but`."""
        for place in self.places(entry):
            try:
                if place != but and self.disk.sha256(place) == entry.sha256:
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
