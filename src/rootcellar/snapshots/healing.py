"""Puts good bytes back where damaged ones lie; these go to quarantine, never away.

Good bytes are those with the right digest: at another path, in the history, in quarantine. What
the archive has not, the next export is made to take from the source again.
"""

import contextlib
import json
from collections.abc import Iterable, Sequence

from rootcellar.archive.identity import read_identity, replace_file
from rootcellar.archive.layout import HISTORY, PRUNED, quarantine_path
from rootcellar.archive.manifests import Entry
from rootcellar.archive.names import folder_of
from rootcellar.archive.pruned import pruned_lines, read_pruned
from rootcellar.archive.records import in_order
from rootcellar.archive.trouble import archive_errors
from rootcellar.archive.writer import Batch, sha256_of_bytes
from rootcellar.engine.former_lines import find_lines
from rootcellar.engine.opening import OpenArchive
from rootcellar.engine.rebuilding import rebuild
from rootcellar.engine.writing import Changes, Writing
from rootcellar.errors import RootcellarError
from rootcellar.snapshots.contents import Contents
from rootcellar.snapshots.making import Maker
from rootcellar.snapshots.problems import Problem
from rootcellar.snapshots.pruning import GIVEN_UP
from rootcellar.state.mistrusting import mistrust

_BATCH = 200


class Healing:
    """Mends what can be mended in one open archive."""

    def __init__(self, archive: OpenArchive, problems: Sequence[Problem]) -> None:
        self.archive = archive
        self.disk = archive.disk
        self.state = archive.state
        self.problems = problems

    def heal(self) -> set[str]:
        """Heal, and mark as healed; return the exporters whose next run may heal more."""
        self._heal_state()
        self._heal_manifests()
        self._heal_pruned()
        wanted = {one.expected for one in self.problems if one.expected}
        contents = Contents(self.disk, wanted, self.state.trees.held(self.archive.row))
        files = [one for one in self.problems if one.is_of_tree or one.kind.startswith("history")]
        for start in range(0, len(files), _BATCH):
            with contextlib.suppress(RootcellarError):  # a full or read-only drive: not healed
                self._heal_files(files[start : start + _BATCH], contents)
        left = [one.path for one in self.problems if one.is_of_tree and not one.healed]
        with self.state.transaction():
            return mistrust(self.state.connection, self.archive.row, left)

    # -- files -----------------------------------------------------------------------------------

    def _heal_files(self, problems: Iterable[Problem], contents: Contents) -> None:
        writing = Writing(self.disk, self.state, self.archive.identity, {})
        healed = []
        with archive_errors(self.archive.path):
            batch = writing.batch()
            try:
                for one in problems:
                    entry = self._entry(one)
                    place = contents.good_place(entry, but=one.path) if entry else None
                    data = None if place else self._records(entry)
                    if entry and place:
                        self._set_aside(batch, one)
                        batch.put_copy(self.disk.root / place, one.path, entry.mtime_ns)
                        healed.append(one)
                    elif entry and data:
                        self._set_aside(batch, one)
                        batch.put_bytes(data, one.path, entry.mtime_ns)
                        healed.append(one)
                    elif entry and self._can_be_rendered(entry, one):
                        self._set_aside(batch, one)
                writing.commit(batch, Changes())
            except BaseException:
                batch.abandon()
                raise
        self.archive.identity = writing.identity
        for one in healed:
            one.healed = True

    def _entry(self, problem: Problem) -> Entry | None:
        """Return what should be at the path of a problem."""
        if problem.is_of_tree:
            return self.state.trees.held_entry(self.archive.row, problem.path)
        if problem.kind == "history-missing" or not problem.path.startswith(HISTORY):
            return None
        held = self.state.trees.held(self.archive.row)
        same = (entry.size for entry in held if entry.sha256 == problem.expected)
        size = next(same, None)
        if size is None:
            return None
        return Entry(problem.path, size, sha256=problem.expected)

    def _can_be_rendered(self, entry: Entry, problem: Problem) -> bool:
        """Return whether the next export makes a damaged view again, once it is out of the way."""
        damaged = entry.view and problem.kind in ("rot", "truncated")
        return damaged and self.state.coverage.is_living(self.archive.row, entry.key)

    def _records(self, entry: Entry | None) -> bytes | None:
        """Return a records file put together again from its lines, if all are found."""
        if entry is None or entry.role != "records":
            return None
        folder = folder_of(entry.path)
        known = self.state.holdings.folder_lines(self.archive.row, folder)
        expected = {key: digest for key, (_, digest) in known.items()}
        lines = find_lines(self.disk, entry.path, expected)
        data = b"".join(line.text for line in in_order(lines.values()))
        return data if sha256_of_bytes(data) == entry.sha256 else None

    def _set_aside(self, batch: Batch, problem: Problem) -> None:
        if self.disk.exists(problem.path):
            found = problem.found or sha256_of_bytes(problem.path.encode())
            batch.quarantine(problem.path, found)

    # -- state and manifests ---------------------------------------------------------------------

    def _heal_state(self) -> None:
        """Make the state anew from the archive, where it says something else."""
        told = [one for one in self.problems if one.kind == "state"]
        identity = read_identity(self.disk)
        if not told or identity is None or told[0].code == "S01":
            return
        rebuild(self.disk, identity, self.state)
        Maker(self.disk, self.state, self.archive.row, identity).make()
        for one in told:
            one.healed = True

    def _heal_pruned(self) -> None:
        """Write the list of what was given up anew, from its good lines and from the state."""
        told = [one for one in self.problems if one.kind == "pruned"]
        if not told:
            return
        given_up = self.state.trees.occasion(self.archive.row, GIVEN_UP)
        found = read_pruned(self.disk)[0]
        known = {**found, **(json.loads(given_up[1]) if given_up else {})}
        with contextlib.suppress(RootcellarError), archive_errors(self.archive.path):
            self.disk.copy(PRUNED, quarantine_path(self.disk.sha256(PRUNED), PRUNED))
            replace_file(self.disk, PRUNED, pruned_lines(known))
            self.disk.flush()
            told[0].healed = given_up is not None

    def _heal_manifests(self) -> None:
        """Make a full manifest now, on which the next ones can build."""
        if any(one.kind == "manifest" for one in self.problems):
            row = self.archive.row
            with contextlib.suppress(RootcellarError), archive_errors(self.archive.path):
                Maker(self.disk, self.state, row, self.archive.identity).make(anew=True)
