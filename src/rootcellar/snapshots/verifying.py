"""Reads the archive and its history again, and says everything that is not as it should be."""

import contextlib
import json
import time
from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, datetime

from rootcellar.archive.layout import HISTORY, PRUNED
from rootcellar.archive.manifests import Entry, ManifestDamaged, path_of
from rootcellar.archive.pruned import read_pruned
from rootcellar.engine.opening import OpenArchive
from rootcellar.errors import UsageError
from rootcellar.quantities import counted
from rootcellar.snapshots.chain import read_chain
from rootcellar.snapshots.hashing import (
    ALL,
    Ahead,
    Finding,
    Hashed,
    Job,
    Limits,
    hash_all,
)
from rootcellar.snapshots.making import Maker
from rootcellar.snapshots.needs import Needs, read_needs
from rootcellar.snapshots.problems import Problem, Verified
from rootcellar.snapshots.pruning import GIVEN_UP, PRUNING
from rootcellar.snapshots.selecting import by_path
from rootcellar.snapshots.walking import Walk, walk

_DIGITS = 64


class Verifying:
    """One verification of an open archive, which is locked for this process."""

    def __init__(self, archive: OpenArchive) -> None:
        self.archive = archive
        self.disk = archive.disk
        self.state = archive.state
        self.trees = archive.state.trees
        self.report = Verified()
        self.needs = Needs()

    def verify(self, only: Sequence[str] = (), limits: Limits = ALL) -> Verified:
        """Verify everything, or these paths; with limits, what was read longest ago first."""
        row = self.archive.row
        if only:
            jobs = [Job(one.path, one.size, one.sha256) for one in self._chosen(only)]
            self._hash(jobs, Walk(), Hashed())
            return self.report
        if not self._is_database_whole():
            return self.report
        Maker(self.disk, self.state, row, self.archive.identity).make()
        done = Hashed()
        if limits:
            seen = self._look()
            jobs = self._oldest_first([*self._tree_jobs(), *self._history_jobs()])
            self._hash(jobs, seen, done, limits)
        else:
            with contextlib.closing(Ahead(self.disk, self._tree_jobs(), done)) as ahead:
                seen = self._look()
                self._judge_all(ahead.findings(), seen)
            self._hash(self._history_jobs(), seen, done)
        self._remember(whole=not self.report.left)
        return self.report

    def _look(self) -> Walk:
        """Look at all that need not be read: manifests, the state, names, sizes and times."""
        self._check_manifests()
        self._check_state()
        seen = walk(self.disk, self.state, self.archive.row)
        self.report.edited, self.report.strangers = seen.edited, seen.strangers
        return seen

    def _chosen(self, only: Sequence[str]) -> list[Entry]:
        tree = {entry.path: entry for entry in self.trees.held(self.archive.row)}
        found: dict[str, Entry] = {}
        for word in only:
            matched = by_path(tree, word)
            if not matched:
                raise UsageError(
                    f"The archive has no file {word!r}.",
                    hint="Give a path below the archive's folder, a folder, or a pattern.",
                )
            found |= {path: tree[path] for path in matched}
        return [found[path] for path in sorted(found)]

    # -- what is to be read ----------------------------------------------------------------------

    def _tree_jobs(self) -> Iterator[Job]:
        """Yield all files of the tree."""
        for path, size, digest in self.trees.held_digests(self.archive.row):
            yield Job(path, size, digest.hex())

    def _history_jobs(self) -> Iterator[Job]:
        """Yield all objects of the history, then name what of it is missing."""
        there = set()
        for folder in self.disk.names(HISTORY):
            for name in self.disk.names(f"{HISTORY}/{folder}"):
                digest = name[:_DIGITS]
                if len(name) >= _DIGITS and name[_DIGITS : _DIGITS + 1] in ("", "."):
                    there.add(digest)
                    need = self.needs.needed.get(digest)
                    size = need.size if need else -1
                    yield Job(f"{HISTORY}/{folder}/{name}", size, digest)
        self._name_missing_history(there)

    def _name_missing_history(self, there: set[str]) -> None:
        missing = {one: need for one, need in self.needs.needed.items() if one not in there}
        if not missing:
            return
        here = {digest for _, _, digest in self.trees.held_digests(self.archive.row)}
        for digest, need in missing.items():
            if bytes.fromhex(digest) in here:
                continue
            if need.view:
                self.report.overwritten.append(need.path)
            else:
                self.report.problems.append(
                    Problem(
                        need.path,
                        "history-missing",
                        f"what it held in {need.snapshot} is nowhere in the archive",
                        expected=digest,
                    )
                )

    def _oldest_first(self, jobs: Iterable[Job]) -> list[Job]:
        row = self.archive.row
        checked = self.trees.checked(row)
        whole = self.trees.occasion(row, "verified whole")
        least = int(whole[0].timestamp()) if whole else 0
        return sorted(jobs, key=lambda job: (checked.get(job.path, least), job.path))

    # -- reading ---------------------------------------------------------------------------------

    def _hash(self, jobs: Iterable[Job], seen: Walk, done: Hashed, limits: Limits = ALL) -> None:
        good: list[str] = []

        def noted() -> Iterator[Job]:
            for job in jobs:
                if limits:
                    good.append(job.path)
                yield job

        bad = self._judge_all(hash_all(self.disk, noted(), done, limits), seen)
        self.report.checked, self.report.bytes = done.files, done.bytes
        self.report.left = done.left
        read = good[: len(good) - done.left]
        with self.state.transaction():
            moment = int(time.time())
            self.trees.put_checked(
                self.archive.row, [path for path in read if path not in bad], moment
            )

    def _judge_all(self, findings: Iterable[Finding], seen: Walk) -> set[str]:
        """Say of every finding what it means; return their paths."""
        edited = set(seen.edited)
        bad = set()
        for finding in findings:
            bad.add(finding.job.path)
            if finding.job.path not in edited:
                self._judge(finding)
        return bad

    def _judge(self, finding: Finding) -> None:
        job = finding.job
        if job.path.startswith(f"{HISTORY}/"):
            message = "a former content is damaged"
            if (need := self.needs.needed.get(job.sha256)) is not None:
                message = f"what {need.path} held in {need.snapshot} is damaged"
            self._add(finding, "history-rot", message)
            return
        entry = self.trees.held_entry(self.archive.row, job.path)
        assert entry is not None
        status = self.disk.stat(job.path)
        if status is None or finding.is_missing:
            self._add(finding, "missing", "it is not there any more")
        elif finding.error:
            self._add(finding, "unreadable", f"the drive does not give it: {finding.error}")
        elif entry.view and (status.size, status.mtime_ns) != (entry.size, entry.mtime_ns):
            self.report.edited.append(job.path)
        elif finding.size < entry.size:
            self._add(finding, "truncated", f"{entry.size - finding.size:,} bytes are missing")
        elif (status.size, status.mtime_ns) == (entry.size, entry.mtime_ns):
            self._add(finding, "rot", "its bytes have changed by themselves")
        else:
            self._add(finding, "changed", "it was changed from outside")

    def _add(self, finding: Finding, kind: str, message: str) -> None:
        job = finding.job
        self.report.problems.append(Problem(job.path, kind, message, job.sha256, finding.found))

    # -- manifests and state ---------------------------------------------------------------------

    def _check_manifests(self) -> None:
        chain = read_chain(self.disk)
        self.needs = read_needs(self.disk, chain, set(chain.kept) - self._being_pruned())
        broken = self.needs.faults(chain, chain.pruned)
        self.report.given_up = sorted(set(self.needs.broken) - set(broken))
        there = {*chain.order, *chain.damaged}
        for row in self.trees.snapshots(self.archive.row):
            if row.id in self.report.given_up:
                continue
            if row.id not in there and row.id in chain.pruned and not broken:
                self.report.given_up.append(row.id)
            elif row.id not in there:
                broken[row.id] = ManifestDamaged("M01", f"the manifest of {row.id} is not there")
            elif row.id not in broken and self.disk.sha256(path_of(row.id)) != row.sha256:
                broken[row.id] = ManifestDamaged(
                    "M10", f"the manifest of {row.id} is not what was written"
                )
        untold = [name for name in self.needs.untold if name not in broken]
        for name, error in sorted(broken.items()):
            later = counted(len(untold), "later one")
            more = f"; {later} cannot be told either" if untold else ""
            message = error.message.removeprefix(f"{error.code}: ")
            self.report.problems.append(
                Problem(path_of(name), "manifest", f"{message}{more}", code=error.code)
            )
        if read_pruned(self.disk)[1]:
            self.report.problems.append(
                Problem(PRUNED, "pruned", "a line of it is not what was written")
            )

    def _being_pruned(self) -> set[str]:
        """Return the snapshots that were being given up when a full drive ended it.

        Where the list of them is damaged, those that the state has on it are among them.
        """
        names = (PRUNING, GIVEN_UP) if read_pruned(self.disk)[1] else (PRUNING,)
        found = [self.trees.occasion(self.archive.row, name) for name in names]
        return {one for occasion in found if occasion for one in json.loads(occasion[1])}

    def _is_database_whole(self) -> bool:
        (found,) = self.state.connection.execute("PRAGMA quick_check(1)").fetchone()
        if found != "ok":
            message = f"the database is damaged ({found}); nothing else was looked at"
            self._blame_state("S01", message)
        return bool(found == "ok")

    def _check_state(self) -> None:
        """Compare the state with the newest manifest; a state can be made anew."""
        last = self.trees.last(self.archive.row)
        if last is None or last.id != self.needs.newest:
            return
        tree = self.needs.now
        different = same = 0
        for path, size, digest in self.trees.held_digests(self.archive.row):
            told = tree.get(path)
            if told is None or told.size != size or told.sha256 != digest.hex():
                different += 1
            same += told is not None
        different += len(tree) - same
        if different:
            message = f"it says of {different:,} files something else than {last.id}"
            self._blame_state("S02", message)

    def _blame_state(self, code: str, message: str) -> None:
        self.report.problems.append(Problem(str(self.state.path), "state", message, code=code))

    def _remember(self, *, whole: bool) -> None:
        row = self.archive.row
        moment = datetime.now(UTC)
        with self.state.transaction():
            self.trees.put_occasion(row, "verified", moment, self.report.outcome)
            if whole:
                self.trees.put_occasion(row, "verified whole", moment, self.report.outcome)
