"""Restores files of a snapshot into a folder: read from the archive, verified while written.

The archive is only read. What cannot be restored, because its bytes are nowhere, is named.
"""

import contextlib
import errno
import os
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from rootcellar.archive.disk import Disk, write_all
from rootcellar.archive.manifests import Entry, ManifestDamaged
from rootcellar.errors import RootcellarError, UsageError
from rootcellar.snapshots.chain import Chain, Tree, choose, read_chain, tree_of
from rootcellar.snapshots.contents import BytesUnreadable, Contents, copy_verified
from rootcellar.snapshots.selecting import records_of, select

_PART = ".rootcellar-restoring"
SPARE = 4 << 20


@dataclass(frozen=True, slots=True)
class Lost:
    """A file of a snapshot whose bytes are nowhere in the archive, and why."""

    path: str
    sha256: str
    reason: str


@dataclass
class Restored:
    """What was restored: `same` files were there already."""

    snapshot: str
    to: str
    files: int = 0
    bytes: int = 0
    same: int = 0
    lost: list[Lost] = field(default_factory=list)
    dry_run: bool = False

    @property
    def outcome(self) -> str:
        """`partial` when anything is lost."""
        return "partial" if self.lost else "ok"


class TargetUnwritable(RootcellarError):
    """The folder that is restored to does not take what we write."""


class Restoring:
    """One snapshot of an archive, from which files are restored."""

    def __init__(self, disk: Disk, wanted: str | None) -> None:
        self.disk = disk
        self.chain: Chain = read_chain(disk)
        self.snapshot = choose(self.chain, wanted)
        self.tree: Tree = tree_of(disk, self.snapshot)
        self.here: Tree = self._tree_now()
        self.contents: Contents | None = None

    def _tree_now(self) -> Tree:
        """Return the newest tree that can be read: the files that are there."""
        for name in reversed(self.chain.order):
            if name == self.snapshot:
                return self.tree
            with contextlib.suppress(ManifestDamaged):
                return tree_of(self.disk, name)
        return self.tree

    def select(self, wanted: Sequence[str]) -> list[str]:
        """Return the paths that are meant; raises UsageError for a word that means none."""
        tops = dict(self.chain.headers[self.snapshot].tops)
        return select(
            self.tree,
            wanted,
            tops,
            lambda: Contents(self.disk, records_of(self.tree), self.here.values()),
        )

    def find(self, paths: Collection[str]) -> Contents:
        """Return where the bytes of some paths lie."""
        digests = {self.tree[path].sha256 for path in paths}
        return Contents(self.disk, digests, self.here.values())

    # -- restoring -------------------------------------------------------------------------------

    def restore(
        self,
        paths: Sequence[str],
        to: Path,
        *,
        overwrite: bool = False,
        dry_run: bool = False,
        told: Callable[[int, int], None] = lambda *_: None,
    ) -> Restored:
        """Restore these paths below a folder; `told` hears how many bytes of how many are done.

        Raises UsageError before anything is written when other files are in the way.
        """
        report = Restored(self.snapshot, str(to), dry_run=dry_run)
        there = _same_or_other(to, [self.tree[path] for path in paths])
        self._refuse(to, [path for path, same in there.items() if not same], overwrite=overwrite)
        todo = [path for path in paths if not there.get(path)]
        report.same = len(paths) - len(todo)
        self.contents = self.find(todo)
        total = sum(self.tree[path].size for path in todo)
        if dry_run:
            self._foresee(todo, report)
            return report
        with target_errors(to):
            to.mkdir(parents=True, exist_ok=True)
            with contextlib.closing(Disk(to)) as target:
                _require_space(target, total)
                for path in todo:
                    self._restore(self.tree[path], target, report)
                    told(report.bytes, total)
                target.flush()
        return report

    def write_texts(self, to: Path, texts: Mapping[str, str]) -> None:
        """Write texts, by their names, into a folder that is there."""
        self._refuse(to, (), overwrite=False)
        with target_errors(to), contextlib.closing(Disk(to)) as target:
            for name, text in texts.items():
                with target.create(_PART) as file:
                    write_all(file, text.encode())
                target.rename(_PART, name)
            target.flush()

    def _refuse(self, to: Path, others: Sequence[str], *, overwrite: bool) -> None:
        inside = Path(os.path.realpath(to))
        if self.disk.root in (inside, *inside.parents):
            raise UsageError(
                f"{to} is in the archive itself.", hint="Restore into a folder outside of it."
            )
        if others and not overwrite:
            more = f" and {len(others) - 1:,} more" if len(others) > 1 else ""
            raise UsageError(
                f"Another file is at {to / others[0]}{more}; nothing was written.",
                hint="Name an empty folder with --to, or add --overwrite to replace them.",
            )

    def _foresee(self, paths: Sequence[str], report: Restored) -> None:
        """Say what would be restored; sizes are believed, and nothing is read."""
        assert self.contents is not None
        for path in paths:
            entry = self.tree[path]
            if self.contents.is_likely(entry):
                report.files += 1
                report.bytes += entry.size
            else:
                report.lost.append(self._lost(entry))

    def _restore(self, entry: Entry, target: Disk, report: Restored) -> None:
        if not (self._copy(entry, target) or self._copy_after_looking_again(entry, target)):
            report.lost.append(self._lost(entry))
            return
        with contextlib.suppress(OSError, OverflowError):
            os.utime(_PART, ns=(entry.mtime_ns, entry.mtime_ns), dir_fd=target.handle)
        target.rename(_PART, entry.path)
        report.files += 1
        report.bytes += entry.size

    def _copy_after_looking_again(self, entry: Entry, target: Disk) -> bool:
        """Look where files are now: an export may have moved them while we were reading."""
        chain = read_chain(self.disk)
        if chain.head is None or chain.head == self.chain.head:
            return False
        self.chain = chain
        with contextlib.suppress(ManifestDamaged):
            self.here = tree_of(self.disk, chain.head)
        self.contents = self.find(self.tree)
        return self._copy(entry, target)

    def _copy(self, entry: Entry, target: Disk) -> bool:
        """Copy the bytes of an entry into the part; return whether they are the right ones."""
        assert self.contents is not None
        for place in self.contents.places(entry):
            try:
                reading = self.disk.open(place)
            except OSError:
                continue  # this copy cannot be read; another may
            with (
                contextlib.suppress(BytesUnreadable),
                reading,
                target.create(_PART) as writing,
            ):
                if copy_verified(reading, writing) == (entry.size, entry.sha256):
                    return True
        target.unlink(_PART)
        return False

    def _lost(self, entry: Entry) -> Lost:
        when = self.chain.pruned.get(self.snapshot)
        if when:
            reason = f"its history was freed by `snapshot prune` on {when[:10]}"
        elif self.here.get(entry.path, entry).sha256 == entry.sha256:
            reason = "it was changed or removed from outside, and its bytes exist nowhere else"
        else:
            reason = "its former content is missing in the history"
        return Lost(entry.path, entry.sha256, reason)


def _same_or_other(to: Path, entries: Sequence[Entry]) -> dict[str, bool]:
    """Return, for every path that is taken in a folder, whether the same bytes are there."""
    if not to.exists():
        return {}
    if not to.is_dir():
        raise UsageError(f"{to} is no folder.", hint="Name a new or an empty folder with --to.")
    found: dict[str, bool] = {}
    with target_errors(to), contextlib.closing(Disk(to)) as target:
        _refuse_what_cannot_be_replaced(to, entries)
        for entry in entries:
            status = target.stat(entry.path)
            if status is not None:
                same = status.size == entry.size and target.sha256(entry.path) == entry.sha256
                found[entry.path] = same
            elif target.exists(entry.path):
                found[entry.path] = False
    return found


def _refuse_what_cannot_be_replaced(to: Path, entries: Sequence[Entry]) -> None:
    """Raise UsageError where a folder is to be, and something else is, or the reverse."""
    folders = {folder for entry in entries for folder in Path(entry.path).parents}
    for folder in sorted(folders):
        path = to / folder
        if os.path.lexists(path) and not path.is_dir():
            raise UsageError(
                f"{path} is no folder, and has to be one; nothing was written.",
                hint="Name an empty folder with --to.",
            )
    for entry in entries:
        if (to / entry.path).is_dir():
            raise UsageError(
                f"A folder is where the file {to / entry.path} has to be; nothing was written.",
                hint="Name an empty folder with --to.",
            )


def _require_space(target: Disk, wanted: int) -> None:
    free = target.free_bytes()
    if wanted + SPARE > free:
        raise TargetUnwritable(
            f"{wanted / 1e6:,.1f} MB are to be restored, and {target.root} has room for "
            f"{free / 1e6:,.1f} MB; nothing was written.",
            hint="Name a folder on a larger drive with --to.",
        )


@contextlib.contextmanager
def target_errors(to: Path) -> Iterator[None]:
    """Tell what an error of the folder that is written to means; raises TargetUnwritable."""
    try:
        yield
    except OSError as error:
        full = error.errno in (errno.ENOSPC, errno.EDQUOT)
        raise TargetUnwritable(
            f"{to} is full." if full else f"Writing to {to} failed: {error.strerror}.",
            hint="Run the same command again with another folder; what was restored stays.",
        ) from error
