"""What is known of drives: room, kinds, and whether two folders share one physical disk."""

import plistlib
import sys
from pathlib import Path

import pytest

from rootcellar.archive import drive
from rootcellar.archive.drive import drive_of, is_same_disk, require_room
from rootcellar.cli.advice import advice_on_archive
from rootcellar.errors import ArchiveUnwritable


def block(root: Path, disk: str, partition: str = "") -> Path:
    """Make what sysfs says of a disk, and perhaps a partition on it."""
    place = root / "devices" / disk / partition
    place.mkdir(parents=True, exist_ok=True)
    if partition:
        (place / "partition").write_text("1\n")
    return place


def test_partitions_of_a_disk_and_volumes_on_them_are_on_that_disk(tmp_path: Path) -> None:
    one, two = block(tmp_path, "sda", "sda1"), block(tmp_path, "sda", "sda2")
    other = block(tmp_path, "sdb")
    mapped = block(tmp_path, "dm-0")
    (mapped / "slaves").mkdir()
    (mapped / "slaves" / "sda2").symlink_to(two)
    raid = block(tmp_path, "md0")
    (raid / "slaves").mkdir()
    for part in (two, other):
        (raid / "slaves" / part.name).symlink_to(part)
    found = [drive._whole(place) for place in (one, two, other, mapped, raid)]
    assert found == [{"sda"}, {"sda"}, {"sdb"}, {"sda"}, {"sda", "sdb"}]
    assert drive._whole(tmp_path / "none") == frozenset()


def test_on_a_mac_volumes_of_one_container_are_on_one_disk(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As `diskutil info -plist` is documented; not tried on a Mac."""
    program = tmp_path / "diskutil"
    monkeypatch.setenv("PATH", str(tmp_path), prepend=":")
    for said, disks in (
        ({"APFSPhysicalStores": [{"APFSPhysicalStore": "disk0s2"}]}, {"disk0"}),
        ({"ParentWholeDisk": "disk4"}, {"disk4"}),
        ({}, set()),
    ):
        (tmp_path / "answer").write_bytes(plistlib.dumps(said))
        program.write_text(f"#!/bin/sh\ncat '{tmp_path}/answer'\n")
        program.chmod(0o755)
        assert drive._disks_by_diskutil(tmp_path) == disks


def test_a_folder_is_on_the_same_disk_as_another_of_its_file_system(tmp_path: Path) -> None:
    (tmp_path / "a").mkdir()
    assert is_same_disk(tmp_path, tmp_path / "a")
    assert not is_same_disk(tmp_path, tmp_path / "none")
    if sys.platform == "linux":
        assert not is_same_disk(tmp_path, Path("/proc"))


def test_a_drive_says_how_much_room_it_has(tmp_path: Path) -> None:
    found = drive_of(tmp_path)
    assert 0 < found.free <= found.total
    assert found.mount in (tmp_path, *tmp_path.parents)
    require_room(tmp_path)


def test_a_drive_without_room_for_files_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(drive, "FEW_FILES", 1 << 60)
    if drive_of(tmp_path).files is not None:
        with pytest.raises(ArchiveUnwritable, match="is full"):
            require_room(tmp_path)


@pytest.mark.parametrize(
    ("kind", "cluster", "said"),
    [("vfat", 4096, "FAT32"), ("exfat", 131_072, "at least 128 kB"), ("apfs", 4096, "")],
)
def test_the_limits_of_a_file_system_are_told(
    kind: str, cluster: int, said: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    known = drive.Drive(tmp_path, kind, 10**12, 10**12, None, cluster, is_read_only=False)
    monkeypatch.setattr("rootcellar.cli.advice.drive_of", lambda _: known)
    monkeypatch.setattr("rootcellar.cli.advice.is_same_disk", lambda *_: False)
    advice = list(advice_on_archive(tmp_path / "new" / "archive", tmp_path))
    assert [said in text for text in advice] == ([True] if said else [])


@pytest.mark.parametrize(
    ("place", "is_in_cloud"),
    [
        ("Library/Mobile Documents/com~apple~CloudDocs/Archive", True),
        ("Library/CloudStorage/Dropbox/Archive", True),
        ("Documents/Archive", True),
        ("Desktop", False),
        ("Archive", False),
    ],
)
def test_an_archive_in_icloud_drive_is_warned_about(
    place: str, is_in_cloud: bool, tmp_path: Path
) -> None:
    drive = tmp_path / "Library" / "Mobile Documents" / "com~apple~CloudDocs"
    (drive / "Documents").mkdir(parents=True)
    advice = list(advice_on_archive(tmp_path / place, tmp_path))
    assert any("synchronised by a cloud" in text for text in advice) == is_in_cloud
