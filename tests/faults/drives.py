"""File systems of their own on loop devices, which can lose their power; needs root, on Linux."""

import contextlib
import fcntl
import os
import shutil
import struct
import subprocess
from dataclasses import dataclass
from pathlib import Path

import pytest

SHUTDOWN = 0x8004587D
"""FS_IOC_SHUTDOWN of Linux' ext4 and XFS."""
WITHOUT_LOG = 2
"""What has not been synced is lost, as when the power is cut."""
CARELESS = """
import runpy, sys
import rootcellar.archive.disk as disk
disk._syncfs = lambda handle: True
disk.Disk.flush = lambda self: None
sys.argv = sys.argv[1:]
runpy.run_path(sys.argv[0], run_name="__main__")
"""
"""A program, for `python -c`, that runs another and syncs nothing: what controls are made with."""


def _run(*command: str | Path) -> str:
    done = subprocess.run([*map(str, command)], capture_output=True, text=True)
    if done.returncode != 0:
        raise OSError(f"{command[0]}: {done.stderr.strip()}")
    return done.stdout.strip()


@dataclass
class Drive:
    """An image file with a file system, mounted at `place` through a loop device."""

    image: Path
    place: Path
    kind: str
    device: str = ""

    @classmethod
    def make(
        cls, folder: Path, kind: str, megabytes: int = 64, place: Path | None = None
    ) -> "Drive":
        """Make and mount one; skips the test, saying so, where that is impossible."""
        maker = {"ext4": "mkfs.ext4", "exfat": "mkfs.exfat"}[kind]
        if os.geteuid() != 0 or not shutil.which(maker) or not shutil.which("losetup"):
            pytest.skip(f"a drive with {kind} needs root, {maker} and losetup")
        drive = cls(folder / f"{kind}.img", place or folder / kind, kind)
        drive.place.mkdir()
        with drive.image.open("wb") as file:
            file.truncate(megabytes << 20)
        try:
            drive.device = _run("losetup", "--find", "--show", drive.image)
            _run(maker, *(["-q"] if kind == "ext4" else []), drive.device)
            drive.mount()
        except OSError as error:
            drive.remove()
            pytest.skip(f"no drive with {kind} can be made here: {error}")
        return drive

    def mount(self) -> None:
        """Connect the drive."""
        if self.kind == "exfat":
            _run("mount.exfat-fuse", self.device, self.place)
        else:
            _run("mount", "-t", self.kind, self.device, self.place)

    def unmount(self) -> None:
        """Take the drive away."""
        _run("umount", self.place)

    def take_away(self) -> None:
        """Take the drive out without a word, with its loop device."""
        subprocess.run(["umount", "-l", str(self.place)], capture_output=True)
        subprocess.run(["losetup", "-d", self.device], capture_output=True)

    def connect(self) -> None:
        """Connect a drive that was taken away, after the check that every system makes."""
        self.device = _run("losetup", "--find", "--show", self.image)
        if self.kind == "exfat":
            subprocess.run(["fsck.exfat", "-y", self.device], capture_output=True)
        self.mount()

    def cut_the_power(self) -> None:
        """Let everything on the drive fail from now on, and lose what was not synced."""
        handle = os.open(self.place, os.O_RDONLY | os.O_DIRECTORY)
        try:
            fcntl.ioctl(handle, SHUTDOWN, struct.pack("I", WITHOUT_LOG))
        finally:
            os.close(handle)

    def run_until_cut(self, seconds: float, *command: str) -> tuple[str, int | None]:
        """Run a command and cut the power after some seconds; the drive is mounted again then.

        Returns what it told, and its exit code: None when it was still running.
        """
        process = subprocess.Popen(
            command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
        )
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(timeout=seconds)
        code = process.poll()
        self.cut_the_power()
        told, _ = process.communicate(timeout=60)
        self.unmount()
        self.mount()
        return told, code

    def remove(self) -> None:
        """Unmount, and give the loop device back."""
        subprocess.run(["umount", "-l", str(self.place)], capture_output=True)
        if self.device:
            subprocess.run(["losetup", "-d", self.device], capture_output=True)


def server_of(drive: Drive) -> int:
    """Return the id of the process that serves this drive (exFAT by FUSE), and no other; or 0."""
    for folder in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError):
            words = (folder / "cmdline").read_bytes().decode().split("\0")
            if "exfat" in words[0] and drive.device in words and str(drive.place) in words:
                return int(folder.name)
    return 0
