"""Files made of many items, as the state knows them: records files, gatherings, pages of these."""

import json
import sqlite3

from rootcellar.archive.names import fold
from rootcellar.state.rows import ArchiveRow, StoredDocument

DOCUMENT = "kind, exporter, key, path, size, sha256, mtime_ns, place, digest, run"


class Documents:
    """Answers questions about records files and gatherings; changes nothing."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self.connection = connection

    def document(self, archive: ArchiveRow, path: str) -> StoredDocument | None:
        """Return what is known of a records file or gathering at this path."""
        row = self.connection.execute(
            f"SELECT {DOCUMENT} FROM document WHERE archive = ? AND folded = ?",
            (archive.id, fold(path)),
        ).fetchone()
        return StoredDocument(*row) if row else None

    def gatherings(self, archive: ArchiveRow, exporter: str) -> dict[str, StoredDocument]:
        """Return the gatherings of an exporter, by their keys."""
        rows = self.connection.execute(
            f"SELECT {DOCUMENT} FROM document "
            "WHERE archive = ? AND exporter = ? AND kind = 'gathering'",
            (archive.id, exporter),
        )
        return {document.key: document for document in (StoredDocument(*row) for row in rows)}

    def pages(self, archive: ArchiveRow, exporter: str) -> list[StoredDocument]:
        """Return the pages that lie beside gatherings, with the keys of these."""
        rows = self.connection.execute(
            f"SELECT {DOCUMENT} FROM document "
            "WHERE archive = ? AND exporter = ? AND kind = 'page'",
            (archive.id, exporter),
        )
        return [StoredDocument(*row) for row in rows]

    def gatherings_of(self, archive: ArchiveRow, exporter: str, items: set[int]) -> set[str]:
        """Return the keys of the gatherings that list one of these items, given by their rows."""
        rows = self.connection.execute(
            "SELECT gathering, items FROM member WHERE archive = ? AND exporter = ?",
            (archive.id, exporter),
        )
        return {key for key, listed in rows if not items.isdisjoint(json.loads(listed))}

    def members(
        self, archive: ArchiveRow, exporter: str, gathering: str, *, only_gone: bool = False
    ) -> dict[str, list[tuple[str, bool, str]]]:
        """Return whom each group of a gathering lists, as (path, gone, key), in order.

        The path is that of the item's first file; empty when the archive holds none.
        """
        rows = self.connection.execute(
            "SELECT name, item.key, gone, (SELECT path FROM file WHERE item = item.id ORDER BY id "
            "LIMIT 1) FROM member CROSS JOIN json_each(member.items) AS listed "
            "CROSS JOIN item ON item.id = listed.value "
            "WHERE member.archive = ? AND member.exporter = ? AND gathering = ? "
            "AND gone >= ? ORDER BY name, listed.id",
            (archive.id, exporter, gathering, only_gone),
        )
        found: dict[str, list[tuple[str, bool, str]]] = {}
        for name, key, gone, path in rows:
            found.setdefault(name, []).append((path or "", bool(gone), key))
        return found
