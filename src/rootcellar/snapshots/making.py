"""Makes a snapshot: what was written since the last manifest, told by the state, as a new one.

The writer is trusted: nothing is read but views that may have been edited. Cut off between
manifest and state, the next one takes over what it finds in the archive first.
"""

from collections.abc import Iterator
from datetime import UTC, datetime
from itertools import islice

import msgspec

from rootcellar import __version__
from rootcellar.archive.disk import Disk
from rootcellar.archive.identity import Identity
from rootcellar.archive.manifests import (
    DELTAS,
    FORMAT,
    Completeness,
    Entry,
    Header,
    ManifestDamaged,
    listed,
    new_id,
    path_of,
    read,
    read_header,
    write,
)
from rootcellar.snapshots.chain import read_chain, tree_of
from rootcellar.snapshots.walking import Walk, walk
from rootcellar.state.rows import ArchiveRow
from rootcellar.state.store import StateStore
from rootcellar.state.trees import Change, SnapshotRow

_CHUNK = 5000
_FEW = 1000
"""A delta of fewer entries is written whatever the size of the tree."""
_QUARTER = 900 * 10**9
_COARSE = 2 * 10**9
"""FAT keeps times to two seconds, exFAT in local time: such differences are none."""


class Maker:
    """Makes the snapshots of one open archive, which is locked for this process."""

    def __init__(self, disk: Disk, state: StateStore, row: ArchiveRow, identity: Identity) -> None:
        self.disk = disk
        self.state = state
        self.row = row
        self.identity = identity

    def make(self, *, walked: bool = False, anew: bool = False) -> SnapshotRow | None:
        """Make a snapshot if the tree differs from the last one; return it, or None.

        `walked`: every path has just been looked at, and what was edited was touched. `anew`: a
        full one in any case, as manifests before it are damaged.
        """
        trees = self.state.trees
        last = trees.last(self.row)
        if last is not None and not trees.is_touched(self.row) and not anew:
            return None
        self.catch_up()
        with self.state.transaction():
            return self._make(trees.last(self.row), walked=walked, anew=anew)

    def walk(self) -> Walk:
        """Look at every file, and make a snapshot if one was edited; return what was found."""
        found = walk(self.disk, self.state, self.row)
        self.make(walked=True)
        return found

    # -- what the state missed -------------------------------------------------------------------

    def catch_up(self) -> None:
        """Take over manifests that the state does not know: a crash, or a state made anew."""
        last = self.state.trees.last(self.row)
        if last is None:
            self._read_all()
            return
        known = {one.id for one in self.state.trees.snapshots(self.row)}
        found: dict[str, Header] = {}
        for name in listed(self.disk):
            if name not in known:
                try:
                    found[name] = read_header(self.disk, name)
                except ManifestDamaged:
                    continue  # verify names it
        following = {header.parent: name for name, header in found.items()}
        name = last.id
        with self.state.transaction():
            while (name := following.get(name, "")) and self._take(name):
                pass

    def _take(self, name: str) -> bool:
        try:
            manifest = read(self.disk, name)
        except ManifestDamaged:
            return False
        if manifest.header.is_full:
            self.state.trees.forget_tree(self.row)
        self.state.trees.hold(self.row, manifest.entries)
        self.state.trees.add_snapshot(self.row, manifest.header, manifest.sha256)
        return True

    def _read_all(self) -> None:
        chain = read_chain(self.disk)
        trees = self.state.trees
        with self.state.transaction():
            for name in chain.order:
                header = chain.headers[name]
                trees.add_snapshot(self.row, header, self.disk.sha256(path_of(name)))
            trees.forget_tree(self.row)
            for name in reversed(chain.order):
                try:
                    tree = tree_of(self.disk, name)
                except ManifestDamaged:
                    continue
                trees.hold(self.row, tree.values())
                break
            trees.touch_all(self.row)

    # -- making one ------------------------------------------------------------------------------

    def _make(self, last: SnapshotRow | None, *, walked: bool, anew: bool) -> SnapshotRow | None:
        trees = self.state.trees
        files, size = trees.totals(self.row) if last is None else (last.files, last.bytes)
        entries: list[Entry] = []
        count = 0
        changes = self._differing()
        while some := list(islice(changes, _CHUNK)):
            trees.hold(self.row, [now for _, now in some])
            count += len(some)
            for was, now in some:
                files += (not now.absent) - (was is not None)
                size += now.size - (was.size if was else 0)
            if count <= _FEW + files // 4:
                entries += [now for _, now in some]
        trees.untouch(self.row)
        if last is not None and not count and not anew:
            return None
        full = anew or last is None or count > len(entries) or self._needs_full(last)
        header = self._header(last, full=full, files=files, size=size, walked=walked)
        sha256 = write(self.disk, header, trees.held(self.row) if full else entries)
        trees.add_snapshot(self.row, header, sha256)
        return trees.last(self.row)

    def _needs_full(self, last: SnapshotRow) -> bool:
        """Return whether a delta could not be read: too many before it, or one is not there."""
        if last.depth >= DELTAS:
            return True
        rows = self.state.trees.snapshots(self.row)[-last.depth - 1 :]
        return any(self.disk.stat(path_of(row.id)) is None for row in rows)

    def _header(
        self, last: SnapshotRow | None, *, full: bool, files: int, size: int, walked: bool
    ) -> Header:
        moment = datetime.now(UTC)
        return Header(
            format=FORMAT,
            archive=self.row.uuid,
            id=new_id(self.disk, moment),
            kind="full" if full else "delta",
            created=moment.isoformat(timespec="seconds"),
            parent=last.id if last else "",
            parent_sha256=last.sha256 if last else "",
            depth=0 if full or last is None else last.depth + 1,
            files=files,
            bytes=size,
            walked=walked,
            program=f"rootcellar {__version__}",
            tops=dict(self.identity.tops),
            exporters=self._completeness(),
        )

    def _completeness(self) -> dict[str, Completeness]:
        from rootcellar.status import coverage

        found = {}
        for row in self.state.exporters(self.row):
            one = coverage(self.state, self.row, row.name)
            found[row.name] = Completeness(
                outcome=row.outcome,
                items=one.items,
                safe=one.safe,
                absent=sum(one.absent.values()),
                failed=sum(one.failed.values()),
                succeeded=row.succeeded,
            )
        return found

    def _differing(self) -> Iterator[tuple[Entry | None, Entry]]:
        """Yield (entry of the last manifest, entry now) of every path that differs."""
        for change in self.state.trees.changes(self.row):
            now = self._now(change)
            if now is None and change.was is not None:
                yield change.was, Entry(change.path, absent=True)
            elif now is not None and (change.was is None or differ(change.was, now)):
                yield change.was, now

    def _now(self, change: Change) -> Entry | None:
        """Return what is at a path; a view that may have been edited is looked at."""
        now, was = change.now, change.was
        if now is None:
            return None
        suspect = now.view and (was is not None or change.kept)
        if now.mtime_ns >= 0 and not suspect:
            return now
        status = self.disk.stat(change.path)
        if status is None or (status.size, status.mtime_ns) == (now.size, now.mtime_ns):
            return now
        if was is not None and (status.size, status.mtime_ns) == (was.size, was.mtime_ns):
            return msgspec.structs.replace(was, key=now.key, role=now.role, view=now.view)
        digest = self.disk.sha256(change.path)
        if now.view or digest == now.sha256:
            return msgspec.structs.replace(
                now, size=status.size, mtime_ns=status.mtime_ns, sha256=digest
            )
        return msgspec.structs.replace(now, mtime_ns=was.mtime_ns if was else 0)  # it is damaged


def differ(one: Entry, other: Entry) -> bool:
    """Return whether two entries of a path differ by more than how a drive keeps times."""
    return (one.size, one.sha256, one.key, one.role, one.view) != (
        other.size,
        other.sha256,
        other.key,
        other.role,
        other.view,
    ) or not same_time(one.mtime_ns, other.mtime_ns)


def same_time(one: int, other: int) -> bool:
    """Return whether two times (nanoseconds) may be the same on drives that keep them coarsely."""
    apart = abs(one - other)
    beyond = apart % _QUARTER
    return apart < _COARSE or (apart <= 56 * _QUARTER and min(beyond, _QUARTER - beyond) < _COARSE)
