"""Records files: one line of JSON for each item of a folder, in the order of their places."""

import hashlib
import json
from collections.abc import Iterable, Iterator
from typing import Any

import msgspec
from msgspec import Struct

from rootcellar.archive.disk import Disk
from rootcellar.archive.names import fold
from rootcellar.canonical import canonical_json
from rootcellar.items import Record
from rootcellar.state.rows import StoredFile, StoredItem


class Line(Struct, frozen=True):
    """One item's line: `text` is the line with its newline, in UTF-8."""

    key: str
    place: str
    text: bytes

    @property
    def digest(self) -> str:
        """The sha256 of the line, in hex."""
        return hashlib.sha256(self.text).hexdigest()

    @property
    def value(self) -> dict[str, Any]:
        """The line as it was meant; docs/reference/archive-format.md tells its keys."""
        value: dict[str, Any] = json.loads(self.text)
        return value


def make_line(item: StoredItem, record: Record) -> Line:
    """Return the line that says all of an item: what it is, which files it has, its record."""
    value: dict[str, Any] = {
        "key": item.key,
        "place": item.place,
        "title": item.title,
        "gone": item.gone,
        "files": [file_entry(file) for file in item.files],
    }
    if item.in_trash:
        value["in_trash"] = True
    if absent := [gap.role for gap in item.missing]:
        value["absent"] = absent
    if item.refers_to:
        value["refers_to"] = sorted(item.refers_to)
    value["record"] = record
    return _line(value)


def gone_line(line: Line) -> Line:
    """Return the line of an item that has vanished from the source."""
    return _line({**line.value, "gone": True})


def file_entry(file: StoredFile) -> dict[str, Any]:
    """Return how a line, and a template, speaks of one file."""
    entry: dict[str, Any] = {
        "path": file.path,
        "role": file.role,
        "size": file.size,
        "sha256": file.sha256,
    }
    return {**entry, "view": True} if file.view else entry


def _line(value: dict[str, Any]) -> Line:
    return Line(value["key"], value["place"], canonical_json(value) + b"\n")


def in_order(lines: Iterable[Line]) -> list[Line]:
    """Return lines as a records file holds them: by place, then by key."""
    return sorted(lines, key=lambda line: (fold(line.place), line.place, line.key))


def read_lines(disk: Disk, path: str) -> Iterator[Line]:
    """Yield the lines of a records file; one that is no line of ours is left out."""
    with disk.open(path) as file:
        for text in file:
            try:
                text.decode()  # what is passed over below is not looked at
                said = _DECODER.decode(text)
            except ValueError:
                continue
            yield Line(said.key, said.place, text)


class _File(msgspec.Struct):
    path: str
    role: str
    size: int
    sha256: str


class _Whole(msgspec.Struct):
    """What every line says; one that is damaged may still be JSON. Its record is passed over."""

    key: str
    place: str
    title: str
    gone: bool
    files: list[_File]
    record: msgspec.Raw


_DECODER = msgspec.json.Decoder(_Whole)
