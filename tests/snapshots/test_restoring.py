"""Every snapshot comes back byte for byte, or what is lost is named; nothing else is touched."""

import contextlib
from collections.abc import Iterator
from pathlib import Path

import pytest
from histories import History, files_below, of_three
from orchard import Farm
from reading import files_in

from rootcellar.archive.disk import Disk
from rootcellar.errors import UsageError
from rootcellar.snapshots.restoring import Restored, Restoring, TargetUnwritable


@pytest.fixture
def history(farm: Farm) -> History:
    return of_three(farm)


@contextlib.contextmanager
def restoring(history: History, wanted: str | None = None) -> Iterator[Restoring]:
    with contextlib.closing(Disk(history.archive)) as disk:
        yield Restoring(disk, wanted)


def restored(
    history: History, to: Path, *words: str, snapshot: str | None = None, **options: bool
) -> Restored:
    with restoring(history, snapshot) as one:
        return one.restore(one.select(words), to, **options)


def test_every_snapshot_is_restored_byte_for_byte_with_its_times(
    history: History, tmp_path: Path
) -> None:
    before = files_in(history.archive)
    for name, files in history.held.items():
        report = restored(history, tmp_path / name, snapshot=name)
        assert (report.outcome, report.files, report.lost) == ("ok", len(files), [])
        assert files_below(tmp_path / name) == files
    page = "Orchard/1/metadata.jsonl"
    times = [(root / page).stat().st_mtime_ns for root in (history.archive, tmp_path / name)]
    assert times[0] == times[1]
    assert files_in(history.archive) == before


@pytest.mark.parametrize(
    ("word", "expected"),
    [
        ("Orchard/2/Pie.bin", {"Orchard/2/Pie.bin"}),
        ("Orchard/2", {"Orchard/2/Pie.bin", "Orchard/2/Pie (note).txt", "Orchard/2/Pie.bin.page"}),
        ("Pie.*", {"Orchard/2/Pie.bin", "Orchard/2/Pie.bin.page"}),
        ("Orchard/*/Pie*.txt", {"Orchard/2/Pie (note).txt"}),
        (
            "apple PIE",
            {"Orchard/2/Pie.bin", "Orchard/2/Pie (note).txt", "Orchard/2/Pie.bin.page"},
        ),
        ("*pie", {"Orchard/2/Pie.bin", "Orchard/2/Pie (note).txt", "Orchard/2/Pie.bin.page"}),
    ],
)
def test_files_are_chosen_by_path_folder_pattern_and_title(
    history: History, tmp_path: Path, word: str, expected: set[str]
) -> None:
    restored(history, tmp_path / "out", word, snapshot=history.order[0])
    found = set(files_below(tmp_path / "out"))
    assert found >= expected
    others = {path for path in found - expected if not path.startswith("Orchard/2/")}
    assert others == set()


def test_an_exporter_is_a_choice_and_an_unknown_word_a_mistake(
    history: History, tmp_path: Path
) -> None:
    restored(history, tmp_path / "out", "orchard")
    assert files_below(tmp_path / "out") == history.held[history.order[-1]]
    with pytest.raises(UsageError, match="'plum'"):
        restored(history, tmp_path / "none", "plum")
    assert not (tmp_path / "none").exists()


def test_a_snapshot_is_found_by_the_beginning_of_its_name(history: History) -> None:
    first = history.order[0]
    with restoring(history, first[:10]) as one:
        assert one.snapshot.startswith(first[:10])
    with pytest.raises(UsageError, match="1999"):
        Restoring(Disk(history.archive), "1999")


def test_a_dry_run_writes_nothing_and_says_the_same(history: History, tmp_path: Path) -> None:
    first = history.order[0]
    told = restored(history, tmp_path / "out", snapshot=first, dry_run=True)
    assert not (tmp_path / "out").exists()
    done = restored(history, tmp_path / "out", snapshot=first)
    assert (told.files, told.bytes, told.lost) == (done.files, done.bytes, done.lost)


def test_other_files_in_the_way_are_only_replaced_when_that_is_asked_for(
    history: History, tmp_path: Path
) -> None:
    out = tmp_path / "out"
    restored(history, out, "Orchard/2", snapshot=history.order[0])
    mine = out / "Orchard/2/Pie.bin"
    mine.write_bytes(b"mine")
    before = files_below(out)
    with pytest.raises(UsageError, match=r"Pie\.bin"):
        restored(history, out, snapshot=history.order[0])
    assert files_below(out) == before
    report = restored(history, out, snapshot=history.order[0], overwrite=True)
    assert report.same == len(before) - 1
    assert files_below(out) == history.held[history.order[0]]


def test_nothing_is_restored_into_the_archive_itself(history: History) -> None:
    for folder in (history.archive, history.archive / "Orchard/new"):
        with pytest.raises(UsageError, match="in the archive itself"):
            restored(history, folder, snapshot=history.order[0])
    assert not (history.archive / "Orchard/new").exists()


def test_bytes_that_were_destroyed_are_taken_from_wherever_they_still_are(
    history: History, tmp_path: Path
) -> None:
    first = history.order[0]
    same = [p for p, data in history.held[first].items() if data == b"crisp"]
    assert len(same) > 2
    for path in same[:-1]:
        (history.archive / path).unlink(missing_ok=True)
    report = restored(history, tmp_path / "out", snapshot=first)
    assert report.outcome == "ok"
    assert files_below(tmp_path / "out") == history.held[first]


def test_bytes_that_exist_nowhere_else_are_named_and_the_rest_is_restored(
    history: History, tmp_path: Path
) -> None:
    first = history.order[0]
    changed = next(history.archive.glob("Orchard/0/*.bin"))
    changed.write_bytes(b"x" * changed.stat().st_size)
    history_of_k1 = next(
        path
        for path in (history.archive / ".rootcellar/history").rglob("*.bin")
        if path.read_bytes() == b"apple 1"
    )
    history_of_k1.unlink()
    report = restored(history, tmp_path / "out", snapshot=first)
    named = {one.path: one.reason for one in report.lost}
    expected = {
        changed.relative_to(history.archive).as_posix(): "changed or removed from outside",
        next(
            p for p, d in history.held[first].items() if d == b"apple 1"
        ): "missing in the history",
    }
    assert named.keys() == expected.keys()
    for path, words in expected.items():
        assert words in named[path]
    assert report.outcome == "partial"
    rest = {p: d for p, d in history.held[first].items() if p not in named}
    assert files_below(tmp_path / "out") == rest


def test_a_full_folder_is_told_before_anything_is_written(
    history: History, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Disk, "free_bytes", lambda disk: 10)
    with pytest.raises(TargetUnwritable, match="has room for"):
        restored(history, tmp_path / "out")
    assert files_below(tmp_path / "out") == {}
