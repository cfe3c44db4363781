"""The journal of a batch may be redone from anywhere, any number of times, to the same end."""

import hashlib
import os
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from killing import killed_at

from rootcellar.archive import disk as disk_module
from rootcellar.archive.disk import Disk
from rootcellar.archive.journal import Journal
from rootcellar.archive.writer import Batch, is_pending, recover

pytestmark = pytest.mark.faults

Fill = Callable[[Batch], None]


def sha256(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def replaced(batch: Batch) -> None:
    batch.retire("a.bin", sha256(b"old a"))
    batch.put_bytes(b"new a", "a.bin", 0)


def replaced_under_another_case(batch: Batch) -> None:
    batch.retire("a.bin", sha256(b"old a"))
    batch.put_bytes(b"new a", "A.bin", 0)


def replaced_by_another_file(batch: Batch) -> None:
    batch.retire("a.bin", sha256(b"old a"))
    batch.move("b.bin", "a.bin")


def renamed_in_case(batch: Batch) -> None:
    batch.move("a.bin", "A.bin")


def moved_and_followed(batch: Batch) -> None:
    batch.move("a.bin", "folder/a.bin")
    batch.put_bytes(b"new a", "a.bin", 0)


def dropped(batch: Batch) -> None:
    batch.drop("a.bin")
    batch.put_bytes(b"newer a", "a.bin", 0)


def dropped_and_followed(batch: Batch) -> None:
    batch.drop("a.bin")
    batch.move("b.bin", "a.bin")


def everything(batch: Batch) -> None:
    batch.retire("a.bin", sha256(b"old a"))
    batch.quarantine("b.bin", sha256(b"old b"))
    batch.move("c.bin", "b.bin")
    batch.put_bytes(b"new a", "a.bin", 0)
    batch.put_bytes(b"d", "folder/d.bin", 0)


FILLS = (
    *(replaced, replaced_under_another_case, replaced_by_another_file, renamed_in_case),
    moved_and_followed,
    *(dropped, dropped_and_followed, everything),
)


def make(root: Path) -> None:
    shutil.rmtree(root, ignore_errors=True)
    root.mkdir()
    for name in "abc":
        (root / f"{name}.bin").write_bytes(f"old {name}".encode())


def files(root: Path) -> dict[str, bytes]:
    return {
        path.relative_to(root).as_posix(): path.read_bytes()
        for path in root.rglob("*")
        if path.is_file()
    }


def commit(root: Path, fill: Fill) -> None:
    disk = Disk(root)
    try:
        batch = Batch(disk)
        fill(batch)
        batch.commit({}, lambda settlement: None)
    finally:
        disk.close()


def start_again(root: Path) -> None:
    disk = Disk(root)
    try:
        recover(disk, lambda settlement: None)
        assert not is_pending(disk)
    finally:
        disk.close()


@pytest.fixture(params=["case-sensitive", "case-ignoring"], autouse=True)
def names(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Run on a file system that tells case apart, and on one that ignores it as a Mac's does."""
    monkeypatch.setattr(disk_module, "_syncfs", lambda handle: True)
    if request.param == "case-sensitive":
        return

    def stored(path: str, handle: int) -> str:
        """Return the path as it is spelt on the disk; as given where there is no such file."""
        folder, _, name = path.rpartition("/")
        try:
            found = os.open(folder or ".", os.O_RDONLY, dir_fd=handle)
        except OSError:
            return path
        spelt = {one.casefold(): one for one in os.listdir(found)}  # noqa: PTH208 - a handle
        os.close(found)
        name = spelt.get(name.casefold(), name)
        return f"{folder}/{name}" if folder else name

    really_stat, really_unlink, really_rename = os.stat, os.unlink, os.rename

    def stat(path: object, *, dir_fd: int | None = None, **rest: object) -> os.stat_result:
        if dir_fd is not None and isinstance(path, str):
            path = stored(path, dir_fd)
        return really_stat(path, dir_fd=dir_fd, **rest)  # type: ignore[arg-type]

    def unlink(path: str, *, dir_fd: int | None = None) -> None:
        really_unlink(stored(path, dir_fd) if dir_fd else path, dir_fd=dir_fd)

    def rename(old: str, new: str, *, src_dir_fd: int, dst_dir_fd: int) -> None:
        old = stored(old, src_dir_fd)
        there = stored(new, dst_dir_fd)
        really_rename(old, there, src_dir_fd=src_dir_fd, dst_dir_fd=dst_dir_fd)
        if there != new:
            really_rename(there, new, src_dir_fd=src_dir_fd, dst_dir_fd=dst_dir_fd)

    for function in (stat, unlink, rename):
        monkeypatch.setattr(os, function.__name__, function)


@pytest.mark.parametrize("fill", FILLS)
def test_a_batch_cut_off_anywhere_is_all_or_nothing(tmp_path: Path, fill: Fill) -> None:
    root = tmp_path / "archive"
    make(root)
    before = files(root)
    with killed_at(0) as deadline:
        commit(root, fill)
    after = files(root)
    assert after != before
    for step in range(1, len(deadline.steps) + 1):
        make(root)
        with killed_at(step):
            commit(root, fill)
        start_again(root)
        assert files(root) in (before, after), deadline.steps[step - 1]
        start_again(root)
        assert files(root) in (before, after)


@pytest.mark.parametrize("fill", FILLS)
def test_a_whole_batch_may_be_done_again(
    tmp_path: Path, fill: Fill, monkeypatch: pytest.MonkeyPatch
) -> None:
    root = tmp_path / "archive"
    make(root)
    with monkeypatch.context() as patch:
        patch.setattr("rootcellar.archive.writer.remove_journal", lambda disk: None)
        commit(root, fill)
    after = {name: data for name, data in files(root).items() if "/journal/" not in name}
    start_again(root)
    assert files(root) == after


@pytest.mark.parametrize("length", [0, 1, 20, -1, -40])
def test_a_torn_journal_counts_for_nothing(tmp_path: Path, length: int) -> None:
    root = tmp_path / "archive"
    make(root)
    before = files(root)
    disk = Disk(root)
    batch = Batch(disk)
    everything(batch)
    Journal(batch.steps, {"rows": "of the state"}).write(disk)
    path = root / ".rootcellar/journal/batch.jsonl"
    path.write_bytes(path.read_bytes()[:length])
    disk.close()
    start_again(root)
    assert files(root) == before
