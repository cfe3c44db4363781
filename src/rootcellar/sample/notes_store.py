"""Build a container of Notes: its database, and the files of attachments beside it.

Rows are collected by entity and attribute; a layout says which numbers the entities have, which
columns their attributes, and where files lie. Nothing is copied from Apple's stores but the facts
of their layout.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

from rootcellar.sample.sqlite_files import Statement, write_with_wal
from rootcellar.sample.trees import set_time, write_file

Value = str | int | float | bytes | None
APPLE_EPOCH = datetime(2001, 1, 1, tzinfo=UTC)
OBJECTS = "ZICCLOUDSYNCINGOBJECT"


@dataclass(frozen=True)
class Layout:
    """How one generation of systems lays out its store.

    `numbers` are the numbers at the end of columns, by entity and attribute (none: no number).
    `generations` tells whether files have a folder for each of their versions, `by_account`
    whether every account has folders of its own.
    """

    entities: Mapping[str, int]
    numbers: Mapping[str, Mapping[str, int]]
    generations: bool
    by_account: bool


NEW = Layout(
    entities={
        "ICCloudSyncingObject": 2,
        "ICAccountData": 3,
        "ICAttachment": 4,
        "ICAttachmentPreviewImage": 5,
        "ICHashtag": 7,
        "ICInlineAttachment": 8,
        "ICMedia": 10,
        "ICNote": 11,
        "ICNoteContainer": 12,
        "ICAccount": 13,
        "ICFolder": 14,
        "ICNoteData": 19,
    },
    numbers={
        "ICNote": {"TITLE": 1, "MODIFICATIONDATE": 1, "CREATIONDATE": 3, "ACCOUNT": 7},
        "ICFolder": {"TITLE": 2, "ACCOUNT": 8, "MERGEABLEDATA": 2},
        "ICMedia": {"GENERATION": 1, "ATTACHMENT": 1, "ACCOUNT": 6},
        "ICAttachment": {"MERGEABLEDATA": 1, "ACCOUNT": 1},
        "ICInlineAttachment": {"NOTE": 1, "TYPEUTI": 1, "PARENTATTACHMENT": 1, "ACCOUNT": 4},
    },
    generations=True,
    by_account=True,
)
"""macOS 14 and 15, iOS 17 and 18."""

OLD = Layout(
    entities={name: number + 3 for name, number in NEW.entities.items()},
    numbers={
        "ICNote": {"TITLE": 1, "MODIFICATIONDATE": 1, "CREATIONDATE": 1, "ACCOUNT": 2},
        "ICFolder": {"TITLE": 2, "ACCOUNT": 4},
        "ICMedia": {"ATTACHMENT": 1},
    },
    generations=False,
    by_account=False,
)
"""macOS 10.15, iOS 13."""

_INTEGERS = {
    "FOLDER", "NOTEDATA", "ACCOUNT", "PARENT", "OWNER", "NOTE", "MEDIA", "ATTACHMENT", "FILESIZE",
    "PARENTATTACHMENT", "FOLDERTYPE", "ISPINNED", "ISPASSWORDPROTECTED", "MARKEDFORDELETION",
    "ACCOUNTTYPE", "SORTORDER", "CRYPTOITERATIONCOUNT", "NEEDSINITIALFETCHFROMCLOUD",
}  # fmt: skip
_REALS = {"DURATION", "SIZEWIDTH", "SIZEHEIGHT", "WIDTH", "HEIGHT", "SCALE"}


def seconds(moment: datetime) -> float:
    """Return a moment as Core Data keeps it."""
    return (moment - APPLE_EPOCH).total_seconds()


@dataclass
class NotesStore:
    """The rows and files of one container; `write` makes it, as it was at `written`.

    What is added after `begin_late` is only in the log beside the database.
    """

    layout: Layout = NEW
    identity: str = "5EED0000-0000-4000-8000-000000000001"
    rows: list[dict[str, Value]] = field(default_factory=list)
    texts: list[dict[str, Value]] = field(default_factory=list)
    files: list[tuple[str, bytes, datetime]] = field(default_factory=list)
    late: int | None = None
    written: datetime = APPLE_EPOCH

    def add(self, entity: str, **attributes: Value) -> int:
        """Add a row and return its Z_PK; attributes are columns without their Z and number."""
        numbers = self.layout.numbers.get(entity, {})
        row: dict[str, Value] = {
            "Z_PK": len(self.rows) + 1,
            "Z_ENT": self.layout.entities[entity],
            "Z_OPT": attributes.pop("Z_OPT", 1),
            "ZMARKEDFORDELETION": 0,
        }
        for name, value in attributes.items():
            row[f"Z{name}{numbers.get(name, '')}"] = value
        self.rows.append(row)
        return len(self.rows)

    def add_text(self, note: int, data: bytes | None, **attributes: Value) -> None:
        """Give a note its text, as encoded."""
        row: dict[str, Value] = {"Z_PK": len(self.texts) + 1, "Z_ENT": 19, "Z_OPT": 1}
        row |= {"ZNOTE": note, "ZDATA": data, **{f"Z{k}": v for k, v in attributes.items()}}
        self.texts.append(row)
        self.rows[note - 1]["ZNOTEDATA"] = row["Z_PK"]

    def add_file(self, account: str, path: str, data: bytes, modified: datetime) -> None:
        """Put a file where the store keeps it; `path` begins with `Media`, `Previews`, …"""
        folder = f"Accounts/{account}/" if self.layout.by_account else ""
        self.files.append((f"{folder}{path}", data, modified))

    def begin_late(self) -> None:
        """Let the rows added from here on be the store's latest transaction."""
        self.late = len(self.rows)

    def write(self, folder: Path) -> None:
        """Write the container into a folder."""
        folder.mkdir(parents=True, exist_ok=True)
        early, late = self._statements()
        write_with_wal(folder / "NoteStore.sqlite", early, late)
        for database in folder.glob("NoteStore.sqlite*"):
            set_time(database, self.written)
        for path, data, modified in self.files:
            write_file(folder / path, data, modified)

    def _statements(self) -> tuple[list[Statement], list[Statement]]:
        late = len(self.rows) if self.late is None else self.late
        early: list[Statement] = [
            (_table(OBJECTS, self.rows), ()),
            (f"CREATE INDEX {OBJECTS}_Z_ENT_INDEX ON {OBJECTS} (Z_ENT)", ()),
            (_table("ZICNOTEDATA", self.texts), ()),
            ("CREATE TABLE Z_METADATA (Z_VERSION INTEGER, Z_UUID VARCHAR, Z_PLIST BLOB)", ()),
            ("INSERT INTO Z_METADATA VALUES (1, ?, NULL)", (self.identity,)),
            (
                "CREATE TABLE Z_PRIMARYKEY (Z_ENT INTEGER PRIMARY KEY, Z_NAME TEXT, Z_SUPER INT)",
                (),
            ),
            *(
                ("INSERT INTO Z_PRIMARYKEY VALUES (?, ?, 0)", (number, name))
                for name, number in self.layout.entities.items()
            ),
        ]
        late_notes = {row["Z_PK"] for row in self.rows[late:]}
        early += [_insert(OBJECTS, row) for row in self.rows[:late]]
        texts = [(_insert("ZICNOTEDATA", row), row["ZNOTE"] in late_notes) for row in self.texts]
        early += [statement for statement, is_late in texts if not is_late]
        latest = [_insert(OBJECTS, row) for row in self.rows[late:]]
        return early, latest + [statement for statement, is_late in texts if is_late]


def _table(name: str, rows: list[dict[str, Value]]) -> str:
    columns = dict.fromkeys(column for row in rows for column in row)
    kinds = ", ".join(f"{column} {_kind(column)}" for column in columns)
    return f"CREATE TABLE {name} ({kinds})"


def _kind(column: str) -> str:
    name = column.removeprefix("Z").rstrip("0123456789")
    if column == "Z_PK":
        return "INTEGER PRIMARY KEY"
    if name in _INTEGERS or column.startswith("Z_"):
        return "INTEGER"
    if name.endswith("DATE"):
        return "TIMESTAMP"
    return "FLOAT" if name in _REALS else "BLOB" if "DATA" in name else "VARCHAR"


def _insert(table: str, row: Mapping[str, Value]) -> Statement:
    marks = ", ".join("?" * len(row))
    return f"INSERT INTO {table} ({', '.join(row)}) VALUES ({marks})", tuple(row.values())
