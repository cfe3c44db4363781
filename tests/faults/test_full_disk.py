"""A full, failing, read-only or vanishing drive: the next run ends as an unbroken one would."""

import contextlib
import errno
import os
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from checking import check_archive
from killing import killed_at
from orchard import Farm, Orchard, tree
from seasons import Orchards, autumn, new_farm, spring, summer

from rootcellar.api import Capture
from rootcellar.archive import disk as disk_module
from rootcellar.engine import batching, writing
from rootcellar.engine.running import Order, run
from rootcellar.errors import DestinationWaiting, RootcellarError
from rootcellar.state.store import StateStore

pytestmark = pytest.mark.faults


# -- a drive that fails at a chosen moment -------------------------------------------------------


@contextlib.contextmanager
def full_after(budget: int) -> Iterator[list[int]]:
    """Let a drive take so many bytes and no more; a new folder takes some too."""
    left = [budget]
    really_fdopen, really_mkdir = os.fdopen, os.mkdir

    class Filling:
        def __init__(self, file: Any) -> None:
            self.file = file

        def write(self, data: Any) -> int:
            taken = min(len(data), left[0])
            if len(data) and not taken:
                raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
            left[0] -= taken
            return self.file.write(bytes(data)[:taken])

        def __enter__(self) -> "Filling":
            return self

        def __exit__(self, *_: object) -> None:
            self.file.close()

    def fdopen(handle: int, mode: str = "r", *rest: Any, **options: Any) -> Any:
        file = really_fdopen(handle, mode, *rest, **options)
        return Filling(file) if "w" in mode else file

    def mkdir(path: Any, mode: int = 0o777, *, dir_fd: int | None = None) -> None:
        if dir_fd is not None:
            if left[0] < 16:
                raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
            left[0] -= 16
        really_mkdir(path, mode, dir_fd=dir_fd)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(os, "fdopen", fdopen)
        patch.setattr(os, "mkdir", mkdir)
        yield left


@contextlib.contextmanager
def failing_at(step: int, number: int) -> Iterator[list[int]]:
    """Let the drive answer every change from the given one on with an error."""
    count = [0]
    really = {name: getattr(os, name) for name in ("rename", "unlink", "mkdir", "open")}

    def failing(name: str) -> Callable[..., Any]:
        def function(*arguments: Any, **options: Any) -> Any:
            ours = "dir_fd" in options or "src_dir_fd" in options
            if ours and (name != "open" or arguments[1] & os.O_CREAT):
                count[0] += 1
                if 0 < step <= count[0]:
                    raise OSError(number, os.strerror(number))
            return really[name](*arguments, **options)

        return function

    with pytest.MonkeyPatch.context() as patch:
        for name in really:
            patch.setattr(os, name, failing(name))
        yield count


def attempt(farm: Farm) -> tuple[str, str, str]:
    """Export; return outcome, message and hint, whether it was reported or raised."""
    try:
        report = farm.export().exporters["orchard"]
    except RootcellarError as error:
        return error.outcome, error.message, error.hint
    return report.outcome, report.message, report.hint


def intact(farm: Farm, expected: dict[str, bytes]) -> bool:
    """Return whether one more run makes of the archive what an unbroken run makes."""
    farm.export()
    assert tree(farm.archive, inside=True) == expected
    assert check_archive(farm.archive, farm.state_path) == []
    return True


@pytest.fixture(autouse=True)
def no_barriers(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(disk_module, "_syncfs", lambda handle: True)


@pytest.fixture(params=["first export", "changes of every kind"])
def orchards(request: pytest.FixtureRequest, tmp_path: Path) -> Orchards:
    if request.param == "first export":
        return Orchards(tmp_path, (), spring)
    return Orchards(tmp_path, (spring, summer), autumn)


def test_a_drive_may_be_full_at_any_byte(orchards: Orchards, everything: bool) -> None:
    steps, budget = 120 if everything else 25, 40_000
    full = 0
    for number in range(steps):
        farm = orchards.copy("full")
        with full_after(budget * number // steps):
            outcome, message, hint = attempt(farm)
        if outcome == "failed":
            full += 1
            assert "drive is full" in message
            assert "Free some space" in hint
        assert intact(farm, orchards.expected)
    assert steps // 3 < full < steps


def test_a_first_export_that_finds_no_room_leaves_nothing_behind(tmp_path: Path) -> None:
    orchards = Orchards(tmp_path, (), spring)
    farm = orchards.copy("full")
    with full_after(12_000):  # room for the archive itself, and not for all that goes into it
        outcome, message, _ = attempt(farm)
    assert (outcome, "drive is full" in message) == ("failed", True)
    assert not list(farm.archive.rglob("*.bin"))


@pytest.mark.parametrize("number", [errno.EIO, errno.ENXIO, errno.ENODEV, errno.ESTALE])
def test_a_drive_may_go_away_at_any_moment(
    orchards: Orchards, everything: bool, number: int
) -> None:
    with failing_at(0, number) as count:
        orchards.copy("counting").export()
    for step in range(1, count[0], 1 if everything else 17):
        farm = orchards.copy("broken")
        with failing_at(step, number):
            outcome, message, hint = attempt(farm)
        if outcome != "ok":  # the last changes of all are to STATUS.txt and to what is over
            assert outcome in ("waiting", "partial")
        if outcome == "waiting":
            assert "went away" in message
            assert "Connect it again" in hint
        assert intact(farm, orchards.expected)


def test_an_error_in_mid_journal_is_put_right_before_the_next_exporter_writes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Pears(Orchard):
        name = "pears"
        title = "Pears"

    def both(farm: Farm, pears: Farm) -> Any:
        order = Order(
            farm.archive,
            {"orchard": farm.task, "pears": pears.task},
            {"Orchard": "orchard", "Pears": "pears"},
        )
        with StateStore(farm.state_path) as state:
            return run(order, state)

    def two(root: Path) -> tuple[Farm, Farm]:
        farm, pears = new_farm(root), Farm(root / "pears", exporter=Pears())
        for season in (spring, summer, autumn):
            season(farm)
            season(pears)
        return farm, pears

    whole, others = two(tmp_path / "whole")
    both(whole, others)
    really = os.rename
    for failure in (1, 5, 20, 30):
        farm, pears = two(tmp_path / f"broken{failure}")
        count = [0]

        def rename(old: str, new: str, *, at: int = failure, count=count, **options: Any) -> None:
            count[0] += str(new).startswith("Orchard/")
            if count[0] == at:
                count[0] += 1
                raise OSError(errno.EIO, os.strerror(errno.EIO))
            really(old, new, **options)

        monkeypatch.setattr(os, "rename", rename)
        report = both(farm, pears)
        monkeypatch.setattr(os, "rename", really)
        assert report.exporters["orchard"].outcome == "waiting"
        assert report.exporters["pears"].outcome == "ok"
        both(farm, pears)
        assert tree(farm.archive) == tree(whole.archive)
        assert check_archive(farm.archive, farm.state_path) == []


# -- real drives ---------------------------------------------------------------------------------


def mount(*arguments: str) -> None:
    subprocess.run(["mount", *arguments], check=True, capture_output=True)


@pytest.fixture
def drive(tmp_path: Path) -> Iterator[Path]:
    """A drive of its own, mounted twice: at `drive`, and at `backdoor`, where it stays."""
    backdoor, place = tmp_path / "backdoor", tmp_path / "drive"
    backdoor.mkdir()
    place.mkdir()
    try:
        mount("-t", "tmpfs", "-o", "size=64m", "none", str(backdoor))
    except (subprocess.CalledProcessError, FileNotFoundError):
        pytest.skip("mounting a tmpfs needs root, on Linux")
    try:
        mount("--bind", str(backdoor), str(place))
        yield place
    finally:
        for mounted in (place, backdoor):
            while subprocess.run(["umount", "-l", mounted], capture_output=True).returncode == 0:
                continue


class Interrupted(Orchard):
    """An orchard during whose second batch something happens to the drive."""

    def __init__(self, happens: Callable[[], object]) -> None:
        self.happens = happens
        self.reads = 0

    def read(self, capture: Capture, keys: object) -> Iterator[Any]:
        self.reads += 1
        if self.reads == 2:
            self.happens()
        yield from super().read(capture, keys)


def grow(farm: Farm, size: int = 1000) -> None:
    for one in range(60):
        farm.plant(f"k{one}", f"{one} ".encode() * (size // 3), place=f"{one // 10}/Apple {one}")
    farm.album("1", "Harvest", "k3", "k40")


@pytest.fixture
def small_batches(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("FEW", "FIRST_BATCH", "BATCH", "LARGEST_BATCH"):
        monkeypatch.setattr(batching, name, 20)


@pytest.fixture
def expected(tmp_path: Path) -> dict[str, bytes]:
    whole = Farm(tmp_path / "whole")
    grow(whole)
    whole.export()
    return tree(whole.archive, inside=True)


def farm_on(drive: Path, happens: Callable[[], object] = lambda: None) -> Farm:
    farm = Farm(drive.parent / "own", exporter=Interrupted(happens))
    farm.archive = drive / "archive"
    return farm


@pytest.mark.usefixtures("small_batches")
@pytest.mark.parametrize("spare", [writing.SPARE_BYTES, -(1 << 40)])
def test_a_real_drive_that_is_full_is_continued_once_there_is_room(
    drive: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, spare: int
) -> None:
    monkeypatch.setattr(writing, "SPARE_BYTES", spare)
    whole = Farm(tmp_path / "whole")
    farm = farm_on(drive)
    for one in (whole, farm):
        grow(one, 400_000)
    whole.export()
    mount("-o", "remount,size=20m", str(drive))
    for _ in range(2):
        outcome, message, hint = attempt(farm)
        assert outcome == "failed"
        assert "drive is full" in message
        assert "Free some space" in hint
        assert check_archive(farm.archive, farm.state_path) == []
    mount("-o", "remount,size=64m", str(drive))
    assert intact(farm, tree(whole.archive, inside=True))


@pytest.mark.usefixtures("small_batches")
def test_a_drive_that_turns_read_only_is_continued_once_it_can_be_written(
    drive: Path, expected: dict[str, bytes]
) -> None:
    farm = farm_on(drive, lambda: mount("-o", "remount,ro,bind", str(drive)))
    grow(farm)
    outcome, message, hint = attempt(farm)
    assert outcome == "failed"
    assert "read-only" in message
    assert "Check the drive" in hint
    outcome, message, _ = attempt(farm)
    assert (outcome, "read-only" in message) == ("failed", True)
    mount("-o", "remount,rw,bind", str(drive))
    assert intact(farm, expected)


@pytest.mark.usefixtures("small_batches")
def test_a_drive_unmounted_in_mid_run_leaves_not_one_byte_under_its_mount_point(
    drive: Path, tmp_path: Path, expected: dict[str, bytes]
) -> None:
    def umount() -> None:
        subprocess.run(["umount", "-l", drive], check=True)

    farm = farm_on(drive, umount)
    grow(farm)
    outcome, _, _ = attempt(farm)
    assert outcome in ("ok", "waiting", "failed")
    assert list(drive.iterdir()) == []
    with pytest.raises(RootcellarError):  # its parent, the mount point, is there; it is not
        farm.export()
    assert list(drive.iterdir()) == []
    mount("--bind", str(tmp_path / "backdoor"), str(drive))
    assert intact(farm, expected)


@pytest.mark.usefixtures("small_batches")
def test_an_archive_at_the_top_of_a_drive_that_is_not_mounted_is_waited_for(
    drive: Path, tmp_path: Path, expected: dict[str, bytes]
) -> None:
    farm = farm_on(drive, lambda: subprocess.run(["umount", "-l", drive], check=True))
    farm.archive = drive
    grow(farm)
    farm.export()
    for _ in range(2):
        with pytest.raises(DestinationWaiting, match="is not there now"):
            farm.export()
        assert list(drive.iterdir()) == []
    mount("--bind", str(tmp_path / "backdoor"), str(drive))
    assert intact(farm, expected)


def test_a_drive_unmounted_between_looking_and_opening_gets_no_new_archive(
    drive: Path, tmp_path: Path, expected: dict[str, bytes], monkeypatch: pytest.MonkeyPatch
) -> None:
    from rootcellar.engine import opening

    farm = farm_on(drive)
    farm.archive = drive
    grow(farm)
    farm.export()
    opened = [0]

    class LateDisk(disk_module.Disk):
        def __init__(self, root: Path) -> None:
            opened[0] += 1
            if opened[0] == 3:  # twice it is only looked at
                subprocess.run(["umount", "-l", drive], check=True)
            super().__init__(root)

    monkeypatch.setattr(opening, "Disk", LateDisk)
    with pytest.raises(DestinationWaiting):
        farm.export()
    assert opened[0] == 3
    assert list(drive.iterdir()) == []
    mount("--bind", str(tmp_path / "backdoor"), str(drive))
    assert intact(farm, expected)


def test_an_internal_disk_that_is_full_fails_the_run_and_costs_nothing(
    tmp_path: Path, drive: Path
) -> None:
    farm = new_farm(tmp_path / "own")
    farm.state_path = drive / "state" / "state.sqlite"
    spring(farm)
    farm.export()
    whole = new_farm(tmp_path / "whole")
    for season in (spring, autumn):
        season(whole)
        whole.export()
    autumn(farm)
    filler = drive / "filler"
    with contextlib.suppress(OSError), filler.open("wb") as file:
        while True:
            file.write(b"x" * 4096)
    outcome, message, hint = attempt(farm)
    assert outcome == "failed"
    assert "state" in message
    assert hint
    filler.unlink()
    assert intact(farm, tree(whole.archive, inside=True))


def test_the_tools_of_these_tests_do_what_they_say(tmp_path: Path) -> None:
    farm = new_farm(tmp_path)
    spring(farm)
    with full_after(0):
        assert attempt(farm)[0] == "failed"
    with failing_at(1, errno.EIO):
        assert attempt(farm)[0] == "waiting"
    with killed_at(30) as deadline:
        farm.export()
    assert deadline.dead
    whole = new_farm(tmp_path / "whole")
    spring(whole)
    whole.export()
    assert intact(farm, tree(whole.archive, inside=True))
