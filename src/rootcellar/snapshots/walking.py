"""Looks at size and time of every file, to find what others changed; reads no contents but theirs.

A view that was changed is its reader's edit: kept, and in the next snapshot. A sealed file that
was changed is damage. Strangers are counted, never touched.
"""

import os
import stat
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime

import msgspec

from rootcellar.archive.disk import Disk
from rootcellar.archive.identity import is_litter
from rootcellar.archive.layout import INSIDE, README, STATUS
from rootcellar.canonical import nfc
from rootcellar.state.rows import ArchiveRow
from rootcellar.state.store import StateStore

OWN = frozenset({README, STATUS})
"""Files at the top that rootcellar writes anew; they are in no snapshot."""


@dataclass
class Walk:
    """What others did: paths of views that were edited, of sealed files that were changed or are
    missing, of views that are missing; and how many strangers there are.

    `litter` counts what operating systems leave behind.
    """

    edited: list[str] = field(default_factory=list)
    damaged: list[str] = field(default_factory=list)
    missing: list[str] = field(default_factory=list)
    strangers: int = 0
    litter: int = 0
    files: int = 0

    @property
    def outcome(self) -> str:
        """`partial` when a file is damaged or missing."""
        return "partial" if self.damaged or self.missing else "ok"

    @property
    def notes(self) -> list[str]:
        """What a person should know of it, as sentences."""
        told = []
        for paths, what in (
            (self.damaged, "changed by another program, and should not have been"),
            (self.missing, "missing in the archive"),
        ):
            if paths:
                more = f" and {len(paths) - 1:,} more" if len(paths) > 1 else ""
                told.append(
                    f"{paths[0]}{more}: {what}. `rootcellar verify` mends what can be mended."
                )
        return told


def walk(disk: Disk, state: StateStore, row: ArchiveRow) -> Walk:
    """Compare the tree of the last manifest with what is there.

    Edited views are touched, so that the next manifest lists them as they are.
    """
    found = Walk()
    suspects = list(_compare(disk, state, row, found))
    restamped = []
    for path, mtime_ns in suspects:
        entry = state.trees.held_entry(row, path)
        if entry is None:
            continue
        status = disk.stat(path)
        same_size = status is not None and status.size == entry.size
        if same_size and disk.sha256(path) == entry.sha256:
            restamped.append(msgspec.structs.replace(entry, mtime_ns=mtime_ns))
        else:
            (found.edited if entry.view else found.damaged).append(path)
    with state.transaction():
        state.trees.hold(row, restamped)
        state.trees.touch(row, found.edited)
        state.trees.put_occasion(row, "walk", datetime.now(UTC), found.outcome)
    return found


def _compare(
    disk: Disk, state: StateStore, row: ArchiveRow, found: Walk
) -> Iterator[tuple[str, int]]:
    """Yield (path, mtime) of every file of another size or time; count and name the others."""
    expected = state.trees.held_stats(row)
    wanted = next(expected, None)
    for path, size, mtime_ns in files_of(disk, found):
        while wanted is not None and wanted[0] < path:
            found.missing.append(wanted[0])
            wanted = next(expected, None)
        if wanted is None or wanted[0] != path:
            found.strangers += path not in OWN
            continue
        found.files += 1
        if (size, mtime_ns) != wanted[1:]:
            yield path, mtime_ns
        wanted = next(expected, None)
    while wanted is not None:
        found.missing.append(wanted[0])
        wanted = next(expected, None)


def files_of(disk: Disk, found: Walk) -> Iterator[tuple[str, int, int]]:
    """Yield (path, size, mtime in nanoseconds) of every regular file, in the order of paths."""
    handle = os.open(".", os.O_RDONLY | os.O_DIRECTORY, dir_fd=disk.handle)
    yield from _below(handle, "", found)


def _below(handle: int, folder: str, found: Walk) -> Iterator[tuple[str, int, int]]:
    """Walk an open folder, and close it; `folder` is its path with a slash at the end."""
    try:
        entries = []
        with os.scandir(handle) as listed:
            for entry in listed:
                name = entry.name if entry.name.isascii() else nfc(entry.name)
                if is_litter(name):
                    found.litter += 1
                elif entry.is_dir(follow_symlinks=False):
                    if folder or name != INSIDE:
                        entries.append((f"{name}/", entry))
                else:
                    entries.append((name, entry))
        entries.sort(key=_by_name)
        for name, entry in entries:
            if name[-1] == "/":
                yield from _below(_opened(entry.name, handle), folder + name, found)
            else:
                status = entry.stat(follow_symlinks=False)
                if stat.S_ISREG(status.st_mode):
                    yield folder + name, status.st_size, status.st_mtime_ns
    finally:
        os.close(handle)


def _by_name(one: tuple[str, object]) -> str:
    return one[0]


def _opened(name: str, folder: int) -> int:
    return os.open(name, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW, dir_fd=folder)
