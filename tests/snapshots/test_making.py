"""A snapshot after every export that changed something, and none after one that did not."""

import subprocess
import sys
from pathlib import Path

import pytest
from killing import killed_at
from orchard import Farm, tree
from reading import contents, files_in, lines, snapshots, tree_at

from rootcellar.archive import manifests
from rootcellar.state.store import StateStore


@pytest.fixture
def planted(farm: Farm) -> Farm:
    for one in range(6):
        farm.plant(f"k{one}", b"apple %d" % one, place=f"{one % 3}/Apple", text="crisp")
    farm.album("1", "Harvest", "k1", "k2")
    farm.export()
    return farm


def digests(archive: Path, snapshot: str) -> dict[str, str]:
    return {path: entry["sha256"] for path, entry in tree_at(archive, snapshot).items()}


def test_a_snapshot_lists_every_file_and_nothing_that_is_not_archived(planted: Farm) -> None:
    (planted.archive / "a stranger.txt").write_text("mine")
    planted.plant("k1", b"pear", place="1/Apple")
    report = planted.export()
    assert report.snapshot == snapshots(planted.archive)[-1]
    found = files_in(planted.archive)
    del found["a stranger.txt"]
    assert digests(planted.archive, report.snapshot) == found


def test_an_unchanged_export_makes_none_and_names_the_last(planted: Farm) -> None:
    (first,) = snapshots(planted.archive)
    before = {path.name: path.stat().st_mtime_ns for path in planted.archive.rglob("*.zst")}
    assert planted.export().snapshot == first
    assert {p.name: p.stat().st_mtime_ns for p in planted.archive.rglob("*.zst")} == before


def test_changes_are_told_as_a_delta_of_the_paths_that_differ(planted: Farm) -> None:
    planted.plant("k1", b"pear", place="1/Apple", text="crisp")
    planted.fell("k2")
    planted.plant("k5", b"apple 5", place="elsewhere/Apple", text="crisp")
    header, *entries, _ = lines(planted.archive, planted.export().snapshot or "")
    assert header["kind"] == "delta"
    told = {entry["path"].split("/", 1)[1]: entry.get("absent", False) for entry in entries}
    moved = {path for path, absent in told.items() if absent}
    assert len(moved) == 3
    assert all(path.startswith("2/") for path in moved)
    assert {"2/metadata.jsonl", "elsewhere/metadata.jsonl", "1/metadata.jsonl"} <= told.keys()
    assert not any(path.startswith("0/") for path in told)
    arrived = [entry for entry in entries if entry["path"].startswith("Orchard/elsewhere/")]
    assert {entry.get("key", "") for entry in arrived} == {"k5", ""}


def test_every_thirtieth_manifest_is_a_full_one_and_all_can_be_read(farm: Farm) -> None:
    seen = {}
    for number in range(64):
        farm.plant("k", b"apple %d" % number, place="Apple")
        name = farm.export().snapshot or ""
        seen[name] = files_in(farm.archive)
    order = snapshots(farm.archive)
    assert list(seen) == order
    kinds = [lines(farm.archive, name)[0]["kind"] for name in order]
    assert [number for number, kind in enumerate(kinds) if kind == "full"] == [0, 30, 60]
    for name, files in seen.items():
        assert digests(farm.archive, name) == files
    assert {d for files in seen.values() for d in files.values()} <= contents(farm.archive).keys()


def test_two_snapshots_in_one_second_get_names_of_their_own(
    farm: Farm, monkeypatch: pytest.MonkeyPatch
) -> None:
    really = manifests.new_id
    from datetime import UTC, datetime

    from rootcellar.snapshots import making

    moment = datetime(2026, 11, 23, 3, tzinfo=UTC)
    monkeypatch.setattr(making, "new_id", lambda disk, _: really(disk, moment))
    for number in range(3):
        farm.plant("k", b"apple %d" % number)
        farm.export()
    name = "2026-11-23T030000Z"
    assert snapshots(farm.archive) == [name, f"{name}-2", f"{name}-3"]


def test_a_clock_that_was_set_back_does_not_confuse_the_order(
    farm: Farm, monkeypatch: pytest.MonkeyPatch
) -> None:
    from datetime import UTC, datetime, timedelta

    from rootcellar.snapshots import making

    moments = iter(datetime(2026, 11, 23, tzinfo=UTC) - timedelta(days=n) for n in range(9))
    monkeypatch.setattr(making, "new_id", lambda disk, _: manifests.new_id(disk, next(moments)))
    for number in range(3):
        farm.plant("k", b"apple %d" % number)
        farm.export()
    assert [name[:10] for name in snapshots(farm.archive)] == [
        "2026-11-23",
        "2026-11-22",
        "2026-11-21",
    ]
    farm.state_path.unlink()
    farm.plant("k", b"another")
    farm.export()
    assert snapshots(farm.archive)[-1][:10] == "2026-11-20"


def test_a_lost_state_finds_the_chain_and_goes_on_with_it(planted: Farm) -> None:
    planted.plant("k1", b"pear", place="1/Apple", text="crisp")
    planted.export()
    before = snapshots(planted.archive)
    planted.state_path.unlink()
    assert planted.export().snapshot == before[-1]
    assert snapshots(planted.archive) == before
    planted.plant("k0", b"cherry", place="0/Apple", text="crisp")
    planted.state_path.unlink()
    header, *entries, _ = lines(planted.archive, planted.export().snapshot or "")
    assert header["parent"] == before[-1]
    assert header["kind"] == "delta"
    assert {entry["path"].split("/")[1] for entry in entries} == {"0"}


def test_a_page_that_was_edited_is_in_the_snapshot_as_it_is(planted: Farm) -> None:
    page = next(planted.archive.glob("Orchard/1/*.page"))
    page.write_text("my own words")
    for one in ("k1", "k4"):
        planted.plant(one, b"apple", place="1/Apple", text="mellow")
    snapshot = planted.export().snapshot or ""
    assert digests(planted.archive, snapshot) == files_in(planted.archive)
    assert page.read_text() == "my own words"
    again = planted.export().snapshot
    assert again == snapshot


def test_an_idle_run_imports_neither_zstd_nor_the_room_of_snapshots(planted: Farm) -> None:
    program = f"""
import sys
sys.path.insert(0, {str(Path(__file__).parents[1] / "core")!r})
from pathlib import Path
import orchard
report = orchard.Farm(Path({str(planted.root)!r})).export()
assert report.snapshot and report.outcome == "ok"
print([name for name in sys.modules if "zstd" in name or "rootcellar.snapshots" in name])
"""
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    )
    assert done.stdout == "[]\n"


def test_a_run_killed_at_any_step_of_making_one_is_continued(planted: Farm) -> None:
    planted.plant("k1", b"pear", place="1/Apple", text="crisp")
    state = planted.state_path.read_bytes()
    import shutil

    shutil.copytree(planted.archive, planted.root / "before")
    with killed_at(0) as deadline:
        planted.export()
    begin = next(n for n, step in enumerate(deadline.steps) if "parts/manifest" in step)
    for step in range(begin - 8, len(deadline.steps)):
        shutil.rmtree(planted.archive)
        shutil.copytree(planted.root / "before", planted.archive)
        for path in planted.state_path.parent.glob("state.sqlite*"):
            path.unlink()
        planted.state_path.write_bytes(state)
        with killed_at(step):
            planted.export()
        report = planted.export()
        told = f"killed at step {step}: {deadline.steps[step - 1]}"
        order = snapshots(planted.archive)
        assert len(order) == 2, told
        assert report.snapshot == order[-1], told
        assert digests(planted.archive, order[-1]) == files_in(planted.archive), told
        assert not tree(planted.archive, inside=True).keys() & {".rootcellar/parts/manifest"}


def test_after_changes_the_manifest_is_small(farm: Farm) -> None:
    for one in range(600):
        farm.plant(f"k{one}", b"apple %d" % one, place=f"{one}/Apple")
    farm.export()
    for one in range(100):
        farm.plant(f"k{one * 3}", b"pear %d" % one, place=f"{one * 3}/Apple")
    snapshot = farm.export().snapshot or ""
    entries = lines(farm.archive, snapshot)[1:-1]
    size = (farm.archive / f".rootcellar/snapshots/{snapshot}.jsonl.zst").stat().st_size
    assert len(entries) >= 200
    assert size <= 100 * len(entries)


def a_day_later(farm: Farm) -> None:
    with StateStore(farm.state_path) as state:
        state.connection.execute("UPDATE occasion SET moment = '2020-01-01T00:00:00+00:00'")


def test_once_a_day_an_export_finds_what_others_changed(planted: Farm) -> None:
    page = next(planted.archive.glob("Orchard/1/*.page"))
    page.write_text("my own words")
    (first,) = snapshots(planted.archive)
    assert planted.export().snapshot == first
    a_day_later(planted)
    report = planted.export()
    assert (report.outcome, report.notes) == ("ok", [])
    assert snapshots(planted.archive) == [first, report.snapshot]
    header, *entries, _ = lines(planted.archive, report.snapshot or "")
    assert header["walked"] is True
    assert [one["path"] for one in entries] == [page.relative_to(planted.archive).as_posix()]
    assert digests(planted.archive, report.snapshot or "") == files_in(planted.archive)
    assert planted.export().snapshot == report.snapshot


def test_once_a_day_an_export_says_what_is_damaged_and_keeps_the_snapshot_as_it_was(
    planted: Farm,
) -> None:
    original = next(planted.archive.glob("Orchard/1/*.bin"))
    records = planted.archive / "Orchard/0/metadata.jsonl"
    original.write_bytes(b"somebody's")
    records.unlink()
    before = tree_at(planted.archive, snapshots(planted.archive)[-1])
    a_day_later(planted)
    told = " ".join(planted.export().notes)
    assert original.name in told
    assert "Orchard/0/metadata.jsonl" in told
    assert "rootcellar verify" in told
    assert tree_at(planted.archive, snapshots(planted.archive)[-1]) == before


def test_times_that_a_drive_tells_differently_are_no_change(planted: Farm) -> None:
    """As exFAT does after the clocks change: an hour apart, the bytes are the same."""
    import os

    for path in planted.archive.rglob("*"):
        if path.is_file():
            status = path.stat()
            os.utime(path, ns=(status.st_atime_ns, status.st_mtime_ns + 3600 * 10**9))
    (first,) = snapshots(planted.archive)
    for _ in range(2):
        a_day_later(planted)
        assert planted.export().snapshot == first
