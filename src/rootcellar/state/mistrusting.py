"""Has the next export look again at what a verification found to be damaged."""

import sqlite3
from collections.abc import Iterable

from rootcellar.archive.names import fold, folder_of
from rootcellar.state.rows import ArchiveRow

_UNKNOWN = -1
"""No file has this mtime, so a file with it is hashed before it is believed."""


def mistrust(
    connection: sqlite3.Connection, archive: ArchiveRow, paths: Iterable[str]
) -> set[str]:
    """Forget that these files are good; return the exporters that may write them again.

    Inside a transaction of the store's. Their items count as changed, and so do all items of a
    folder whose records are damaged.
    """
    exporters: set[str] = set()
    for path in paths:
        where = (archive.id, fold(path))
        rows = connection.execute(
            "SELECT item.id, item.exporter FROM file JOIN item ON item.id = file.item "
            "WHERE file.archive = ? AND folded = ?",
            where,
        ).fetchall()
        document = connection.execute(
            "SELECT kind, exporter FROM document WHERE archive = ? AND folded = ?", where
        ).fetchone()
        if document is not None and document[0] == "records":
            rows += connection.execute(
                "SELECT id, exporter FROM item WHERE archive = ? AND folder = ?",
                (archive.id, folder_of(path)),
            ).fetchall()
        elif document is not None:
            exporters.add(document[1])
        connection.execute(
            f"UPDATE file SET mtime_ns = {_UNKNOWN}, source = '' WHERE archive = ? AND folded = ?",
            where,
        )
        connection.execute(
            f"UPDATE document SET mtime_ns = {_UNKNOWN} WHERE archive = ? AND folded = ?", where
        )
        line = ", line = ''" if document is not None else ""  # so that each is written again
        connection.executemany(
            f"UPDATE item SET fingerprint = ''{line} WHERE id = ? AND NOT gone",
            [(row,) for row, _ in rows],
        )
        exporters |= {exporter for _, exporter in rows}
    connection.executemany(
        "UPDATE exporter SET token = '', content = '', gathered = 0 "
        "WHERE archive = ? AND name = ?",
        [(archive.id, name) for name in sorted(exporters)],
    )
    return exporters
