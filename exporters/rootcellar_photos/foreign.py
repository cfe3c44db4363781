"""What osxphotos wrote down about the files it exported: `.osxphotos_export.db`, of any version.

Read with SQLite, from a private copy: osxphotos itself would change it (it migrates on opening).
Versions of the list (osxphotos/export_db.py): until 5 the table `files` with `converted` beside
it, from 6 on `export_data`. Columns that a version lacks count as untold.
"""

import sqlite3
from collections.abc import Iterator, Mapping
from pathlib import Path, PurePosixPath
from typing import Any

from rootcellar.api import Capture, Claim, SourceError, opened

LIST = ".osxphotos_export.db"
_NEVER = 42
"""What osxphotos writes for mode, size and time of a file that was not there."""


def claims(capture: Capture, folder: Path) -> Iterator[Claim]:
    """Yield what the lists at and below a folder say; one that cannot be read says nothing."""
    for path in sorted(folder.rglob(LIST)):
        try:
            with opened(capture.database(path)) as connection:
                found = list(_claims(connection, path.parent.relative_to(folder)))
        except (SourceError, sqlite3.Error):
            continue
        yield from found


def _claims(connection: sqlite3.Connection, below: Path) -> Iterator[Claim]:
    tables = {name for (name,) in connection.execute("SELECT name FROM sqlite_master")}
    if "export_data" in tables:
        for row in connection.execute("SELECT * FROM export_data"):
            if claim := _claim(dict(row), below):
                yield claim
    if "files" in tables:
        converted = set()
        if "converted" in tables:
            names = connection.execute(
                "SELECT filepath_normalized FROM converted WHERE size IS NOT NULL AND size <> ?",
                (_NEVER,),
            )
            converted = {name for (name,) in names}
        for row in connection.execute("SELECT * FROM files"):
            if claim := _old_claim(dict(row), converted, below):
                yield claim


def _claim(row: Mapping[str, Any], below: Path) -> Claim | None:
    size, source = _size(row.get("dest_size")), _size(row.get("src_size"))
    altered = bool(row.get("exifdata")) or (None not in (size, source) and size != source)
    return _made(row, below, size, row.get("dest_mtime"), altered)


def _old_claim(row: Mapping[str, Any], converted: set[str], below: Path) -> Claim | None:
    altered = (
        row.get("filepath_normalized") in converted or _size(row.get("exif_size")) is not None
    )
    return _made(row, below, _size(row.get("orig_size")), row.get("orig_mtime"), altered)


def _made(
    row: Mapping[str, Any], below: Path, size: int | None, modified: Any, altered: bool
) -> Claim | None:
    path, uuid = row.get("filepath"), row.get("uuid")
    if not isinstance(path, str) or not isinstance(uuid, str) or path.startswith(("/", "..")):
        return None
    known = size is not None and isinstance(modified, int | float)
    return Claim(
        str(PurePosixPath(below.as_posix()) / path),
        uuid,
        size if known else None,
        int(modified) if known else None,
        altered,
    )


def _size(value: Any) -> int | None:
    return value if isinstance(value, int) and value != _NEVER else None
