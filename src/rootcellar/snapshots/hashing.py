"""Reads files to the end on two threads and says which are not what they should be."""

import hashlib
import os
import time
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from itertools import islice
from typing import TYPE_CHECKING

from rootcellar.archive.disk import Disk

if TYPE_CHECKING:
    from concurrent.futures import Future

THREADS = 2
_CHUNK = 256
_LARGE = 1 << 20
_CHUNK_BYTES = 64 << 20


@dataclass(frozen=True, slots=True)
class Limits:
    """How much is read: about so many bytes, for so many seconds, until `stop` says why."""

    bytes: int | None = None
    seconds: float | None = None
    stop: Callable[[], str] | None = None

    def __bool__(self) -> bool:
        return (self.bytes, self.seconds, self.stop) != (None, None, None)


ALL = Limits()
"""No limit: everything is read."""


@dataclass(frozen=True, slots=True)
class Job:
    """A file to be read: the size (negative: unknown) and the sha256 it should have."""

    path: str
    size: int
    sha256: str


@dataclass(frozen=True, slots=True)
class Finding:
    """A file that is not what it should be; `found` is its digest, `error` why there is none."""

    job: Job
    found: str = ""
    size: int = -1
    error: str = ""

    @property
    def is_missing(self) -> bool:
        """Whether there is no such file."""
        return self.error == "missing"


@dataclass
class Hashed:
    """How much was read; `left` jobs were not begun, because the budget was used up."""

    files: int = 0
    bytes: int = 0
    left: int = 0


def hash_all(
    disk: Disk, jobs: Iterable[Job], done: Hashed, limits: Limits = ALL
) -> Iterator[Finding]:
    """Read every job's file, within limits, and yield what is wrong; `done` counts on the way."""
    from concurrent.futures import ThreadPoolExecutor

    end = None if limits.seconds is None else time.monotonic() + limits.seconds
    waiting: deque[Future[tuple[int, int, list[Finding]]]] = deque()
    planned = 0
    with ThreadPoolExecutor(THREADS, thread_name_prefix="hash") as pool:
        chunks = _chunks(iter(jobs))
        for chunk in chunks:
            over = limits.bytes is not None and planned >= limits.bytes
            over = over or (end is not None and time.monotonic() >= end)
            if over or (limits.stop is not None and limits.stop()):
                done.left += len(chunk) + sum(len(rest) for rest in chunks)
                break
            planned += sum(max(0, job.size) for job in chunk)
            waiting.append(pool.submit(_hash_chunk, disk.handle, chunk))
            if len(waiting) > 2 * THREADS:
                yield from _taken(waiting.popleft(), done)
        while waiting:
            yield from _taken(waiting.popleft(), done)


class Ahead:
    """Reads files while something else is done; `findings` waits for the rest."""

    def __init__(self, disk: Disk, jobs: Iterable[Job], done: Hashed) -> None:
        from concurrent.futures import ThreadPoolExecutor

        self.done = done
        self._pool = ThreadPoolExecutor(THREADS, thread_name_prefix="hash")
        self._tasks = [
            self._pool.submit(_hash_chunk, disk.handle, chunk) for chunk in _chunks(iter(jobs))
        ]

    def findings(self) -> Iterator[Finding]:
        """Yield what is wrong."""
        while self._tasks:
            yield from _taken(self._tasks.pop(0), self.done)

    def close(self) -> None:
        """End; what has not been begun is not read."""
        self._pool.shutdown(cancel_futures=True)


def _taken(one: "Future[tuple[int, int, list[Finding]]]", done: Hashed) -> list[Finding]:
    files, size, findings = one.result()
    done.files += files
    done.bytes += size
    return findings


def _chunks(jobs: Iterator[Job]) -> Iterator[list[Job]]:
    """Cut jobs into chunks: a task for each file would cost more than its hashing."""
    while first := next(jobs, None):
        chunk = [first]
        size = first.size
        while size < _CHUNK_BYTES and len(chunk) < _CHUNK:
            more = list(islice(jobs, 1))
            if not more:
                break
            chunk += more
            size += more[0].size
        yield chunk


def _hash_chunk(handle: int, jobs: list[Job]) -> tuple[int, int, list[Finding]]:
    findings = []
    files = read = 0
    buffer: memoryview | None = None
    for job in jobs:
        try:
            file = os.open(job.path, os.O_RDONLY | os.O_CLOEXEC | os.O_NOFOLLOW, dir_fd=handle)
        except (FileNotFoundError, NotADirectoryError):
            findings.append(Finding(job, error="missing"))
            continue
        except OSError as error:
            findings.append(Finding(job, error=error.strerror or str(error)))
            continue
        try:
            if 0 <= job.size < _LARGE:
                data = os.read(file, job.size + 1)
                size, digest = len(data), hashlib.sha256(data)
                if size < job.size and data:  # a file system may give less at a time
                    more, digest = _hash_rest(file, digest, bytearray(_LARGE))
                    size += more
            else:
                buffer = buffer or memoryview(bytearray(_LARGE))
                size, digest = _hash_rest(file, hashlib.sha256(), buffer)
        except OSError as error:
            findings.append(Finding(job, error=error.strerror or str(error)))
            continue
        finally:
            os.close(file)
        files += 1
        read += size
        if digest.hexdigest() != job.sha256:
            findings.append(Finding(job, digest.hexdigest(), size))
    return files, read, findings


def _hash_rest(
    file: int, digest: "hashlib._Hash", buffer: bytearray | memoryview
) -> tuple[int, "hashlib._Hash"]:
    view = memoryview(buffer)
    size = 0
    while taken := os.readv(file, [view]):
        digest.update(view[:taken])
        size += taken
    return size, digest
