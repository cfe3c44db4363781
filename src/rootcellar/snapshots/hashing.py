"""Reads files to the end, two at a time, and says which are not what they should be.

Many files are read by two processes: opening small ones is work for Python, and its threads take
turns.
"""

import contextlib
import marshal
import os
import threading
import time
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from itertools import chain, islice
from typing import TYPE_CHECKING

from msgspec import Struct

from rootcellar.snapshots import digesting

if TYPE_CHECKING:
    from concurrent.futures import Future
    from pathlib import Path

    from rootcellar.archive.disk import Disk

THREADS = 2
MANY = 20
"""So many chunks are worth two more processes."""
_CHUNK = 256
_CHUNK_BYTES = 64 << 20


class Limits(Struct, frozen=True):
    """How much is read: about so many bytes, for so many seconds, until `stop` says why."""

    bytes: int | None = None
    seconds: float | None = None
    stop: Callable[[], str] | None = None

    def __bool__(self) -> bool:
        return (self.bytes, self.seconds, self.stop) != (None, None, None)


ALL = Limits()
"""No limit: everything is read."""


class Job(Struct, frozen=True, gc=False):
    """A file to be read: the size (negative: unknown) and the sha256 it should have."""

    path: str
    size: int
    sha256: str


class Finding(Struct, frozen=True):
    """A file that is not what it should be; `found` is its digest, `error` why there is none."""

    job: Job
    found: str = ""
    size: int = -1
    error: str = ""

    @property
    def is_missing(self) -> bool:
        """Whether there is no such file."""
        return self.error == digesting.MISSING


Answer = tuple[int, int, list[Finding]]
"""How many files were read, how many bytes, and what is wrong."""


@dataclass
class Hashed:
    """How much was read; `left` jobs were not begun, because the budget was used up."""

    files: int = 0
    bytes: int = 0
    left: int = 0


def hash_all(
    disk: "Disk", jobs: Iterable[Job], done: Hashed, limits: Limits = ALL
) -> Iterator[Finding]:
    """Read every job's file, within limits, and yield what is wrong; `done` counts on the way."""
    from concurrent.futures import ThreadPoolExecutor

    end = None if limits.seconds is None else time.monotonic() + limits.seconds
    waiting: deque[Future[Answer]] = deque()
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
            waiting.append(pool.submit(hash_chunk, disk.handle, chunk))
            if len(waiting) > 2 * THREADS:
                yield from _taken(waiting.popleft(), done)
        while waiting:
            yield from _taken(waiting.popleft(), done)


class Ahead:
    """Reads files while something else is done; `findings` waits for the rest."""

    def __init__(self, disk: "Disk", jobs: Iterable[Job], done: Hashed) -> None:
        from concurrent.futures import ThreadPoolExecutor

        self.disk = disk
        self.done = done
        self._helpers: list[Helper] = []
        self._mine = threading.local()
        self._pool = ThreadPoolExecutor(THREADS, thread_name_prefix="hash")
        chunks = _chunks(iter(jobs))
        first = list(islice(chunks, MANY))
        do = self._have_hashed if len(first) == MANY else self._hash
        self._tasks = deque(self._pool.submit(do, chunk) for chunk in chain(first, chunks))

    def _hash(self, chunk: list[Job]) -> Answer:
        return hash_chunk(self.disk.handle, chunk)

    def _have_hashed(self, chunk: list[Job]) -> Answer:
        """Have this thread's own process do it; do it here when it has none, or it has ended."""
        if not hasattr(self._mine, "helper"):
            self._mine.helper = None
            with contextlib.suppress(OSError):
                self._mine.helper = Helper(self.disk.handle)
                self._helpers.append(self._mine.helper)
        answer = self._mine.helper.hash(chunk) if self._mine.helper else None
        return answer if answer is not None else self._hash(chunk)

    def findings(self) -> Iterator[Finding]:
        """Yield what is wrong."""
        while self._tasks:
            yield from _taken(self._tasks.popleft(), self.done)

    def close(self) -> None:
        """End; what has not been begun is not read."""
        self._pool.shutdown(cancel_futures=True)
        for helper in self._helpers:
            helper.close()


class Helper:
    """A process that hashes; it ends with ours, however that ends, as nothing more is asked."""

    def __init__(self, handle: int) -> None:
        import subprocess
        import sys

        command = [sys.executable, "-I", "-S", digesting.__file__, str(handle)]
        self._process = subprocess.Popen(  # noqa: S603 - our own module
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, pass_fds=(handle,)
        )

    def hash(self, chunk: list[Job]) -> Answer | None:
        """Return what became of a chunk; None when the process has ended."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        try:
            marshal.dump(_plain(chunk), self._process.stdin)
            self._process.stdin.flush()
            files, read, wrong = marshal.load(self._process.stdout)  # noqa: S302 - our own process
        except (OSError, EOFError, ValueError, TypeError):
            return None
        return files, read, _found(chunk, wrong)

    def close(self) -> None:
        """End it."""
        for pipe in (self._process.stdin, self._process.stdout):
            if pipe is not None:
                with contextlib.suppress(OSError):
                    pipe.close()
        self._process.wait()


def read_beside(path: "Path") -> str:
    """Return the sha256 of a file, read by another process; "" where it cannot be read.

    Closing a file lets go of all locks that this process has on it, SQLite's among them.
    """
    handle = os.open(path.parent, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        helper = Helper(handle)
        answer = helper.hash([Job(path.name, -1, "")])
        helper.close()
    finally:
        os.close(handle)
    return answer[2][0].found if answer is not None else ""


def _taken(one: "Future[Answer]", done: Hashed) -> list[Finding]:
    files, size, findings = one.result()
    done.files += files
    done.bytes += size
    return findings


def _chunks(jobs: Iterator[Job]) -> Iterator[list[Job]]:
    """Cut jobs into chunks: a task for each file would cost more than its hashing."""
    chunk: list[Job] = []
    size = 0
    for job in jobs:
        chunk.append(job)
        size += job.size
        if size >= _CHUNK_BYTES or len(chunk) == _CHUNK:
            yield chunk
            chunk, size = [], 0
    if chunk:
        yield chunk


def hash_chunk(handle: int, jobs: list[Job]) -> Answer:
    """Read files below an open folder; return how many, how many bytes, and what is wrong."""
    files, read, wrong = digesting.digest_all(handle, _plain(jobs))
    return files, read, _found(jobs, wrong)


def _plain(jobs: list[Job]) -> list[digesting.Wanted]:
    return [(job.path, job.size, job.sha256) for job in jobs]


def _found(jobs: list[Job], wrong: list[digesting.Wrong]) -> list[Finding]:
    return [Finding(jobs[number], sha256, size, error) for number, sha256, size, error in wrong]
