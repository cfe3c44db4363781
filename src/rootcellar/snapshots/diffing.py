"""What changed between two snapshots: in files, and in items, as the records tell."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from rootcellar.archive.disk import Disk
from rootcellar.archive.manifests import Entry
from rootcellar.quantities import counted
from rootcellar.snapshots.chain import Chain, Tree, tree_of
from rootcellar.snapshots.contents import Contents

Line = Mapping[str, Any]


@dataclass
class Changes:
    """What became of the items of one exporter; counts.

    `lists` are files made of many items (albums, folders). `edited_pages` counts views that
    changed although their items did not: somebody edited them. `files` were put, changed, removed.
    `exact` is false when records of one of the snapshots are no longer there.
    """

    new: int = 0
    edited: int = 0
    moved: int = 0
    gone: int = 0
    returned: int = 0
    new_lists: int = 0
    edited_lists: int = 0
    gone_lists: int = 0
    edited_pages: int = 0
    exact: bool = True


@dataclass
class Difference:
    """How a snapshot differs from an earlier one.

    `added`, `changed` and `removed` are paths; `bytes` is the size of what was added or changed.
    """

    before: str
    after: str
    exporters: dict[str, Changes] = field(default_factory=dict)
    added: list[str] = field(default_factory=list)
    changed: list[str] = field(default_factory=list)
    removed: list[str] = field(default_factory=list)
    bytes: int = 0


def compare(disk: Disk, chain: Chain, before: str, after: str) -> Difference:
    """Compare two snapshots of an archive; an empty `before` is the archive before its first."""
    old = tree_of(disk, before) if before else {}
    new = tree_of(disk, after)
    found = Difference(before, after)
    for path in sorted(old.keys() | new.keys()):
        was, now = old.get(path), new.get(path)
        if now is None:
            found.removed.append(path)
        elif was is None or was.sha256 != now.sha256:
            (found.added if was is None else found.changed).append(path)
            found.bytes += now.size
    tops = dict(chain.headers[after].tops)
    touched = [*found.added, *found.changed, *found.removed]
    exporters: dict[str, list[str]] = {}
    for path in touched:
        top = path.partition("/")[0]
        exporters.setdefault(tops.get(top, top.lower()), []).append(path)
    here = new if chain.head == after else tree_of(disk, chain.head or after)
    wanted = {tree[path].sha256 for tree in (old, new) for path in touched if path in tree}
    contents = Contents(disk, wanted, here.values())
    for exporter, paths in sorted(exporters.items()):
        found.exporters[exporter] = _Comparison(old, new, contents).of(paths)
    return found


class _Comparison:
    """Compares the items and gatherings of one exporter, in the files that differ."""

    def __init__(self, old: Tree, new: Tree, contents: Contents) -> None:
        self.old = old
        self.new = new
        self.contents = contents
        self.found = Changes()

    def of(self, paths: list[str]) -> Changes:
        before, after = self._lines(self.old, paths), self._lines(self.new, paths)
        for key in before.keys() | after.keys():
            self._count_item(before.get(key), after.get(key))
        lists = {
            entry.key
            for path in paths
            if (entry := self.new.get(path)) and entry.role == "gathering"
        }
        for path in paths:
            entry = self.new.get(path) or self.old[path]
            if entry.role == "gathering":
                self._count_list(self.old.get(path), self.new.get(path))
            elif entry.view and path in self.old and path in self.new:
                self.found.edited_pages += entry.key not in after and entry.key not in lists
        return self.found

    def _lines(self, tree: Tree, paths: list[str]) -> dict[str, Line]:
        """Return the lines of the records among some paths, by the keys of their items."""
        lines: dict[str, Line] = {}
        for path in paths:
            entry = tree.get(path)
            if entry is not None and entry.role == "records":
                lines |= {line["key"]: line for line in self._read(entry)}
        return lines

    def _read(self, entry: Entry) -> Iterator[Line]:
        data = self.contents.read(entry)
        if data is None:
            self.found.exact = False
            return
        for text in data.splitlines():
            try:
                line = json.loads(text)
                if isinstance(line.get("key"), str):
                    yield line
            except (ValueError, AttributeError):
                continue

    def _count_item(self, was: Line | None, now: Line | None) -> None:
        found = self.found
        if was is None or now is None:
            found.new += was is None
            found.gone += now is None
        elif bool(was.get("gone")) != bool(now.get("gone")):
            found.gone += bool(now.get("gone"))
            found.returned += not now.get("gone")
        elif was.get("record") != now.get("record") or _bytes_of(was) != _bytes_of(now):
            found.edited += 1
        elif _paths_of(was) != _paths_of(now):
            found.moved += 1

    def _count_list(self, was: Entry | None, now: Entry | None) -> None:
        found = self.found
        if was is None or now is None:
            found.new_lists += was is None
            found.gone_lists += now is None
        elif self._is_gone(now) and not self._is_gone(was):
            found.gone_lists += 1
        else:
            found.edited_lists += 1

    def _is_gone(self, entry: Entry) -> bool:
        try:
            return bool(json.loads(self.contents.read(entry) or b"{}").get("gone"))
        except (ValueError, AttributeError):
            return False


def _bytes_of(line: Line) -> set[tuple[str, str]]:
    """Return roles and digests of all files of an item but those rendered from its record."""
    files = line.get("files", ())
    return {(one.get("role", ""), one.get("sha256", "")) for one in files if not one.get("view")}


def _paths_of(line: Line) -> set[str]:
    return {one.get("path", "") for one in line.get("files", ()) if not one.get("view")}


# -- in words ------------------------------------------------------------------------------------

LISTS = {
    "photos": ("album", "albums"),
    "notes": ("folder", "folders"),
    "reminders": ("reminder list", "reminder lists"),
}
"""What the files made of many items are called, by exporter."""


def in_words(found: Difference) -> str:
    """Return what changed as people say it: "12 new photos, 3 notes edited, 1 album gone"."""
    said: list[str] = []
    for exporter, one in found.exporters.items():
        items = (exporter.removesuffix("s"), exporter)
        lists = LISTS.get(exporter, ("list", "lists"))
        pages = (f"page of {exporter}", f"pages of {exporter}")
        counts = (
            (one.new, items, "new"),
            (one.edited, items, "edited"),
            (one.moved, items, "moved"),
            (one.gone, items, "gone"),
            (one.returned, items, "back again"),
            (one.new_lists, lists, "new"),
            (one.edited_lists, lists, "changed"),
            (one.gone_lists, lists, "gone"),
            (one.edited_pages, pages, "edited by hand"),
        )
        for count, (singular, plural), what in counts:
            if count:
                noun = singular if count == 1 else plural
                said.append(
                    f"{count:,} new {noun}" if what == "new" else f"{count:,} {noun} {what}"
                )
    if not said:
        for paths, what in (
            (found.added, "added"),
            (found.changed, "written again"),
            (found.removed, "not there any more"),
        ):
            if paths:
                said.append(f"{counted(len(paths), 'file')} {what}")
    return ", ".join(said) or "nothing changed"
