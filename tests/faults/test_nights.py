"""Whole nights (export, prune, verify and heal) are killed, and their power is cut: 0 violations.

Before each night a bit of the archive flips, so that there is something to heal. The archive of
the power cuts is on an ext4 of its own, shut down by ioctl; a control that never syncs is found
out.
"""

import contextlib
import os
import random
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from checking import check_archive
from drives import CARELESS, Drive
from kill_nine import kill_at_random
from night_run import KEPT, night
from orchard import Farm
from reading import snapshots
from seasons import new_farm

from rootcellar.archive.disk import Disk
from rootcellar.archive.pruned import given_up
from rootcellar.errors import RootcellarError

pytestmark = pytest.mark.faults

RUN = Path(__file__).parent / "night_run.py"
STEADY = 10
CHANGING = 60


def sow(farm: Farm, season: int) -> None:
    """Change a part of the orchard, and flip a bit of a picture that stays as it is."""
    chance = random.Random(season)
    for one in range(STEADY):
        farm.plant(f"steady{one}", b"steady %d" % one * 60, place=f"steady/Apple {one}")
    for one in range(CHANGING):
        key = f"k{one}"
        if season == 0 or chance.random() < 0.3:
            farm.plant(key, f"{season} {one}".encode() * 40, place=f"{one // 8}/Apple")
        elif chance.random() < 0.05 and (farm.store / f"{key}.json").exists():
            farm.fell(key)
    for path in chance.sample(sorted(farm.archive.glob("Orchard/steady/*.bin")), season > 0):
        flip(path, chance)


def flip(path: Path, chance: random.Random) -> None:
    status, data = path.stat(), bytearray(path.read_bytes())
    data[chance.randrange(len(data))] ^= 1 << chance.randrange(8)
    path.write_bytes(data)
    os.utime(path, ns=(status.st_atime_ns, status.st_mtime_ns))
    os.sync()  # drives rot; what is not on one yet does not


def violations(farm: Farm) -> list[str]:
    """Run a night to its end, and say everything that is wrong after it."""
    found = night(farm).damaged
    with contextlib.closing(Disk(farm.archive)) as disk:
        kept = [name for name in snapshots(farm.archive) if name not in given_up(disk)]
    again = night(farm).problems
    return [
        *(f"not healed: {one}" for one in found),
        *(f"found again: {one}" for one in again),
        *check_archive(farm.archive, farm.state_path, quarantined=True),
        *([f"{len(kept)} snapshots are kept"] if len(kept) > KEPT else []),
    ]


def test_a_night_killed_at_any_moment_is_made_up_for_by_the_next(
    tmp_path: Path, everything: bool
) -> None:
    farm = new_farm(tmp_path / "farm")

    def check(number: int) -> None:
        assert violations(farm) == [], number

    times = 100 if everything else 3
    kills = kill_at_random(
        [sys.executable, str(RUN), str(farm.root)],
        os.environ,
        times,
        check,
        prepare=lambda number: sow(farm, number),
        seed=6,
    )
    print(f"{kills.killed} kills, {kills.ended} ended before")  # noqa: T201 - `pytest -rP`
    assert kills.killed == times


@pytest.fixture
def drive(tmp_path: Path) -> Iterator[Drive]:
    drive = Drive.make(tmp_path, "ext4")
    yield drive
    drive.remove()


def farm_on(drive: Drive, root: Path) -> Farm:
    farm = new_farm(root)
    (root / "archive").symlink_to(drive.place / "archive")
    return farm


def cut(farm: Farm, drive: Drive, after: float, *command: str) -> tuple[list[str], bool]:
    """Cut the power some seconds after a night began; return what it told, whether it ended."""
    told, code = drive.run_until_cut(after, *command, str(RUN), str(farm.root))
    ended = code is not None
    return told.split() if ended else told.split()[:1], ended


def test_a_night_whose_power_is_cut_is_made_up_for_by_the_next(
    drive: Drive, tmp_path: Path, everything: bool
) -> None:
    chance = random.Random(20261123)
    farm = farm_on(drive, tmp_path / "farm")
    sow(farm, 0)
    night(farm)
    sow(farm, 1000)
    began = time.monotonic()
    subprocess.run([sys.executable, str(RUN), str(farm.root)], check=True, capture_output=True)
    whole = time.monotonic() - began
    times, season, cut_off = 60 if everything else 3, 0, 0
    while cut_off < times and season < 3 * times:
        season += 1
        sow(farm, season)
        _, ended = cut(farm, drive, whole * chance.uniform(0.2, 1), sys.executable)
        whole *= 0.95 if ended else 1.01
        cut_off += not ended
        assert violations(farm) == [], season
    print(f"{cut_off} nights cut off, {season - cut_off} ended before")  # noqa: T201
    assert cut_off == times


def test_control_without_syncing_a_power_cut_loses_something(drive: Drive, tmp_path: Path) -> None:
    farm = farm_on(drive, tmp_path / "farm")
    sow(farm, 0)
    night(farm)
    for season in range(1, 6):
        sow(farm, season)
        (told, *_), ended = cut(farm, drive, 120, sys.executable, "-c", CARELESS)
        assert ended
        try:
            if told not in snapshots(farm.archive) or violations(farm):
                return
        except (RootcellarError, OSError, ValueError, AssertionError):
            return
    pytest.fail("nobody noticed")
