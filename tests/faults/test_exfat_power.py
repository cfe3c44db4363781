"""The power of a drive with exFAT is cut, which has no journal: verify tells what is damaged.

The image of the exFAT lies on an ext4 that is shut down by ioctl, so that what was not synced is
gone. What an independent reader finds wrong with a snapshot that was safe, verify must name.
"""

import contextlib
import hashlib
import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from drives import Drive, server_of
from orchard import Farm
from reading import snapshots, tree_at
from seasons import new_farm
from test_power_cut import sow, timed

from rootcellar.errors import RootcellarError
from rootcellar.snapshots.mending import verify_and_heal
from rootcellar.state.store import StateStore

pytestmark = pytest.mark.faults

RUN = Path(__file__).parent / "orchard_run.py"


@pytest.fixture
def drives(tmp_path: Path) -> Iterator[tuple[Drive, Drive]]:
    """An exFAT drive whose image lies on an ext4 drive."""
    below = Drive.make(tmp_path, "ext4", 96)
    try:
        above = Drive.make(below.place, "exfat", 48, place=tmp_path / "exfat")
    except BaseException:
        below.remove()
        raise
    yield below, above
    above.remove()
    below.remove()


def cut(below: Drive, above: Drive) -> None:
    """Cut the power of both, and connect them again as a computer would: after a check."""
    below.cut_the_power()
    server = server_of(above)
    if server:
        os.kill(server, signal.SIGKILL)
    time.sleep(0.2)
    above.take_away()
    subprocess.run(["umount", "-l", below.place], check=True, capture_output=True)
    below.mount()
    above.connect()


def lose_clusters(archive: Path, chance: random.Random) -> None:
    """Do what exFAT may: the names and sizes of new files are there, and zeros are in them."""
    files = [path for path in archive.rglob("*.bin") if path.is_file()]
    newest = sorted(files, key=lambda path: path.stat().st_ctime_ns)[-20:]
    for path in chance.sample(newest, 3):
        status = path.stat()
        path.write_bytes(bytes(status.st_size))
        os.utime(path, ns=(status.st_atime_ns, status.st_mtime_ns))


def lost(archive: Path, names: list[str]) -> set[str]:
    """Return, by reading alone, what of these snapshots' sealed files is not there as it was."""
    have = set()
    for path in archive.rglob("*"):
        with contextlib.suppress(OSError):
            if path.is_file():
                have.add(hashlib.sha256(path.read_bytes()).hexdigest())
    found = set()
    for name in names:
        try:
            tree = tree_at(archive, name)
        except Exception:  # noqa: BLE001 - whatever is wrong with a manifest
            found.add(f".rootcellar/snapshots/{name}.jsonl.zst")
            continue
        found |= {
            path
            for path, entry in tree.items()
            if entry["sha256"] not in have and not entry.get("view")
        }
    return found


def test_after_a_power_cut_verify_names_whatever_is_lost(
    drives: tuple[Drive, Drive], tmp_path: Path, everything: bool
) -> None:
    below, above = drives
    chance = random.Random(20261123)
    farm = new_farm(tmp_path / "farm")
    (farm.root / "archive").symlink_to(above.place / "archive")
    sow(farm, 0)
    whole = timed(farm)
    damaged = unreadable = 0
    times = 20 if everything else 2
    for season in range(1, times + 1):
        sow(farm, season)
        safe = snapshots(farm.archive)
        os.sync()
        process = subprocess.Popen(
            [sys.executable, str(RUN), str(farm.root)],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(timeout=whole * chance.uniform(0.4, 1))
        cut(below, above)
        process.wait()
        if season % 2:
            lose_clusters(farm.archive, chance)
        missing = lost(farm.archive, safe)
        damaged += bool(missing)
        try:
            named = verified(farm)
        except (RootcellarError, OSError):  # said in words; a person decides
            unreadable += 1
            begin_again(farm)
            continue
        assert missing <= named | lost_and_healed(farm, safe, missing), season
    print(f"{times} cuts: {damaged} damaged, {unreadable} unreadable")  # noqa: T201
    assert damaged >= times // 2


def verified(farm: Farm) -> set[str]:
    with StateStore(farm.state_path) as state:
        report, _ = verify_and_heal(farm.archive, state, lambda _: farm.export(accept_losses=True))
    return {one.path for one in report.problems}


def lost_and_healed(farm: Farm, safe: list[str], missing: set[str]) -> set[str]:
    """Return what is there again: the journal was redone, or a file was taken anew."""
    return missing - lost(farm.archive, safe)


def begin_again(farm: Farm) -> None:
    """Make the archive anew, as a person would whose drive cannot be read."""
    import shutil

    shutil.rmtree(farm.archive.resolve(), ignore_errors=True)
    shutil.rmtree(farm.state_path.parent)
    farm.export()
