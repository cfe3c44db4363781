"""Level 0: whether anything of a library has changed, told by a stat of its files alone."""

import hashlib
import os
import time
from collections.abc import Mapping
from pathlib import Path

from rootcellar.api import Capture
from rootcellar_photos.layouts import (
    IPHOTO_MEDIA,
    MEDIA_FOLDERS,
    databases,
    is_iphoto,
    sources,
)

FRESH_SECONDS = 2.0
"""A file changed more recently may change again without its time telling: FAT counts in 2 s."""


def token(capture: Capture) -> str | None:
    """Return a digest of what a stat shows of all libraries; None when too fresh to tell."""
    digest = hashlib.sha256()
    for path in sorted(found.path for found in capture.stores):
        files = [*databases(path), *sources(path)]
        for file in files:
            digest.update(f"{file}={capture.signature(file)}\n".encode(errors="replace"))
        moments = {str(file): _moment(file) for file in (*files, *_wals(files))}
        seen = folders_token(path)
        if seen is None or _is_fresh(moments):
            return None
        digest.update(f"{sorted(moments.items())}{seen}\n".encode(errors="replace"))
    return digest.hexdigest()


def folders_token(library: Path) -> str | None:
    """Return a digest of when files came or went in a library; None when too fresh to tell."""
    moments: dict[str, int] = {}
    roots = IPHOTO_MEDIA if is_iphoto(library) else MEDIA_FOLDERS
    for folder, levels in roots.items():
        moments |= _folder_moments(library / folder, levels)
    if _is_fresh(moments):
        return None
    return hashlib.sha256(repr(sorted(moments.items())).encode(errors="replace")).hexdigest()


def _is_fresh(moments: Mapping[str, int]) -> bool:
    limit = time.time_ns() - int(FRESH_SECONDS * 1e9)
    return any(moment > limit for moment in moments.values())


def _wals(files: list[Path]) -> list[Path]:
    return [file.with_name(file.name + "-wal") for file in files]


def _moment(path: Path) -> int:
    try:
        return path.stat().st_mtime_ns
    except OSError:
        return 0


def _folder_moments(folder: Path, levels: int) -> dict[str, int]:
    """Return the modification times of a folder and those in it (files come and go there)."""
    moments = {str(folder): _moment(folder)}
    if levels == 0:
        return moments
    try:
        with os.scandir(folder) as entries:
            below = [Path(entry.path) for entry in entries if entry.is_dir()]
    except OSError:
        return moments  # not there, or forbidden: the survey tells
    for path in below:
        moments |= _folder_moments(path, levels - 1)
    return moments


def changed(library: Path) -> int:
    """Return when the database of a library was written to, in nanoseconds; 0: there is none."""
    files = [*databases(library), *sources(library)]
    return max(_moment(file) for file in (*files, *_wals(files)))
