"""What to know about a place for an archive before it is trusted."""

import contextlib
from collections.abc import Iterator
from pathlib import Path

from rootcellar.archive.drive import FAT32, LARGE_CLUSTER, drive_of, is_same_disk


def advice_on_archive(archive: Path, home: Path) -> Iterator[str]:
    """Yield what a person should know about this place; nothing of it forbids its use."""
    if _is_in_cloud(archive, home):
        yield (
            "This folder is synchronised by a cloud service: it may take files off this machine, "
            "and what is deleted elsewhere is deleted here. Better choose a drive of your own."
        )
    place = next((one for one in (archive, *archive.parents) if one.exists()), archive)
    if is_same_disk(place, home):
        yield (
            "The archive is on the same drive as your data: when the drive fails, both are lost. "
            "Better choose another drive, or copy the archive to one."
        )
    with contextlib.suppress(OSError):
        drive = drive_of(place)
        if drive.kind.lower() in FAT32:
            yield (
                "This drive is formatted as FAT32, which holds no file of 4 GB or more: long "
                "videos will fail. Better format it as APFS or exFAT (that erases it)."
            )
        if drive.cluster >= LARGE_CLUSTER:
            yield (
                f"On this drive each file takes at least {drive.cluster >> 10:,} kB, however "
                "small it is: ten thousand notes or sidecars take "
                f"{drive.cluster * 10_000 / 1e9:.1f} GB. APFS and ext4 waste much less."
            )


def _is_in_cloud(archive: Path, home: Path) -> bool:
    """Return whether iCloud Drive or another cloud service keeps this folder on many machines."""
    if "Mobile Documents" in archive.parts or "CloudStorage" in archive.parts:
        return True
    drive = home / "Library" / "Mobile Documents" / "com~apple~CloudDocs"
    return any(  # "Desktop & Documents Folders" is on: then both are in iCloud Drive
        (drive / name).exists() and (home / name) in (archive, *archive.parents)
        for name in ("Desktop", "Documents")
    )
