"""Copies of source files: made ahead by several threads, cloned where the file system can."""

import hashlib
import os
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from orchard import Farm, counts

from rootcellar.archive import copying
from rootcellar.archive.copying import CHUNK, CopiesAhead, FileUnreadable, copy
from rootcellar.archive.disk import Disk

LARGE = 3 * CHUNK + 17


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[Disk]:
    (tmp_path / "archive").mkdir()
    disk = Disk(tmp_path / "archive")
    yield disk
    disk.close()


def source(folder: Path, name: str, size: int = LARGE) -> Path:
    path = folder / name
    path.write_bytes(os.urandom(size))
    return path


def test_copies_made_ahead_are_what_was_there(disk: Disk, tmp_path: Path) -> None:
    paths = [source(tmp_path, f"{number}.bin") for number in range(12)]
    ahead = CopiesAhead(disk, [(path, f"parts/{path.name}", 10**18) for path in paths])
    for path in reversed(paths):
        part, written = ahead.take(path, 10**18) or ("", None)
        assert written is not None
        data = path.read_bytes()
        assert disk.read(part) == data
        assert (written.size, written.sha256) == (LARGE, hashlib.sha256(data).hexdigest())
        assert written.mtime_ns == 10**18
        assert ahead.take(path, 10**18) is None
    ahead.close()


def test_copies_nobody_takes_are_removed(disk: Disk, tmp_path: Path) -> None:
    paths = [source(tmp_path, f"{number}.bin") for number in range(9)]
    ahead = CopiesAhead(disk, [(path, f"parts/{path.name}", 0) for path in paths])
    ahead.take(paths[0], 0)
    ahead.close()
    assert disk.names("parts") == ["0.bin"]


def test_one_file_that_cannot_be_read_spoils_no_other(disk: Disk, tmp_path: Path) -> None:
    here, gone = source(tmp_path, "here.bin"), tmp_path / "gone.bin"
    ahead = CopiesAhead(disk, [(gone, "parts/0", 0), (here, "parts/1", 0)])
    with pytest.raises(FileUnreadable):
        ahead.take(gone, 0)
    assert ahead.take(here, 0) is not None
    ahead.close()
    assert disk.names("parts") == ["1"]


def test_large_files_of_new_items_are_copied_ahead_and_reported_as_ever(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    begun: list[Path] = []
    real = copying.copy

    def counted(disk: Disk, path: Path, *rest: object) -> copying.Written:
        begun.append(path)
        return real(disk, path, *rest)  # type: ignore[arg-type]

    monkeypatch.setattr(copying, "copy", counted)
    farm = Farm(tmp_path)
    for number in range(5):
        farm.plant(f"k{number}", os.urandom(LARGE))
    farm.plant("small", b"apple")
    assert counts(farm.export()) == {"new": 6}
    assert sorted(path.stem for path in begun) == [f"k{number}" for number in range(5)]
    assert counts(farm.export()) == {"unchanged": 6}
    for number in range(5):
        assert (farm.archive / f"Orchard/k{number}.bin").read_bytes() == (
            farm.store / f"k{number}.bin"
        ).read_bytes()
    assert not list((farm.archive / ".rootcellar/parts").iterdir())


@pytest.fixture(params=["btrfs", "xfs"])
def cloning(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Path]:
    """A file system that can clone, on a loop device."""
    image, place = tmp_path / "image", tmp_path / "place"
    place.mkdir()
    with image.open("wb") as file:
        file.truncate(400 << 20)
    try:
        subprocess.run([f"mkfs.{request.param}", "-q", image], check=True, capture_output=True)
        subprocess.run(["mount", "-o", "loop", image, place], check=True, capture_output=True)
    except (FileNotFoundError, subprocess.CalledProcessError) as error:
        pytest.skip(f"no {request.param} here: {error}")
    yield place
    subprocess.run(["umount", "-l", place], check=True)


def used(place: Path) -> int:
    os.sync()
    status = os.statvfs(place)
    return (status.f_blocks - status.f_bfree) * status.f_frsize


def test_on_a_file_system_that_can_clone_a_copy_takes_no_room(cloning: Path) -> None:
    path = source(cloning, "original.bin", 40 << 20)
    (cloning / "archive").mkdir()
    disk = Disk(cloning / "archive")
    before = used(cloning)
    written = copy(disk, path, "parts/0", 10**18, memoryview(bytearray(CHUNK)))
    assert used(cloning) - before < 4 << 20
    assert written.sha256 == hashlib.sha256(path.read_bytes()).hexdigest()
    path.write_bytes(b"changed")
    assert disk.sha256("parts/0") == written.sha256
    assert written.mtime_ns == 10**18
    disk.close()


def test_control_where_it_cannot_clone_a_copy_takes_its_room(
    cloning: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(copying, "clone", lambda *_: False)
    path = source(cloning, "original.bin", 40 << 20)
    (cloning / "archive").mkdir()
    disk = Disk(cloning / "archive")
    before = used(cloning)
    copy(disk, path, "parts/0", 0, memoryview(bytearray(CHUNK)))
    assert used(cloning) - before >= 40 << 20
    disk.close()
