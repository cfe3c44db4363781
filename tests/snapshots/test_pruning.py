"""Pruning frees what no kept snapshot needs, and nothing else, on a full drive too."""

import contextlib
import json
import subprocess
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from histories import History, files_below
from killing import killed_at
from orchard import Farm
from reading import snapshots

from rootcellar.archive.disk import Disk
from rootcellar.engine.opening import open_archive
from rootcellar.errors import RootcellarError, UsageError
from rootcellar.retention import Retention
from rootcellar.snapshots import making
from rootcellar.snapshots.pruning import BrakeIsOn, Pruned, Pruning
from rootcellar.snapshots.restoring import Restoring
from rootcellar.snapshots.verifying import Verifying
from rootcellar.state.store import StateStore


def of_days(farm: Farm, days: int, monkeypatch: pytest.MonkeyPatch) -> History:
    """Export once a day, the last time yesterday."""
    history = History(farm)
    begin = datetime.now(UTC) - timedelta(days=days)

    class Clock(datetime):
        @classmethod
        def now(cls, zone: object = None) -> datetime:  # type: ignore[override]
            return begin + timedelta(days=day)

    for day in range(days):
        with monkeypatch.context() as patch:
            patch.setattr(making, "datetime", Clock)
            farm.plant("steady", b"the same for ever", place="Steady")
            farm.plant("daily", b"of the day %d" % day * 500, place="Daily", text=f"{day // 4}")
            history.export()
    return history


@pytest.fixture
def history(farm: Farm, monkeypatch: pytest.MonkeyPatch) -> History:
    return of_days(farm, 20, monkeypatch)


def pruned(
    history: History, *, dry_run: bool = False, give_up_damaged: bool = False, **rule: object
) -> Pruned:
    with (
        StateStore(history.farm.state_path) as state,
        open_archive(history.archive, state) as opened,
    ):
        pruning = Pruning(opened.disk, state, opened.row, Retention(**rule))  # type: ignore[arg-type]
        return pruning.prune(dry_run=dry_run, give_up_damaged=give_up_damaged)


def problems(history: History) -> list[str]:
    with (
        StateStore(history.farm.state_path) as state,
        open_archive(history.archive, state) as opened,
    ):
        return [one.message for one in Verifying(opened).verify().problems]


def former(history: History) -> dict[str, bytes]:
    return files_below(history.archive / ".rootcellar/history")


def check_kept(history: History, names: list[str], folder: Path) -> None:
    for name in names:
        one = Restoring(Disk(history.archive), name)
        report = one.restore(one.select(()), folder / name)
        assert report.lost == [], name
        assert files_below(folder / name) == history.held[name], name


def test_what_is_freed_is_what_no_kept_snapshot_needs(history: History, tmp_path: Path) -> None:
    before = former(history)
    told = pruned(history, keep_last=2, keep_weekly=2, grace="3d", dry_run=True)
    assert former(history) == before
    assert not (history.archive / ".rootcellar/snapshots/pruned.jsonl").exists()
    report = pruned(history, keep_last=2, keep_weekly=2, grace="3d")
    assert (report.freed, report.pruned) == (told.freed, told.pruned)
    after = former(history)
    assert set(after) < set(before)
    assert report.freed.files == len(before) - len(after)
    assert report.freed.bytes == sum(map(len, before.values())) - sum(map(len, after.values()))
    last_of_week = {datetime.fromisoformat(one).isocalendar()[:2]: one for one in history.order}
    assert set(report.kept) == {*history.order[-2:], *list(last_of_week.values())[-2:]}
    assert sorted(report.kept + report.pruned) == history.order
    check_kept(history, report.kept, tmp_path)
    assert problems(history) == []
    assert snapshots(history.archive) == history.order
    again = pruned(history, keep_last=2, keep_weekly=2, grace="3d")
    assert (again.freed.files, again.pruned) == (0, [])


def test_nothing_is_freed_within_its_grace_period(history: History) -> None:
    before = former(history)
    report = pruned(history, keep_last=1, grace="40d")
    assert former(history) == before
    assert (report.freed.files, report.waiting.files > 10) == (0, True)
    report = pruned(history, keep_last=1, grace="10d")
    assert report.freed.files > 0
    assert report.waiting.files > 0
    assert len(former(history)) == len(before) - report.freed.files


def test_a_pruned_snapshot_says_why_its_contents_are_gone(
    history: History, tmp_path: Path
) -> None:
    pruned(history, keep_last=1, grace="1d")
    one = Restoring(Disk(history.archive), history.order[3])
    report = one.restore(one.select(()), tmp_path / "out")
    assert {lost.reason[:31] for lost in report.lost} == {"its history was freed by `snaps"}
    assert "Orchard/Steady.bin" in files_below(tmp_path / "out")


def test_the_next_exports_go_on_with_the_chain(history: History, tmp_path: Path) -> None:
    pruned(history, keep_last=2, grace="1d")
    history.farm.plant("daily", b"of today", place="Daily")
    newest = history.export()
    check_kept(history, [newest, *history.order[-3:-1]], tmp_path)
    history.farm.state_path.unlink()
    history.farm.export()
    assert problems(history) == []


def test_without_a_rule_nothing_is_freed(history: History) -> None:
    with pytest.raises(UsageError, match="No rule"):
        pruned(history)


def test_nothing_is_freed_while_the_brake_is_on(history: History) -> None:
    for one in range(30):
        history.farm.plant(f"many{one}", b"m")
    history.farm.export()
    for one in range(30):
        history.farm.fell(f"many{one}")
    assert history.farm.export().outcome == "brake"
    before = former(history)
    with pytest.raises(BrakeIsOn):
        pruned(history, keep_last=1, grace="1d")
    assert former(history) == before


def test_nothing_is_freed_when_a_manifest_cannot_be_read(history: History) -> None:
    manifest = history.archive / f".rootcellar/snapshots/{history.order[4]}.jsonl.zst"
    manifest.write_bytes(manifest.read_bytes()[:-3])
    before = former(history)
    with pytest.raises(RootcellarError, match=history.order[4]):
        pruned(history, keep_last=1, grace="1d")
    assert former(history) == before


@pytest.mark.parametrize("how", ["cut off", "a flipped bit", "not there"])
@pytest.mark.parametrize("which", [0, 4, 19])
def test_snapshots_that_a_damaged_manifest_hides_can_be_given_up(
    history: History, which: int, how: str, tmp_path: Path
) -> None:
    manifest = history.archive / f".rootcellar/snapshots/{history.order[which]}.jsonl.zst"
    if how == "not there":
        manifest.unlink()
    elif how == "cut off":
        manifest.write_bytes(manifest.read_bytes()[:-3])
    else:
        data = bytearray(manifest.read_bytes())
        data[len(data) // 2] ^= 16
        manifest.write_bytes(data)
    assert problems(history)
    last = list(history.order)[-1]
    history.farm.plant("new", b"after the damage", place="New")
    history.export()
    with contextlib.suppress(RootcellarError):  # where nothing builds on the one not there
        pruned(history, keep_last=3, grace="1d")
        assert (which, how) == (19, "not there")
    told = pruned(history, keep_last=3, grace="1d", give_up_damaged=True, dry_run=True)
    done = pruned(history, keep_last=3, grace="1d", give_up_damaged=True)
    assert (done.kept, done.pruned, done.freed) == (told.kept, told.pruned, told.freed)
    assert history.order[which] in done.pruned
    assert problems(history) == []
    assert last not in done.kept
    check_kept(history, done.kept, tmp_path)
    again = pruned(history, keep_last=3, grace="1d")
    assert (again.kept, again.pruned, again.freed.files) == (done.kept, [], 0)
    rest = pruned(history, keep_last=3, grace="0s")  # what only they knew of is freed, too
    assert again.waiting.files == rest.freed.files
    assert problems(history) == []
    check_kept(history, done.kept, tmp_path / "again")
    needed = {one for name in done.kept for one in history.held[name].values()}
    assert {data for data in former(history).values() if data not in needed} == set()


def test_killed_at_any_step_it_can_be_run_again(
    farm: Farm, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    import shutil

    history = of_days(farm, 8, monkeypatch)
    shutil.copytree(history.archive, tmp_path / "before")
    with killed_at(0) as deadline:
        pruned(history, keep_last=2, grace="2d")
    expected = former(history)
    for step in range(1, len(deadline.steps) + 1):
        shutil.rmtree(history.archive)
        shutil.copytree(tmp_path / "before", history.archive)
        with killed_at(step):
            pruned(history, keep_last=2, grace="2d")
        assert problems(history) == [], deadline.steps[step - 1]
        kept = pruned(history, keep_last=2, grace="2d").kept
        assert former(history) == expected, deadline.steps[step - 1]
        check_kept(history, kept, tmp_path / str(step))


# -- on a full drive ---------------------------------------------------------------------------


@pytest.fixture
def small_drive(tmp_path: Path) -> Iterator[Path]:
    drive = tmp_path / "drive"
    drive.mkdir()
    command = ["mount", "-t", "tmpfs", "-o", "size=24m", "none", str(drive)]
    if subprocess.run(command, capture_output=True).returncode != 0:
        pytest.skip("mounting a tmpfs needs root, on Linux")
    yield drive
    subprocess.run(["umount", "-l", str(drive)], check=True)


def test_it_works_on_a_drive_on_which_not_one_more_byte_fits(
    small_drive: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    farm = Farm(tmp_path / "farm")
    farm.archive = small_drive / "archive"
    history = of_days(farm, 10, monkeypatch)
    with (small_drive / "filler").open("wb", buffering=0) as filler:
        try:
            while True:
                filler.write(bytes(4096))
        except OSError:
            pass
    with pytest.raises(OSError):
        (small_drive / "one more").write_bytes(b"x")
    (small_drive / "one more").unlink()
    report = pruned(history, keep_last=2, grace="2d")
    assert report.freed.files > 5
    told = (history.archive / ".rootcellar/snapshots/pruned.jsonl").read_text().splitlines()
    assert [json.loads(line)["id"] for line in told] == report.pruned
    check_kept(history, report.kept, tmp_path / "out")
    assert problems(history) == []


def test_a_line_that_a_full_drive_cut_off_is_passed_over(history: History) -> None:
    pruned(history, keep_last=12, grace="1d")
    lines = history.archive / ".rootcellar/snapshots/pruned.jsonl"
    lines.write_bytes(lines.read_bytes()[:-20])
    report = pruned(history, keep_last=10, grace="1d")
    assert len(report.pruned) == 3
    assert problems(history) == []
