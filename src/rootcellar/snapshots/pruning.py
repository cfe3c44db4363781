"""Frees former contents that no kept snapshot needs; the only place where bytes ever go.

Manifests stay as they are. What was given up is written down first; on a full drive one object
goes before that, as even a line needs room.
"""

import errno
import json
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from rootcellar.archive.disk import Disk
from rootcellar.archive.layout import HISTORY
from rootcellar.archive.manifests import path_of
from rootcellar.archive.pruned import append_pruned, given_up
from rootcellar.errors import RootcellarError, UsageError
from rootcellar.quantities import counted, seconds_in
from rootcellar.retention import Retention, kept
from rootcellar.snapshots.chain import Chain, read_chain
from rootcellar.snapshots.needs import Needs, read_needs
from rootcellar.state.rows import ArchiveRow
from rootcellar.state.store import StateStore

PRUNING = "pruning"
"""The occasion that names, in the state, snapshots that are being given up on a full drive."""
GIVEN_UP = "given up"
"""The occasion that tells the state when each snapshot was given up, as JSON."""
_DIGITS = 64


class BrakeIsOn(RootcellarError):
    """Nothing is freed while a mass loss waits for a person's word."""

    exit_code = 4
    outcome = "brake"


@dataclass(frozen=True, slots=True)
class Amount:
    """So many files, of so many bytes."""

    files: int = 0
    bytes: int = 0


@dataclass
class Pruned:
    """What was freed, or would be; `waiting` is what nobody needs, within its grace period."""

    kept: list[str] = field(default_factory=list)
    pruned: list[str] = field(default_factory=list)
    freed: Amount = Amount()
    waiting: Amount = Amount()
    dry_run: bool = False


@dataclass(frozen=True, slots=True)
class _Object:
    path: str
    size: int


class Pruning:
    """Prunes one archive that is open for this process alone."""

    def __init__(self, disk: Disk, state: StateStore, row: ArchiveRow, rule: Retention) -> None:
        self.disk = disk
        self.state = state
        self.row = row
        self.rule = rule
        self.now = datetime.now(UTC)

    def prune(self, *, dry_run: bool = False, give_up_damaged: bool = False) -> Pruned:
        """Prune, or say what would be done.

        With `give_up_damaged`, snapshots that damaged manifests hide are given up, too. Raises
        UsageError without a rule, BrakeIsOn, and RootcellarError when a manifest of another
        snapshot cannot be read: nobody could tell what it needs.
        """
        if not self.rule.says_anything:
            raise UsageError(
                "No rule says which snapshots to keep, so all are kept.",
                hint="Name one, such as --keep-daily 14 --keep-monthly 12, or put it into the "
                "settings: [snapshots] keep_daily = 14",
            )
        self._refuse_with_brake()
        chain = read_chain(self.disk)
        staying = self._staying(chain)
        needs = read_needs(self.disk, chain, staying)
        if hidden := self._hidden(chain, needs):
            staying = self._staying(chain, hidden)
            needs = read_needs(self.disk, chain, staying)
        _refuse_damaged(needs, chain, hidden, give_up_damaged=give_up_damaged)
        free, waiting = self._unneeded(needs, chain)
        report = Pruned(
            kept=staying,
            pruned=sorted((hidden | set(chain.kept)) - set(staying)),
            freed=Amount(len(free), sum(one.size for one in free)),
            waiting=Amount(len(waiting), sum(one.size for one in waiting)),
            dry_run=dry_run,
        )
        if not dry_run:
            self._free(report.pruned, free)
        return report

    def _refuse_with_brake(self) -> None:
        for exporter in self.state.exporters(self.row):
            if exporter.outcome == "brake":
                raise BrakeIsOn(
                    f"The deletion brake is on: {exporter.message}",
                    hint="Nothing is freed until it is decided whether that is what you meant: "
                    "look at the source, or run `rootcellar export --accept-losses`.",
                )

    def _hidden(self, chain: Chain, needs: Needs) -> set[str]:
        """Return the snapshots of which nobody can tell what they held, given up ones aside."""
        written = {one.id for one in self.state.trees.snapshots(self.row)}
        missing = written.difference(chain.order, chain.damaged)
        return (needs.hidden | missing).difference(chain.pruned)

    def _staying(self, chain: Chain, hidden: Collection[str] = ()) -> list[str]:
        moments = [
            (name, datetime.fromisoformat(chain.headers[name].created))
            for name in chain.kept
            if name not in hidden
        ]
        return kept(moments, self.rule)

    def _unneeded(self, needs: Needs, chain: Chain) -> tuple[list[_Object], list[_Object]]:
        """Return the objects that can go, largest first, and those still within their grace.

        An object that no manifest names (left by a crash) stays: nobody knows its age. Where
        manifests that cannot be read were given up, it may be of theirs, and no older than that.
        """
        told = chain.headers.keys() - needs.hidden
        unnamed = max(
            (when for name, when in chain.pruned.items() if name not in told), default=""
        )
        free: list[_Object] = []
        waiting: list[_Object] = []
        before = self.now - timedelta(seconds=seconds_in(self.rule.grace))
        for folder in self.disk.names(HISTORY):
            for name in self.disk.names(f"{HISTORY}/{folder}"):
                digest = name[:_DIGITS]
                status = self.disk.stat(f"{HISTORY}/{folder}/{name}")
                since = needs.left.get(digest, unnamed)
                if status is None or digest in needs.needed or not since:
                    continue
                one = _Object(f"{HISTORY}/{folder}/{name}", status.size)
                old = datetime.fromisoformat(since) <= before
                (free if old else waiting).append(one)
        return sorted(free, key=lambda one: (-one.size, one.path)), waiting

    def _free(self, pruned: Sequence[str], objects: Sequence[_Object]) -> None:
        rest = list(objects)
        try:
            self._write_down(pruned)
        except OSError as error:
            if error.errno not in (errno.ENOSPC, errno.EDQUOT) or not rest:
                raise
            self.state.trees.put_occasion(self.row, PRUNING, self.now, json.dumps(list(pruned)))
            while rest:  # the largest first; one is nearly always enough
                self._unlink(rest.pop(0))
                self.disk.flush()
                try:
                    self._write_down(pruned)
                except OSError:
                    continue
                break
        if pruned:
            known = json.dumps(given_up(self.disk))
            self.state.trees.put_occasion(self.row, GIVEN_UP, self.now, known)
        self.state.trees.forget_occasion(self.row, PRUNING)
        for one in rest:
            self._unlink(one)
        self.disk.flush()

    def _write_down(self, pruned: Sequence[str]) -> None:
        if pruned:
            append_pruned(self.disk, pruned, self.now.isoformat(timespec="seconds"))

    def _unlink(self, one: _Object) -> None:
        self.disk.unlink(one.path)
        self.disk.drop_empty_folder(one.path.rpartition("/")[0], HISTORY)


def _refuse_damaged(
    needs: Needs, chain: Chain, hidden: Collection[str], *, give_up_damaged: bool
) -> None:
    given_up = {*chain.pruned, *(hidden if give_up_damaged else ())}
    faults = needs.faults(chain, given_up)
    if not faults:
        return
    can_give_up = hidden and not needs.faults(chain, {*chain.pruned, *hidden})
    name = min(faults)
    raise RootcellarError(
        f"The manifest of {name} is damaged, so that nobody can tell which former contents it "
        "needs; nothing was freed.",
        hint=f"Bring {path_of(name)} back from another copy of the archive. "
        + (GIVE_UP.format(count=counted(len(hidden), "snapshot")) if can_give_up else SEE),
    )


GIVE_UP = (
    "If there is none, --give-up-damaged gives up the {count} that cannot be told without it."
)
SEE = "`rootcellar verify` tells more."
