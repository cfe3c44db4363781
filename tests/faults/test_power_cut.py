"""The power is cut while an export runs, on a journalled file system: nothing is lost.

The drive is an ext4 of its own on a loop device, shut down by ioctl: what was not synced is gone
after the next mount. A control that never syncs is found out.
"""

import random
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from checking import check_archive
from drives import CARELESS, Drive
from orchard import Farm
from reading import snapshots
from seasons import new_farm

from rootcellar.errors import RootcellarError

pytestmark = pytest.mark.faults

RUN = Path(__file__).parent / "orchard_run.py"


@pytest.fixture
def drive(tmp_path: Path) -> Iterator[Drive]:
    drive = Drive.make(tmp_path, "ext4")
    yield drive
    drive.remove()


def farm_on(drive: Drive, root: Path) -> Farm:
    farm = new_farm(root)
    link = root / "archive"
    if not link.exists():
        link.symlink_to(drive.place / "archive")
    return farm


def sow(farm: Farm, season: int) -> None:
    """Change a good part of the orchard."""
    chance = random.Random(season)
    for one in range(120):
        key = f"k{one}"
        if season == 0 or chance.random() < 0.3:
            farm.plant(key, f"{season} {one}".encode() * 40, place=f"{one // 8}/Apple")
        elif chance.random() < 0.05 and (farm.store / f"{key}.json").exists():
            farm.fell(key)


def cut(farm: Farm, drive: Drive, after: float, *command: str) -> str:
    """Run an export and cut the power after some seconds; return the snapshot it told of."""
    told, code = drive.run_until_cut(after, *command, str(RUN), str(farm.root))
    return told.strip() if code == 0 else ""


def timed(farm: Farm) -> float:
    """Run an export to its end, and return how many seconds that took."""
    began = time.monotonic()
    subprocess.run([sys.executable, str(RUN), str(farm.root)], check=True, capture_output=True)
    return time.monotonic() - began


def test_what_was_said_to_be_safe_is_safe_after_a_power_cut(
    drive: Drive, tmp_path: Path, everything: bool
) -> None:
    chance = random.Random(20261123)
    farm = farm_on(drive, tmp_path / "farm")
    sow(farm, 0)
    timed(farm)
    sow(farm, 1000)
    whole = timed(farm)
    cut_off = 0
    for season in range(1, 61 if everything else 4):
        sow(farm, season)
        told = cut(farm, drive, whole * chance.uniform(0.3, 1), sys.executable)
        if told:
            whole *= 0.9
            assert told in snapshots(farm.archive), season
        cut_off += not told
        assert farm.export(accept_losses=True).outcome == "ok", season
        assert check_archive(farm.archive, farm.state_path) == [], season
    print(f"{cut_off} runs cut off")  # noqa: T201 - `pytest -rP` tells how it went
    assert cut_off > 0


def test_control_without_syncing_a_power_cut_loses_something(drive: Drive, tmp_path: Path) -> None:
    farm = farm_on(drive, tmp_path / "farm")
    sow(farm, 0)
    whole = timed(farm)
    for season in range(1, 6):
        sow(farm, season)
        told = cut(farm, drive, 20 * whole + 10, sys.executable, "-c", CARELESS)
        assert told
        try:
            if told not in snapshots(farm.archive):
                return
            farm.export(accept_losses=True)
        except (RootcellarError, OSError, ValueError, AssertionError):
            return
        if check_archive(farm.archive, farm.state_path):
            return
    pytest.fail("nobody noticed")
