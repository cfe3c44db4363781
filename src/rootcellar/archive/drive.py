"""What is known of the drive under a folder: how it is mounted, its room, the disk that it is on.

Reads what the system says; writes nothing. Facts about disks are from Linux' sysfs and from
`diskutil` on a Mac (the latter untried).
"""

import os
import plistlib
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

from msgspec import Struct

from rootcellar.errors import ArchiveUnwritable

FLOOR = 8 << 20
"""With less free bytes than this no run is begun: it could not even end well."""
FEW_FILES = 200
LARGE_CLUSTER = 64 << 10
FAT32 = frozenset({"vfat", "msdos", "fat32", "fusefat"})
_NOT_DRIVES = frozenset(
    {
        *("proc", "sysfs", "cgroup", "cgroup2", "devpts", "devtmpfs", "mqueue", "debugfs", "bpf"),
        *("tracefs", "securityfs", "pstore", "hugetlbfs", "autofs", "devfs", "configfs", "nsfs"),
    }
)


class Drive(Struct, frozen=True):
    """A mounted file system: sizes in bytes; `files` that may still be made, None: no limit."""

    mount: Path
    kind: str
    free: int
    total: int
    files: int | None
    cluster: int
    is_read_only: bool


def drive_of(folder: Path) -> Drive:
    """Return the drive that a folder is on; raises OSError when it cannot be asked."""
    found = os.statvfs(folder)
    mount, kind = _mount_of(folder)
    return Drive(
        mount=mount,
        kind=kind,
        free=found.f_bavail * found.f_frsize,
        total=found.f_blocks * found.f_frsize,
        files=found.f_favail if found.f_files else None,
        cluster=max(found.f_bsize, found.f_frsize),
        is_read_only=bool(found.f_flag & os.ST_RDONLY),
    )


def mounts() -> Iterator[tuple[Path, str]]:
    """Yield (mount point, kind of file system) of everything that may be a drive."""
    import psutil

    for part in psutil.disk_partitions(all=True):
        if part.fstype not in _NOT_DRIVES:
            yield Path(part.mountpoint), part.fstype


def _mount_of(folder: Path) -> tuple[Path, str]:
    place = Path(os.path.realpath(folder))
    above = {place, *place.parents}
    found = [one for one in mounts() if one[0] in above]
    return max(found, key=lambda one: len(one[0].parts), default=(Path("/"), ""))


def require_room(folder: Path) -> None:
    """Raise ArchiveUnwritable when nothing can be written in a folder, before a run begins."""
    drive = drive_of(folder)
    if drive.is_read_only:
        raise ArchiveUnwritable(
            f"The drive of {folder} is read-only.",
            hint="Check it (it may be damaged: Disk Utility, fsck), and mount it for writing.",
        )
    if drive.free < FLOOR or (drive.files is not None and drive.files < FEW_FILES):
        raise ArchiveUnwritable(
            f"The drive of {folder} is full.",
            hint="Free some space on it, or move the archive to a larger drive.",
        )


# -- the disk under it -------------------------------------------------------------------------


def is_same_disk(one: Path, other: Path) -> bool:
    """Return whether two folders are on the same physical disk, as far as the system says."""
    try:
        devices = one.stat().st_dev, other.stat().st_dev
    except OSError:
        return False
    if devices[0] == devices[1]:
        return True
    disks = _disks(one, devices[0]), _disks(other, devices[1])
    return bool(disks[0] & disks[1])


def _disks(folder: Path, device: int) -> frozenset[str]:
    """Return the names of the whole disks that a folder's file system lies on."""
    if sys.platform == "darwin":
        return _disks_by_diskutil(folder)
    return _whole(Path(f"/sys/dev/block/{os.major(device)}:{os.minor(device)}"))


def _whole(block: Path) -> frozenset[str]:
    """Return the whole disks below a block device: through partitions, volumes and RAIDs."""
    try:
        place = block.resolve(strict=True)
    except OSError:
        return frozenset()  # no block device: a network drive, a tmpfs
    slaves = list((place / "slaves").iterdir()) if (place / "slaves").is_dir() else []
    if slaves:
        return frozenset(name for slave in slaves for name in _whole(slave))
    return frozenset({place.parent.name if (place / "partition").exists() else place.name})


def _disks_by_diskutil(folder: Path) -> frozenset[str]:
    try:
        mount, _ = _mount_of(folder)
        done = subprocess.run(  # noqa: S603 - the system's own, with a path
            [shutil.which("diskutil") or "diskutil", "info", "-plist", str(mount)],
            capture_output=True,
            check=True,
            timeout=20,
        )
        found = plistlib.loads(done.stdout)
    except (OSError, subprocess.SubprocessError, plistlib.InvalidFileException, ValueError):
        return frozenset()
    stores = [str(one.get("APFSPhysicalStore", "")) for one in found.get("APFSPhysicalStores", ())]
    names = stores or [str(found.get("ParentWholeDisk", ""))]
    return frozenset(
        "disk" + name.removeprefix("disk").partition("s")[0] for name in names if name
    )
