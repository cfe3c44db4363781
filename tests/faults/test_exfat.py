"""An archive on exFAT: no links, coarse times, names without case; killed at random as well."""

import os
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from checking import check_archive
from drives import Drive
from kill_nine import kill_at_random
from orchard import Farm, counts
from reading import snapshots
from seasons import autumn, new_farm, spring, summer

from rootcellar.archive.disk import Disk
from rootcellar.engine.opening import open_archive
from rootcellar.snapshots.restoring import Restoring
from rootcellar.snapshots.verifying import Verifying
from rootcellar.snapshots.walking import walk
from rootcellar.state.store import StateStore

pytestmark = pytest.mark.faults

RUN = Path(__file__).parent / "orchard_run.py"


@pytest.fixture
def farm(tmp_path: Path) -> Iterator[Farm]:
    drive = Drive.make(tmp_path, "exfat")
    farm = new_farm(tmp_path / "farm")
    (farm.root / "archive").symlink_to(drive.place / "archive")
    yield farm
    drive.remove()


def test_export_snapshot_verify_and_restore_and_an_unchanged_second_run(
    farm: Farm, tmp_path: Path
) -> None:
    spring(farm)
    farm.plant("dated", b"x", place="2024/Äpfel: süß?", text="1")
    assert farm.export().outcome == "partial"  # one is only in iCloud
    again = farm.export()
    assert set(counts(again)) == {"unchanged"}
    assert len(snapshots(farm.archive)) == 1
    summer(farm)
    farm.export()
    autumn(farm)
    farm.export()
    assert check_archive(farm.archive, farm.state_path) == []
    with StateStore(farm.state_path) as state, open_archive(farm.archive, state) as opened:
        seen = walk(opened.disk, state, opened.row)
        assert (seen.edited, seen.damaged, seen.missing) == ([], [], [])
        assert Verifying(opened).verify().problems == []
    for name in snapshots(farm.archive):
        one = Restoring(Disk(farm.archive), name)
        assert one.restore(one.select(()), tmp_path / name).lost == []
        one.disk.close()


def test_a_run_killed_on_it_is_completed_by_the_next(farm: Farm, everything: bool) -> None:
    def prepare(number: int) -> None:
        for one in range(60):
            farm.plant(f"k{one}", f"{number} {one % 7}".encode() * 30, place=f"{one // 8}/Apple")

    def check(number: int) -> None:
        assert farm.export(accept_losses=True).outcome == "ok"
        assert check_archive(farm.archive, farm.state_path) == []

    kills = kill_at_random(
        [sys.executable, str(RUN), str(farm.root)],
        os.environ,
        40 if everything else 2,
        check,
        prepare=prepare,
    )
    assert kills.killed
