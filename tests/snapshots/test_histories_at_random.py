"""Random histories: exports, edits, moves, deletions, damage from outside, prunes, crashes.

The checker knows nothing of how snapshots are made. It keeps what each manifest said when it was
first seen, hashes every file of the archive itself, and demands: what exists anywhere is restored
byte for byte, and what does not is named by restore and by verify, each time.
"""

import functools
import hashlib
import os
import random
import shutil
import tempfile
from collections.abc import Callable
from pathlib import Path

import pytest
from checking import check_archive
from histories import files_below
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)
from killing import killed_at
from orchard import Farm
from reading import contents, files_in, snapshots, tree_at

from rootcellar.archive import disk as disk_module
from rootcellar.archive.disk import Disk
from rootcellar.engine.opening import open_archive
from rootcellar.errors import RootcellarError
from rootcellar.retention import Retention
from rootcellar.snapshots.healing import Healing
from rootcellar.snapshots.pruning import Pruning
from rootcellar.snapshots.restoring import Restoring
from rootcellar.snapshots.verifying import Verified, Verifying
from rootcellar.state.store import StateStore

EVERYTHING = os.environ.get("ROOTCELLAR_FAULTS") == "all"
KEYS = st.sampled_from([f"k{number}" for number in range(7)])
SHARED_MEMORY = Path("/dev/shm")


def careful(action: Callable[..., None]) -> Callable[..., None]:
    """Demand of something that rootcellar does that no kept snapshot loses bytes by it."""

    @functools.wraps(action)
    def watched(self: "Histories", *arguments: object, **options: object) -> None:
        before = self.lost()
        action(self, *arguments, **options)
        assert self.lost() <= before, "bytes were there before, and are nowhere now"

    return watched


class Histories(RuleBasedStateMachine):
    """An orchard, its archive, and what each snapshot held."""

    @initialize()
    def begin(self) -> None:
        self.patch = pytest.MonkeyPatch()
        self.patch.setattr(disk_module, "_syncfs", lambda handle: True)  # no power is cut here
        fast = SHARED_MEMORY if os.access(SHARED_MEMORY, os.W_OK) else None
        self.root = Path(tempfile.mkdtemp(prefix="histories-", dir=fast))
        self.farm = Farm(self.root)
        self.seen: dict[str, dict[str, str]] = {}
        self.views: set[str] = set()
        self.kept: list[str] = []
        self.meddled: set[str] = set()
        self.damaged = False
        self.strangers = False
        for number in range(4):
            self.farm.plant(f"k{number}", b"apple %d" % number, place=f"{number % 2}/Apple")
        self.farm.export()
        self.look()

    def teardown(self) -> None:
        if hasattr(self, "root"):
            shutil.rmtree(self.root)
            self.patch.undo()

    # -- what happens to the source ---------------------------------------------------------------

    @rule(key=KEYS, size=st.integers(0, 40), place=st.sampled_from("abc"), text=st.booleans())
    def plant(self, key: str, size: int, place: str, text: bool) -> None:
        data = f"{key} {size}".encode() * size
        more = {"text": f"the note of {size}"} if text else {}
        self.farm.plant(key, data, place=f"{place}/Apple", title=key, **more)

    @rule(key=KEYS)
    def fell(self, key: str) -> None:
        if (self.farm.store / f"{key}.json").exists():
            self.farm.fell(key)

    @rule(keys=st.lists(KEYS, unique=True))
    def gather(self, keys: list[str]) -> None:
        self.farm.album("1", "Harvest", *keys)

    # -- what rootcellar does ---------------------------------------------------------------------

    @rule()
    @careful
    def export(self) -> None:
        self.farm.export(accept_losses=True)
        self.look()

    @rule(step=st.integers(1, 150))
    @careful
    def crash_while_exporting(self, step: int) -> None:
        with killed_at(step):
            self.farm.export(accept_losses=True)
        self.export()
        if not self.damaged and not self.meddled:
            assert check_archive(self.farm.archive, self.farm.state_path) == []

    @rule(count=st.integers(1, 4), step=st.integers(0, 40))
    @careful
    def prune(self, count: int, step: int) -> None:
        """Prune, killed on the way unless `step` is 0 or too late."""

        def run() -> None:
            with self.opened() as (opened, state):
                rule = Retention(keep_last=count, grace="0s")
                Pruning(opened.disk, state, opened.row, rule).prune()

        try:
            with killed_at(step):
                run()
            if step:
                run()
        except RootcellarError as error:
            assert self.damaged, error
            return
        self.kept = self.kept[-count:]

    @rule()
    @careful
    def lose_the_state(self) -> None:
        for path in self.farm.state_path.parent.glob("state.sqlite*"):
            path.unlink()
        if self.meddled:
            self.strangers = (
                True  # lines of damaged records are gone, and so are their files' owners
            )
        self.export()

    @rule()
    @careful
    def heal(self) -> None:
        with self.opened() as (opened, _):
            report = Verifying(opened).verify()
            Healing(opened, report.problems).heal()
        self.export()

    # -- what others do ---------------------------------------------------------------------------

    @rule(chance=st.randoms(use_true_random=False))
    def edit_a_page(self, chance: random.Random) -> None:
        self.meddle(chance, "*.page", lambda path: path.write_text("mine " * chance.randrange(9)))

    @rule(chance=st.randoms(use_true_random=False))
    def flip_a_bit(self, chance: random.Random) -> None:
        def flip(path: Path) -> None:
            status, data = path.stat(), bytearray(path.read_bytes())
            if data:
                data[chance.randrange(len(data))] ^= 1 << chance.randrange(8)
                path.write_bytes(data)
                os.utime(path, ns=(status.st_atime_ns, status.st_mtime_ns))

        self.meddle(chance, "*.*", flip)

    @rule(chance=st.randoms(use_true_random=False))
    def remove_a_file(self, chance: random.Random) -> None:
        self.meddle(chance, "*.*", Path.unlink)

    @precondition(lambda self: (self.farm.archive / ".rootcellar/history").exists())
    @rule(chance=st.randoms(use_true_random=False))
    def remove_a_former_content(self, chance: random.Random) -> None:
        former = sorted((self.farm.archive / ".rootcellar/history").rglob("*.*"))
        if former:
            chance.choice(former).unlink()
            self.damaged = True

    def meddle(self, chance: random.Random, kind: str, do: Callable[[Path], object]) -> None:
        found = sorted((self.farm.archive / "Orchard").rglob(kind))
        if found:
            path = chance.choice(found)
            do(path)
            self.meddled.add(path.relative_to(self.farm.archive).as_posix())

    # -- what must be so --------------------------------------------------------------------------

    def opened(self):  # type: ignore[no-untyped-def]
        import contextlib

        @contextlib.contextmanager
        def opening():  # type: ignore[no-untyped-def]
            with (
                StateStore(self.farm.state_path) as state,
                open_archive(self.farm.archive, state) as opened,
            ):
                yield opened, state

        return opening()

    def look(self) -> None:
        """Take down what new manifests say, and see that the newest says what is there."""
        order = snapshots(self.farm.archive)
        for name in order:
            if name not in self.seen:
                entries = tree_at(self.farm.archive, name)
                self.seen[name] = {path: one["sha256"] for path, one in entries.items()}
                self.views |= {one["sha256"] for one in entries.values() if one.get("view")}
                self.kept.append(name)
        assert list(self.seen) == order
        there = {
            path: digest
            for path, digest in files_in(self.farm.archive).items()
            if path not in self.meddled
        }
        told = {
            path: digest
            for path, digest in self.seen[order[-1]].items()
            if path not in self.meddled
        }
        assert told.items() <= there.items()
        if not self.strangers:
            assert told == there

    @invariant()
    def every_kept_snapshot_comes_back_or_what_is_lost_is_named(self) -> None:
        if not hasattr(self, "root"):
            return
        have = contents(self.farm.archive).keys()
        for name in self.kept:
            expected = self.seen[name]
            lost = {path for path, digest in expected.items() if digest not in have}
            out = self.root / "out"
            one = Restoring(Disk(self.farm.archive), name)
            report = one.restore(one.select(()), out)
            assert {path.path for path in report.lost} == lost
            found = {
                path: hashlib.sha256(data).hexdigest() for path, data in files_below(out).items()
            }
            assert found == {path: expected[path] for path in expected if path not in lost}
            shutil.rmtree(out, ignore_errors=True)
            one.disk.close()

    @rule()
    def verify_twice(self) -> None:
        for _ in range(2):
            with self.opened() as (opened, _state):
                report = Verifying(opened).verify()
            self.check_verified(report)
        self.look()

    def lost(self) -> set[str]:
        """Return what kept snapshots held and what is nowhere."""
        wanted = {digest for name in self.kept for digest in self.seen[name].values()}
        return wanted - contents(self.farm.archive).keys()

    def check_verified(self, report: Verified) -> None:
        have = contents(self.farm.archive).keys()
        lost = self.lost()
        named = {one.expected for one in report.problems}
        overwritten = {
            digest
            for name in self.kept
            for path, digest in self.seen[name].items()
            if path in {*report.overwritten, *report.edited}
        }
        assert lost <= named | overwritten, "lost and not named"
        assert overwritten - named - have <= self.views
        if not lost and not self.meddled and not self.damaged:
            assert report.problems == []


Histories.TestCase.settings = settings(
    max_examples=200 if EVERYTHING else 12,
    derandomize=not EVERYTHING,  # what is built must not depend on luck; `make faults` tries it
    stateful_step_count=25 if EVERYTHING else 14,
    deadline=None,
    suppress_health_check=list(HealthCheck),
)
TestHistories = Histories.TestCase
TestHistories.pytestmark = [pytest.mark.faults]


@pytest.mark.faults
@pytest.mark.skipif(not EVERYTHING, reason="many histories: `make faults` finds it out")
def test_control_a_prune_that_frees_too_much_is_found_out(monkeypatch: pytest.MonkeyPatch) -> None:
    from rootcellar.snapshots import pruning
    from rootcellar.snapshots.needs import read_needs

    def forgetful(disk: Disk, chain: object, kept: object = None) -> object:
        needs = read_needs(disk, chain, kept)  # type: ignore[arg-type]
        needs.needed.clear()
        return needs

    monkeypatch.setattr(pruning, "read_needs", forgetful)
    rounds = settings(
        max_examples=150,
        phases=[Phase.generate],
        report_multiple_bugs=False,
        deadline=None,
        suppress_health_check=list(HealthCheck),
    )
    with pytest.raises(AssertionError):
        run_state_machine_as_test(Histories, settings=rounds)
