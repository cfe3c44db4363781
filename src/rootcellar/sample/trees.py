"""Write a tree of files with fixed times.

The only module of the sample that makes ordinary files; SQLite files come from `sqlite_files`.
"""

from __future__ import annotations

import os
from collections.abc import Iterable
from datetime import datetime
from pathlib import Path


def write_file(path: Path, data: bytes, modified: datetime) -> None:
    """Write a file, making its folders, and give it its time."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(data)
    set_time(path, modified)


def set_time(path: Path, modified: datetime) -> None:
    """Give a file or folder its time, to the second."""
    seconds = int(modified.timestamp())
    os.utime(path, (seconds, seconds))


def set_folder_times(root: Path, modified: datetime) -> None:
    """Give ``root`` and every folder in it the same time; to be called after the last write."""
    folders: Iterable[Path] = (Path(name) for name, _, _ in os.walk(root, topdown=False))
    for folder in folders:
        set_time(folder, modified)
