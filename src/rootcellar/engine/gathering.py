"""Gatherings: files made of many items, rendered from what the archive holds of their members."""

import json
from collections.abc import Collection, Iterable, Mapping
from typing import Any

from msgspec.structs import replace

from rootcellar.archive.names import fold, portable_stem, portable_suffix, with_digest
from rootcellar.archive.writer import Batch, sha256_of_bytes
from rootcellar.canonical import canonical_json
from rootcellar.engine import holding
from rootcellar.engine.holding import Held, parsed
from rootcellar.engine.pages import KEPT, PAGE, Groups, Member, Pages
from rootcellar.engine.runs import readable, runs_of
from rootcellar.engine.same_gatherings import same_gatherings
from rootcellar.engine.task import Task
from rootcellar.engine.writing import Changes, Neighbours, Writing
from rootcellar.items import Gathering
from rootcellar.state.rows import StoredDocument, StoredMembers

GONE = "gone"
"""Stands for the digest of a gathering that is no more."""


MEMBERS_AT_ONCE = 20_000
"""After so many members a batch of gatherings is ended: memory does not grow with albums."""


class GatheringWriter:
    """Brings the gatherings of one exporter up to date.

    In one batch where names change hands or keys do; in some batches otherwise.

    `touched` are the keys of items whose files or fate changed in this run; None means all.
    """

    def __init__(
        self,
        writing: Writing,
        task: Task,
        touched: Collection[str] | None,
    ) -> None:
        self.writing = writing
        self.exporter = task.exporter.name
        self.top = task.top
        self.touched = touched
        self.holdings = writing.state.holdings
        self.documents = writing.state.documents
        self.known = self.documents.gatherings(writing.archive, self.exporter)
        self.views_digest = task.views_digest
        self.pages = Pages(writing, self.exporter, task.render, task.views_digest)
        self.concerned = self._concerned()
        self.batch: Batch = writing.batch()
        self.changes = Changes()
        self.former_keys: dict[str, str] = {}
        self.neighbours = Neighbours(writing)
        self.written = 0

    def _concerned(self) -> set[str]:
        """Return which of the gatherings list an item that this run touched."""
        if self.touched is None:
            return set(self.known)
        archive = self.writing.archive
        rows = self.holdings.rows_of(archive, self.exporter, sorted(self.touched))
        return self.documents.gatherings_of(archive, self.exporter, rows) if rows else set()

    def write(self, gatherings: Iterable[Gathering], *, complete: bool) -> int:
        """Write every gathering that differs from what the archive holds; return how many.

        Unless the survey was `complete`, a gathering that is not there is not taken for gone.
        """
        wanted = {gathering.key: gathering for gathering in gatherings}
        left_out = {key for key, gathering in wanted.items() if gathering.outside}
        wanted = {key: wanted[key] for key in wanted if key not in left_out}
        if complete:
            self._recognise(wanted)
        names = self._names(wanted)
        in_parts = not self.former_keys and all(
            names[key] == self.known[key].path for key in wanted if key in self.known
        )
        for key in sorted(wanted):
            self._write(wanted[key], names[key])
            if in_parts and self._members_at_hand() >= MEMBERS_AT_ONCE:
                self._commit()
        for key in sorted(set(self.known) - set(wanted) - left_out) if complete else ():
            self._mark_gone(self.known[key])
        self._commit()
        return self.written

    def _members_at_hand(self) -> int:
        return sum(len(keys) for one in self.changes.members for keys in one.groups.values())

    def _commit(self) -> None:
        count = len(self.changes.documents)
        if count or self.changes.dropped:
            self.writing.commit(self.batch, self.changes)
            self.written += count
            self.batch, self.changes = self.writing.batch(), Changes()

    def _recognise(self, wanted: dict[str, Gathering]) -> None:
        """Let gatherings whose keys alone are new go on where those that vanished end."""
        vanished = {
            key: known
            for key, known in self.known.items()
            if key not in wanted and known.digest != GONE
        }
        unknown = {key: one for key, one in wanted.items() if key not in self.known}
        if not vanished or not unknown:
            return

        def listed(gathering: str) -> set[str]:
            return {key for group in self._listed(gathering).values() for _, _, key in group}

        for key, former in same_gatherings(unknown, vanished, listed).items():
            self.known[key] = replace(self.known.pop(former), key=key, digest="")
            self.pages.rekey(former, key)
            self.former_keys[key] = former
            self.changes.members.append(StoredMembers(self.exporter, former, {}))

    def _names(self, wanted: dict[str, Gathering]) -> dict[str, str]:
        """Give every gathering its path; those that clash all take a piece of their digest."""
        names: dict[str, str] = {}
        claims: dict[str, list[str]] = {}
        for key, gathering in wanted.items():
            known = self.known.get(key)
            if known is not None and known.place == gathering.place:
                names[key] = known.path
            else:
                names[key] = self._path(gathering, digits=0)
                claims.setdefault(fold(names[key]), []).append(key)
        taken = {fold(names[key]) for key in wanted if key not in _all(claims)}
        for folded, keys in claims.items():
            for key in keys:
                if len(keys) > 1 or folded in taken or not self._is_free(names[key], key):
                    names[key] = self._path(wanted[key], digits=4)
        return names

    def _is_free(self, path: str, key: str) -> bool:
        return self.neighbours.is_free(path, self.exporter, frozenset({key}))

    def _path(self, gathering: Gathering, digits: int) -> str:
        stem = f"{self.top}/{portable_stem(gathering.place)}"
        if digits:
            stem = with_digest(stem, gathering.key, digits)
        return stem + portable_suffix(gathering.suffix)

    def _write(self, gathering: Gathering, path: str) -> None:
        known = self.known.get(gathering.key)
        digest = _digest(gathering)
        if known is not None and self._is_current(gathering, known, digest, path):
            return
        listed_as = self.former_keys.get(gathering.key, gathering.key)
        former = self._listed(listed_as, only_gone=True) if known else {}
        groups = {
            name: self._members(keys, former.get(name, []))
            for name, keys in gathering.groups.items()
        }
        value: dict[str, Any] = {
            "key": gathering.key,
            "title": gathering.title,
            "place": gathering.place,
            "gone": False,
            **({"holds": gathering.holds} if gathering.holds else {}),
            "record": gathering.record,
        }
        self._fill(value, groups)
        self._remember(gathering.key, groups)
        self._put_pages(value, path, gathering.views, groups)
        self._put(known, path, value, gathering.place, digest)

    def _is_current(
        self, gathering: Gathering, known: StoredDocument, digest: str, path: str
    ) -> bool:
        if (known.digest, known.path) != (digest, path) or self.touched is None:
            return False
        members = {key for keys in gathering.groups.values() for key in keys}
        return (
            gathering.key not in self.concerned
            and members.isdisjoint(self.touched)
            and self.writing.disk.stat(path) is not None
            and self.pages.are_current(gathering.key, gathering.views)
        )

    def _members(self, keys: Collection[str], former: list[Member]) -> list[Member]:
        """Return the members in order, then those that are gone and belonged here before."""
        archive = self.writing.archive
        members = list(self.holdings.primary_paths(archive, self.exporter, list(keys)))
        here = {key for _, _, key in members} if former else set()
        left = [member for member in former if member[2] not in here]
        return members + left

    def _mark_gone(self, known: StoredDocument) -> None:
        """Keep the file of a gathering that is no more; it says so, and where its members are."""
        if known.digest == GONE and known.key not in self.concerned:
            return
        if not self.writing.is_intact(known):
            return
        value = parsed(json.loads(self.writing.disk.read(known.path)))
        listed = self._listed(known.key)
        value["gone"] = True
        self._fill(value, {name: listed.get(name, []) for name in value["groups"]})
        self._put_pages(value, known.path, tuple(self.pages.of(known.key)), listed)
        self._put(known, known.path, value, known.place, GONE)

    def _fill(self, value: dict[str, Any], groups: Mapping[str, list[Member]]) -> None:
        """Put the members into a gathering: by name, or with their records."""
        if holds := value.get("holds"):
            value["groups"] = {
                name: Held(self.writing, self.exporter, members, holds)
                for name, members in groups.items()
            }
        else:
            value["groups"] = {name: runs_of(members) for name, members in groups.items()}

    def _listed(self, gathering: str, *, only_gone: bool = False) -> dict[str, list[Member]]:
        archive = self.writing.archive
        return self.documents.members(archive, self.exporter, gathering, only_gone=only_gone)

    def _remember(self, gathering: str, groups: dict[str, list[Member]]) -> None:
        keys = {name: tuple(key for _, _, key in members) for name, members in groups.items()}
        self.changes.members.append(StoredMembers(self.exporter, gathering, keys))

    def _put_pages(
        self, value: dict[str, Any], path: str, views: Collection[str], groups: Groups
    ) -> None:
        """Bring the pages of a gathering up to date, and name them in its `value`.

        One that a person has edited is kept, wherever the gathering goes.
        """
        key = value["key"]
        before = self.pages.of(key)
        pages = {}
        for template, known in before.items():
            if self.writing.condition_of(known) == "foreign":
                pages[template] = replace(known, digest=KEPT)
                self.changes.documents.append(pages[template])
            elif template not in views:
                self._take_away(known)
                self.changes.dropped.append(known.path)
        for template in views:
            if template not in pages:
                page = self.pages.path(key, template, path)
                held = value["groups"] if "holds" in value else None
                data = self.pages.page(
                    template, page, value["title"], value["record"], groups, held
                )
                made = StoredDocument(
                    PAGE, self.exporter, key, page, len(data), "", 0, template, self.views_digest
                )
                pages[template] = self._put_data(before.get(template), made, data)
        if pages:
            value["pages"] = [
                {"path": one.path, "template": one.place, "size": one.size, "sha256": one.sha256}
                for one in pages.values()
            ]

    def _put(
        self, known: StoredDocument | None, path: str, value: Any, place: str, digest: str
    ) -> None:
        data = holding.readable(value) if "holds" in value else readable(value)
        made = StoredDocument(
            "gathering", self.exporter, value["key"], path, len(data), "", 0, place, digest
        )
        self._put_data(known, made, data)

    def _put_data(
        self, known: StoredDocument | None, made: StoredDocument, data: bytes
    ) -> StoredDocument:
        """Put a file in place of the known one, and return `made` as it was written."""
        digest = sha256_of_bytes(data)
        is_there = known is not None and self.writing.condition_of(known) == "intact"
        if known is not None and is_there and (known.sha256, known.path) == (digest, made.path):
            stored = replace(known, place=made.place, digest=made.digest)
        else:
            if known is not None:
                self._take_away(known)
                if known.path != made.path:
                    self.changes.dropped.append(known.path)
            written = self.batch.put_bytes(data, made.path, 0)
            self.writing.bytes += written.size
            stored = replace(
                made, sha256=written.sha256, mtime_ns=written.mtime_ns, run=self.writing.run
            )
        self.changes.documents.append(stored)
        return stored

    def _take_away(self, known: StoredDocument) -> None:
        condition = self.writing.condition_of(known)
        if condition == "intact":
            self.batch.retire(known.path, known.sha256)
        elif condition == "foreign":
            self.batch.quarantine(known.path, self.writing.disk.sha256(known.path))


def _all(claims: dict[str, list[str]]) -> set[str]:
    return {key for keys in claims.values() for key in keys}


def _digest(gathering: Gathering) -> str:
    value = [gathering.title, gathering.place, gathering.record, dict(gathering.groups)]
    value += [gathering.holds] if gathering.holds else []
    return sha256_of_bytes(canonical_json(value))
