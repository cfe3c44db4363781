"""What the state remembers of Finder labels: which items are labelled, and what of it is ours."""

import json
from collections.abc import Mapping, Sequence

from msgspec import Struct

from rootcellar.labels import Labels
from rootcellar.state.rows import ArchiveRow
from rootcellar.state.store import StateStore


class Labelled(Struct, frozen=True):
    """One file as it was labelled last: which bytes, where, and which of its labels are ours."""

    sha256: str
    path: str
    ours: Labels


Files = Mapping[str, Labelled]
"""The labelled files of one item, by role."""


class LabelStore:
    """The labels of one exporter in one archive. `mark` names what labels depend on."""

    def __init__(self, state: StateStore, archive: ArchiveRow, exporter: str, mark: str) -> None:
        self.state = state
        self.connection = state.connection
        self.owner = (archive.id, exporter)
        self.mark = mark

    def is_settled(self) -> bool:
        """Return whether all is labelled; no more so once an item is written."""
        row = self.connection.execute(
            "SELECT mark FROM labelling WHERE archive = ? AND exporter = ?", self.owner
        ).fetchone()
        return row is not None and bool(row[0] == self.mark)

    def settle(self) -> None:
        """Remember that all is labelled."""
        self.connection.execute(
            "INSERT OR REPLACE INTO labelling VALUES (?, ?, ?)", (*self.owner, self.mark)
        )

    def pending(self) -> list[str]:
        """Return the keys of items that have changed since they were labelled, by folder."""
        rows = self.connection.execute(
            "SELECT item.key FROM item LEFT JOIN label ON label.item = item.id "
            "WHERE item.archive = ? AND item.exporter = ? "
            "AND label.line IS NOT item.line || ? ORDER BY item.folder, item.id",
            (*self.owner, self.mark),
        )
        return [key for (key,) in rows]

    def labelled(self, keys: Sequence[str]) -> dict[str, Files]:
        """Return what is remembered of the files of these items."""
        rows = self.connection.execute(
            "SELECT item.key, label.files FROM json_each(?) AS wanted "
            "CROSS JOIN item ON archive = ? AND exporter = ? AND item.key = wanted.value "
            "JOIN label ON label.item = item.id",
            (json.dumps(keys), *self.owner),
        )
        return {key: _read(files) for key, files in rows}

    def put(self, labelled: Sequence[tuple[str, str, Files]]) -> None:
        """Remember items as (key, digest of its line, files)."""
        with self.state.transaction():
            self.connection.executemany(
                "INSERT OR REPLACE INTO label SELECT id, ?, ? FROM item "
                "WHERE archive = ? AND exporter = ? AND key = ?",
                [
                    (line + self.mark, _write(files), *self.owner, key)
                    for key, line, files in labelled
                ],
            )


def _write(files: Files) -> str:
    values = {
        role: [one.sha256, one.path, list(one.ours.tags), one.ours.comment]
        for role, one in files.items()
    }
    return json.dumps(values, ensure_ascii=False)


def _read(text: str) -> Files:
    return {
        role: Labelled(sha256, path, Labels(tuple(tags), comment))
        for role, (sha256, path, tags, comment) in json.loads(text).items()
    }
