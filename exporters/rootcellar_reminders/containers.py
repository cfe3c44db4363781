"""Where containers of Reminders are, and whether anything in them has changed; opens nothing."""

import contextlib
import hashlib
import os
import re
import time
from collections.abc import Iterator
from pathlib import Path

from rootcellar.api import Capture

_ANY = re.compile(r"Data-.*\.sqlite")
_STORE = re.compile(r"Data-(local|[0-9A-Fa-f]{8}(-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12})\.sqlite")
FRESH_SECONDS = 2.0
"""A file changed more recently may change again without its time telling: FAT counts in 2 s."""


def is_container(folder: Path) -> bool:
    """Return whether a folder is a container of Reminders; raises OSError when we may not look.

    It is called `Container_v1`, unless somebody has copied it elsewhere.
    """
    try:
        return folder.name.startswith("Container_v") or bool(_names(folder / "Stores", _ANY))
    except (FileNotFoundError, NotADirectoryError):
        return False


def is_copied(folder: Path) -> bool:
    """Return whether a folder is a container, or the stores out of one; raises OSError."""
    return is_container(folder) or bool(_names(folder, _STORE))


def databases(container: Path) -> list[Path]:
    """Return the stores of a container, the one changed last first; raises OSError."""
    folder, inside = container, container / "Stores"
    names = [] if os.path.lexists(inside) else _names(container, _STORE)
    if not names:
        folder, names = inside, _names(inside, _ANY)
    return sorted((folder / name for name in names), key=lambda path: (-changed(path), path.name))


def _names(folder: Path, wanted: re.Pattern[str]) -> list[str]:
    with os.scandir(folder) as entries:
        return [entry.name for entry in entries if wanted.fullmatch(entry.name)]


def files_folder(container: Path) -> Path:
    """Return where the files of a container are; beside the stores, where only these are named."""
    return (container.parent if container.name == "Stores" else container) / "Files"


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
    top = str(files_folder(container))
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
