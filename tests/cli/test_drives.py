"""Drives that go, come back under another name, are copied, full, read-only, or are pulled out.

On real mounts: file systems in files, mounted by root on Linux.
"""

import fcntl
import os
import shutil
import struct
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

pytestmark = pytest.mark.faults
FS_IOC_SHUTDOWN = 0x8004587D
NO_LOG_FLUSH = struct.pack("I", 2)


def call(*command: str | Path) -> None:
    subprocess.run(command, check=True, capture_output=True)


class Drives:
    """Makes drives below a folder, as a Mac mounts them below /Volumes."""

    def __init__(self, root: Path) -> None:
        self.volumes = root / "Volumes"
        self.volumes.mkdir()
        self.spare = root / "spare"
        self.spare.mkdir()

    def make(self, name: str) -> Path:
        """Mount a new drive: a file system in a file."""
        image = self.spare / name
        call("truncate", "-s", "96M", image)
        call("mkfs.ext4", "-q", "-m", "0", image)
        return self.mount(name, name)

    def mount(self, drive: str, name: str) -> Path:
        """Mount a drive under some name."""
        place = self.volumes / name
        place.mkdir(exist_ok=True)
        call("mount", "-o", "loop", self.spare / drive, place)
        return place

    def unmount(self, name: str) -> Path:
        call("umount", self.volumes / name)
        return self.volumes / name


@pytest.fixture
def drives(tmp_path: Path) -> Iterator[Drives]:
    found = Drives(tmp_path)
    try:
        found.make("Cellar")
    except (subprocess.CalledProcessError, FileNotFoundError):
        pytest.skip("mounting a drive needs root, loop devices and mkfs.ext4")
    try:
        yield found
    finally:
        for folder in found.volumes.iterdir():
            while subprocess.run(["umount", "-l", folder], capture_output=True).returncode == 0:
                continue


@pytest.fixture
def nightly(garden: Any, drives: Drives) -> Any:
    """A garden that is archived onto the drive Cellar by a job."""
    return settle(garden, drives.volumes / "Cellar" / "Archive")


def settle(world: Any, archive: Path) -> Any:
    world.settle("")
    done = world.run("init", archive, "--home", world.home, "--yes")
    assert done.code == 0, done.err
    world.settle(f'archive = "{archive}"\nhome = "{world.home}"\nexporters = ["garden"]\n')
    assert world.run("run").code == 0
    return world


def ran(world: Any) -> tuple[int, str, str]:
    """Run the job; return exit code, outcome and message."""
    done = world.run("run", "--json")
    job = done.document["jobs"]["nightly"]
    return done.code, job["outcome"], job["message"]


def fill(drive: Path, left: int) -> None:
    """Leave only so many bytes on a drive."""
    found = os.statvfs(drive)
    with (drive / "filler").open("wb") as file:
        os.posix_fallocate(file.fileno(), 0, found.f_bavail * found.f_frsize - left)


def planted(archive: Path) -> set[str]:
    return {path.name for path in (archive / "Garden").glob("*.txt")}


def test_an_unmounted_drive_gets_not_one_byte_and_the_job_waits(
    nightly: Any, drives: Drives
) -> None:
    ghost = drives.unmount("Cellar")
    nightly.plant("fig")
    for _ in range(2):
        code, outcome, message = ran(nightly)
        assert (code, outcome) == (75, "waiting")
        assert "is not there now" in message
        assert list(ghost.iterdir()) == []
    assert nightly.run("status").code == 75
    drives.mount("Cellar", "Cellar")
    assert ran(nightly)[:2] == (0, "ok")
    assert "fig.txt" in planted(drives.volumes / "Cellar" / "Archive")


def test_a_drive_that_is_mounted_under_another_name_is_found_and_named(
    nightly: Any, drives: Drives
) -> None:
    ghost = drives.unmount("Cellar")
    renamed = drives.mount("Cellar", "Cellar 1")
    nightly.plant("fig")
    done = nightly.run("run")
    assert done.code == 0
    assert f"it is at {renamed / 'Archive'} now" in done.err
    assert "Garden: 1 new" in done.out
    assert planted(renamed / "Archive") == {"fig.txt", "pear.txt", "plum.txt"}
    assert list(ghost.iterdir()) == []
    status = nightly.run("status", "--json")
    assert (status.code, status.document["archive"]) == (0, str(renamed / "Archive"))
    assert not status.document["jobs"]["nightly"]["stale"]
    drives.unmount("Cellar 1")
    drives.mount("Cellar", "Cellar")
    done = nightly.run("run")
    assert (done.code, done.err) == (0, "")


def test_what_was_written_to_the_place_of_a_drive_is_told_and_left_alone(
    nightly: Any, drives: Drives
) -> None:
    ghost = drives.unmount("Cellar") / "Archive"
    (ghost / "Photos").mkdir(parents=True)
    (ghost / "Photos" / "lost.jpeg").write_bytes(b"x" * 2_000_000)
    code, outcome, _ = ran(nightly)
    assert (code, outcome) == (1, "failed")
    drives.mount("Cellar", "Cellar 1")
    done = nightly.run("run")
    assert done.code == 0
    assert f"{ghost} holds 1 files (2.0 MB) that are not on the archive's drive" in done.err
    assert [path.name for path in ghost.rglob("*")] == ["Photos", "lost.jpeg"]


def test_two_drives_that_have_swapped_their_names_are_told_apart(
    nightly: Any, drives: Drives
) -> None:
    other = drives.make("Attic") / "Archive"
    one = drives.volumes / "Cellar" / "Archive"
    assert nightly.run("export", "--home", nightly.home, "--archive", other).code == 0
    for name in ("Cellar", "Attic"):
        drives.unmount(name)
    drives.mount("Cellar", "Attic")
    drives.mount("Attic", "Cellar")
    nightly.plant("fig")
    assert ran(nightly)[:2] == (0, "ok")
    assert "fig.txt" in planted(other)  # the drive that was Cellar
    assert "fig.txt" not in planted(one)


def test_a_copy_of_the_archive_is_refused_until_it_is_adopted(
    nightly: Any, drives: Drives
) -> None:
    archive = drives.volumes / "Cellar" / "Archive"
    copy = drives.make("Clone") / "Archive"
    shutil.copytree(archive, copy)
    nightly.plant("fig")
    done = nightly.run("export", "--home", nightly.home, "--archive", copy, "--json")
    assert (done.code, done.document["outcome"]) == (1, "failed")
    assert f"{copy} is a copy of the archive at {archive}" in done.document["error"]["message"]
    assert f"rootcellar rebuild --archive '{copy}'" in done.document["error"]["hint"]
    assert "fig.txt" not in planted(copy)
    assert ran(nightly)[:2] == (0, "ok")
    assert nightly.run("rebuild", "--archive", copy).code == 0
    assert nightly.run("export", "--home", nightly.home, "--archive", copy).code == 0
    assert "fig.txt" in planted(copy)
    code, _, message = ran(nightly)  # now the other one is the copy
    assert code == 1
    assert f"{archive} is a copy of the archive at {copy}" in message


def test_an_old_copy_that_is_mounted_in_the_place_of_the_archive_is_refused(
    nightly: Any, drives: Drives
) -> None:
    archive = drives.volumes / "Cellar" / "Archive"
    clone = drives.make("Clone")
    shutil.copytree(archive, clone / "Archive")
    for name in ("fig", "quince", "medlar"):
        nightly.plant(name)
        assert ran(nightly)[:2] == (0, "ok")
    for name in ("Clone", "Cellar"):
        drives.unmount(name)
    drives.mount("Clone", "Cellar")
    code, outcome, message = ran(nightly)
    assert (code, outcome) == (1, "failed")
    assert "is an older copy of the archive" in message
    assert planted(archive) == {"pear.txt", "plum.txt"}
    drives.unmount("Cellar")
    drives.mount("Cellar", "Cellar")
    assert ran(nightly)[:2] == (0, "ok")


def test_two_copies_and_no_original_are_not_chosen_between(nightly: Any, drives: Drives) -> None:
    archive = drives.volumes / "Cellar" / "Archive"
    for name in ("Clone", "Clone 2"):
        shutil.copytree(archive, drives.make(name) / "Archive")
    drives.unmount("Cellar")
    code, _, message = ran(nightly)
    assert code == 1
    assert "is in several places now" in message


def test_a_read_only_drive_is_told_and_the_next_run_continues(
    nightly: Any, drives: Drives
) -> None:
    nightly.plant("fig")
    call("mount", "-o", "remount,ro", drives.volumes / "Cellar")
    code, outcome, message = ran(nightly)
    assert (code, outcome) == (1, "failed")
    assert "is read-only" in message
    call("mount", "-o", "remount,rw", drives.volumes / "Cellar")
    assert ran(nightly)[:2] == (0, "ok")


def test_a_full_drive_is_told_and_the_next_run_continues(nightly: Any, drives: Drives) -> None:
    drive = drives.volumes / "Cellar"
    nightly.plant("fig")
    fill(drive, 2 << 20)
    code, outcome, message = ran(nightly)
    assert (code, outcome) == (1, "failed")
    assert "is full" in message
    (drive / "filler").unlink()
    assert ran(nightly)[:2] == (0, "ok")


def test_a_drive_that_runs_full_in_the_middle_of_a_run_loses_nothing(
    nightly: Any, drives: Drives
) -> None:
    for number in range(30):
        nightly.plant(f"melon {number}", chr(97 + number % 26) * 1_000_000)
    fill(drives.volumes / "Cellar", 20 << 20)
    code, outcome, message = ran(nightly)
    assert (code, outcome) == (1, "failed")
    assert "full" in message
    (drives.volumes / "Cellar" / "filler").unlink()
    assert ran(nightly)[:2] == (0, "ok")
    assert len(planted(drives.volumes / "Cellar" / "Archive")) == 32


def test_a_drive_that_is_pulled_out_in_the_middle_of_a_run_is_waited_for(
    garden: Any, drives: Drives
) -> None:
    archive = drives.make("Stick") / "Archive"
    settle(garden, archive)
    garden.plant("slow")
    garden.plant("fig")
    with garden.start("run", "--json") as process:
        assert process.stderr.readline() == "waiting for go\n"
        handle = os.open(drives.volumes / "Stick", os.O_RDONLY)
        fcntl.ioctl(handle, FS_IOC_SHUTDOWN, NO_LOG_FLUSH)
        os.close(handle)
        (garden.home / "Garden" / "go").touch()
        process.communicate(timeout=60)
    assert process.returncode == 75
    ghost = drives.unmount("Stick")
    assert list(ghost.iterdir()) == []
    assert ran(garden)[:2] == (75, "waiting")
    assert list(ghost.iterdir()) == []
    drives.mount("Stick", "Stick")
    assert ran(garden)[:2] == (0, "ok")
    assert planted(archive) == {"fig.txt", "pear.txt", "plum.txt", "slow.txt"}


def test_on_mount_runs_when_the_drive_has_come(nightly: Any, drives: Drives) -> None:
    settings = nightly.settings.read_text()
    nightly.settle(f'{settings}[jobs.carry]\nschedule = "on mount"\n')
    first = nightly.run("run", "--due", "--json").document["jobs"]["carry"]
    assert (first["due"], first["outcome"]) == (True, "ok")
    assert not nightly.run("run", "--due", "--json").document["jobs"]["carry"]["due"]
    drives.unmount("Cellar")
    away = nightly.run("run", "--due", "--json").document["jobs"]["carry"]
    assert (away["due"], away["reason"]) == (False, "the archive's drive is not there")
    import time

    time.sleep(1.1)  # what is remembered is exact to the second
    drives.mount("Cellar", "Cellar")
    assert nightly.run("run", "--due", "--json").document["jobs"]["carry"]["outcome"] == "ok"
    assert not nightly.run("run", "--due", "--json").document["jobs"]["carry"]["due"]
