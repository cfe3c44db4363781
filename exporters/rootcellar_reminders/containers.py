"""Where containers of Reminders are, and whether anything in them has changed; opens nothing."""

import contextlib
import hashlib
import os
import time
from collections.abc import Iterator
from pathlib import Path

from rootcellar.api import Capture

FRESH_SECONDS = 2.0
"""A file changed more recently may change again without its time telling: FAT counts in 2 s."""


def is_container(folder: Path) -> bool:
    """Return whether a folder is a container of Reminders; raises OSError when we may not look.

    It is called `Container_v1`, unless somebody has copied it elsewhere.
    """
    try:
        return bool(databases(folder)) or folder.name.startswith("Container_v")
    except (FileNotFoundError, NotADirectoryError):
        return False


def databases(container: Path) -> list[Path]:
    """Return the stores of a container, the one changed last first; raises OSError."""
    with os.scandir(container / "Stores") as entries:
        names = [
            entry.name
            for entry in entries
            if entry.name.startswith("Data-") and entry.name.endswith(".sqlite")
        ]
    paths = [container / "Stores" / name for name in names]
    return sorted(paths, key=lambda path: (-changed(path), path.name))


def token(capture: Capture) -> str | None:
    """Return a digest of what a stat shows of all stores; None when too fresh to tell."""
    limit = time.time_ns() - int(FRESH_SECONDS * 1e9)
    digest = hashlib.sha256()
    for container in sorted(found.path for found in capture.stores):
        try:
            paths = sorted(databases(container))
        except OSError:
            return None
        for path in paths:
            if changed(path) > limit:
                return None
            digest.update(f"{path}={capture.signature(path)}\n".encode(errors="replace"))
        for said in _folder_signature(container):
            digest.update(said.encode(errors="replace"))
    return digest.hexdigest()


def changed(database: Path) -> int:
    """Return when a database or its log was changed last; 0 when it is not there."""
    newest = 0
    for name in (database.name, f"{database.name}-wal"):
        with contextlib.suppress(OSError):
            newest = max(newest, database.with_name(name).stat().st_mtime_ns)
    return newest


def _folder_signature(container: Path) -> Iterator[str]:
    """Yield what a stat tells of the folders of attachments: whether files came or went."""
    top = str(container / "Files")
    for path in (top, *(f"{top}/{name}/Attachments" for name in account_folders(top))):
        try:
            yield f"{path}:{os.stat(path).st_mtime_ns}"  # noqa: PTH116 - text is faster here
        except OSError:
            yield f"{path}:-"


def account_folders(top: str) -> list[str]:
    """Return the names of the folders that accounts have for their files."""
    try:
        with os.scandir(top) as entries:
            return sorted(one.name for one in entries if one.is_dir())
    except OSError:
        return []
