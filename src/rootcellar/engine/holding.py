"""Gatherings that hold their members' records: a list as one file that says all of it.

The records themselves lie in the records files, as everybody's do; here they are read again, so
that a member that has vanished from the source stays in its list with its last state.
"""

import posixpath
from collections.abc import Iterable, Iterator, Mapping
from typing import Any
from urllib.parse import quote

import msgspec

from rootcellar.archive.layout import RECORDS
from rootcellar.archive.records import read_lines
from rootcellar.canonical import canonical_json
from rootcellar.engine.pages import Member
from rootcellar.engine.writing import Writing

SELF = "gathering"
"""The key, in such a file, under which the core says `key`, `title`, `place`, `gone`, `holds`."""
KEPT_DECODED = 2_000
"""Members of a list that is decoded once for its file and all its pages."""
ABSENT = "absent"
"""Stands, in a run, for the folder of members of which the archive holds no file."""


class Held:
    """The records of a group's members, as its file gives them; they can be gone through again.

    Each is a member's record, with its place in the `order` of those that are there (from 0), its
    `files` in the archive, and `gone`. Of a long list they are decoded one at a time.
    """

    def __init__(
        self, writing: Writing, exporter: str, members: Iterable[Member], holds: str
    ) -> None:
        self.holds = holds
        self.members = list(members)
        self.lines = dict(_lines(writing, exporter, [key for _, _, key in self.members]))
        self._decoded: list[dict[str, Any]] | None = None

    def beside(self, page: str) -> Iterable[dict[str, Any]]:
        """Return the same for a page, with an `href` to each file."""
        return _Beside(self, posixpath.dirname(page))

    def __iter__(self) -> Iterator[dict[str, Any]]:
        if self._decoded is not None:
            return iter(self._decoded)
        if len(self.members) > KEPT_DECODED:
            return self._entries()
        self._decoded = list(self._entries())
        return iter(self._decoded)

    def _entries(self) -> Iterator[dict[str, Any]]:
        order = 0
        for _, gone, key in self.members:
            line = self.lines.get(key)
            value = msgspec.json.decode(line) if line else {"record": {}}
            entry = {self.holds: key, **value["record"]}
            if not gone:
                entry["order"] = order
                order += 1
            if files := value.get("files"):
                entry["files"] = files
            yield {**entry, "gone": True} if gone else entry


class _Beside:
    """Members as a page in a folder gets them."""

    def __init__(self, held: Held, folder: str) -> None:
        self.held = held
        self.folder = folder

    def __iter__(self) -> Iterator[dict[str, Any]]:
        for entry in self.held:
            if files := entry.get("files"):
                yield {**entry, "files": [self._linked(one) for one in files]}
            else:
                yield entry

    def _linked(self, file: dict[str, Any]) -> dict[str, Any]:
        return {**file, "href": quote(posixpath.relpath(file["path"], self.folder))}


def _lines(writing: Writing, exporter: str, keys: list[str]) -> Iterator[tuple[str, bytes]]:
    """Yield the lines of these items by their keys, records file by records file."""
    by_folder: dict[str, set[str]] = {}
    for key, folder in writing.state.holdings.folders_of(writing.archive, exporter, keys):
        by_folder.setdefault(folder, set()).add(key)
    for folder, wanted in by_folder.items():
        path = f"{folder}/{RECORDS}"
        if writing.disk.stat(path) is not None:
            for line in read_lines(writing.disk, path):
                if line.key in wanted:
                    yield line.key, line.text


def readable(value: Mapping[str, Any]) -> bytes:
    """Return such a gathering as JSON, one field to a line, so that changes read well."""
    told = {name: one for name, one in value.items() if name not in ("record", "groups")}
    told["groups"] = list(value["groups"])
    record = value["record"].items()
    fields: list[tuple[str, Iterable[bytes]]] = [
        *((name, (_indented(canonical_json(one), b"\n "),)) for name, one in record),
        *((name, _array(held)) for name, held in value["groups"].items()),
        (SELF, (_indented(canonical_json(told), b"\n "),)),
    ]
    text = bytearray(b"{")  # one growing text: a long list would be held several times else
    for at, (name, parts) in enumerate(fields):
        text += (b",\n " if at else b"\n ") + canonical_json(name) + b": "
        for part in parts:
            text += part
    text += b"\n}\n"
    return bytes(text)


def _array(entries: Iterable[Mapping[str, Any]]) -> Iterator[bytes]:
    """Yield an array, entry by entry."""
    before = b"[\n  "
    for entry in entries:
        yield before + _indented(msgspec.json.encode(entry), b"\n  ")
        before = b",\n  "
    yield b"[]" if before.startswith(b"[") else b"\n ]"


def _indented(text: bytes, line: bytes) -> bytes:
    return msgspec.json.format(text, indent=1).replace(b"\n", line)


def parsed(value: Any) -> dict[str, Any]:
    """Return a gathering's file as the core speaks of it, whether it holds records or runs.

    Raises KeyError or TypeError for a file that is no gathering.
    """
    if not isinstance(value, dict) or not isinstance(value.get(SELF), dict):
        if not isinstance(value["groups"], dict):
            raise TypeError("no gathering")
        return dict(value)
    told = dict(value[SELF])
    names = told["groups"]
    record = {name: one for name, one in value.items() if name not in (SELF, *names)}
    groups = {name: [{ABSENT: [one[told["holds"]] for one in value[name]]}] for name in names}
    return {**told, "record": record, "groups": groups}
