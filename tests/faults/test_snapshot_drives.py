"""Drives that fail under a snapshot: full at every byte, bytes lost by a failing barrier, gone."""

import contextlib
import errno
import os
import signal
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from checking import check_archive
from drives import Drive, server_of
from night_run import night
from orchard import Farm, Orchard
from seasons import Orchards, new_farm
from test_full_disk import attempt, full_after, intact
from test_nights import sow, violations

from rootcellar.api import Capture
from rootcellar.archive.disk import Disk
from rootcellar.engine import batching
from rootcellar.errors import DestinationWaiting, RootcellarError

pytestmark = pytest.mark.faults


def planted(farm: Farm) -> None:
    for key in ("a", "b"):
        farm.plant(key, key.encode() * 30, place=f"1/{key}", text="crisp")


def changed(farm: Farm) -> None:
    farm.plant("a", b"A" * 30, place="1/a", text="mellow")
    farm.fell("b")


def test_a_drive_may_be_full_at_every_byte_of_a_batch(
    tmp_path: Path, everything: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Of parts, journal, records, identity, manifest and STATUS.txt: export, then the snapshot."""
    from rootcellar.archive import disk as disk_module

    monkeypatch.setattr(disk_module, "_syncfs", lambda handle: True)
    orchards = Orchards(tmp_path, (planted,), changed)
    enough = 1 << 20
    with full_after(enough) as left:
        orchards.copy("counted").export()
    size = enough - left[0]
    budgets = [*range(0, size, 1 if everything else 97), size + 100]
    full = 0
    for budget in budgets:
        farm = orchards.copy("full")
        with full_after(budget):
            outcome, message, _ = attempt(farm)
        full += outcome == "failed"
        assert outcome in ("ok", "partial") or "drive is full" in message
        assert intact(farm, orchards.expected), budget
    print(f"full at {full} of {len(budgets)} bytes; a batch has {size}")  # noqa: T201
    assert len(budgets) // 2 < full < len(budgets)


# -- barriers that fail --------------------------------------------------------------------------


@contextlib.contextmanager
def barrier_failing_at(number: int, *, loses: bool = True) -> Iterator[list[int]]:
    """Let one barrier answer EIO, and lose what was written since the last, as the kernel does."""
    count = [0]
    really = Disk.flush

    def flush(self: Disk) -> None:
        count[0] += 1
        if count[0] == number:
            for path in self._written if loses else ():
                with contextlib.suppress(OSError):
                    os.truncate(self.root / path, 0)
            self._written = []
            raise OSError(errno.EIO, os.strerror(errno.EIO))
        really(self)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Disk, "flush", flush)
        yield count


def test_any_barrier_of_a_night_may_fail_and_take_with_it_what_was_written(tmp_path: Path) -> None:
    farm = new_farm(tmp_path / "farm")
    sow(farm, 0)
    night(farm)
    sow(farm, 1)
    with barrier_failing_at(0) as count:
        night(farm)
    assert count[0] > 5
    failed = 0
    for number in range(1, count[0] + 1):
        sow(farm, number + 1)
        with barrier_failing_at(number) as reached:
            try:
                night(farm)
            except (RootcellarError, OSError, AssertionError):
                failed += 1
        assert reached[0] >= number
        assert violations(farm) == [], number
    print(f"{count[0]} barriers, {failed} nights ended by one")  # noqa: T201
    assert failed > 2


def test_control_a_failing_barrier_that_is_passed_over_loses_something(tmp_path: Path) -> None:
    farm = new_farm(tmp_path / "farm")
    sow(farm, 0)
    night(farm)
    really = Disk.flush

    def forgetful(self: Disk) -> None:
        for path in self._written:
            with contextlib.suppress(OSError):
                os.truncate(self.root / path, 0)
        really(self)

    sow(farm, 1)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Disk, "flush", forgetful)
        with contextlib.suppress(RootcellarError, AssertionError, ValueError):
            night(farm)
    try:
        noticed = violations(farm) != []
    except (RootcellarError, AssertionError, ValueError):
        noticed = True
    assert noticed


# -- a mount whose server is dead ----------------------------------------------------------------


class Interrupted(Orchard):
    """An orchard during whose second batch the drive's server dies."""

    def __init__(self, drive: Drive) -> None:
        self.drive = drive
        self.reads = 0

    def read(self, capture: Capture, keys: object) -> Iterator[object]:
        self.reads += 1
        if self.reads == 2:
            kill_server(self.drive)
        yield from super().read(capture, keys)


def kill_server(drive: Drive) -> None:
    os.kill(server_of(drive), signal.SIGKILL)
    time.sleep(0.2)


def test_a_mount_whose_server_has_died_is_waited_for(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("FEW", "FIRST_BATCH", "BATCH", "LARGEST_BATCH"):
        monkeypatch.setattr(batching, name, 20)
    drive = Drive.make(tmp_path, "exfat")
    try:
        farm = Farm(tmp_path / "own", exporter=Interrupted(drive))
        farm.archive = drive.place / "archive"
        for one in range(60):
            farm.plant(f"k{one}", f"{one} ".encode() * 300, place=f"{one // 10}/Apple {one}")
        outcome, message, hint = attempt(farm)
        assert (outcome, "went away" in message) == ("waiting", True)
        assert "Connect it again" in hint
        for _ in range(2):
            with pytest.raises(DestinationWaiting):
                farm.export()
        with pytest.raises(DestinationWaiting):
            night(farm)
        drive.unmount()
        with pytest.raises(RootcellarError):
            farm.export()
        assert list(drive.place.iterdir()) == []
        drive.mount()
        assert farm.export().outcome == "ok"
        assert check_archive(farm.archive, farm.state_path) == []
        assert len(list(farm.archive.rglob("*.bin"))) == 60
    finally:
        drive.remove()
