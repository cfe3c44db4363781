"""Whatever is damaged is found and named, and healed where good bytes exist."""

import random
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from histories import History, files_below, of_three
from orchard import Farm
from reading import files_in, snapshots

from rootcellar.archive.disk import Disk
from rootcellar.engine.opening import open_archive
from rootcellar.snapshots import hashing
from rootcellar.snapshots.hashing import ALL, Limits
from rootcellar.snapshots.healing import Healing
from rootcellar.snapshots.restoring import Restoring
from rootcellar.snapshots.verifying import Verified, Verifying
from rootcellar.state.store import StateStore


@pytest.fixture
def history(farm: Farm) -> History:
    return of_three(farm)


def verified(history: History, *only: str, heal: bool = False, limits: Limits = ALL) -> Verified:
    with (
        StateStore(history.farm.state_path) as state,
        open_archive(history.archive, state) as opened,
    ):
        report = Verifying(opened).verify(only, limits)
        if heal:
            Healing(opened, report.problems).heal()
        return report


def found(report: Verified) -> dict[str, str]:
    return {one.path: one.kind for one in report.problems}


def flip(path: Path, seed: int = 1) -> None:
    """Flip one bit, as a drive does: size and time stay."""
    status, data = path.stat(), bytearray(path.read_bytes())
    chance = random.Random(seed)
    data[chance.randrange(len(data))] ^= 1 << chance.randrange(8)
    path.write_bytes(data)
    import os

    os.utime(path, ns=(status.st_atime_ns, status.st_mtime_ns))


def test_an_intact_archive_is_read_whole_and_said_to_be_intact(history: History) -> None:
    (history.archive / "mine.txt").write_text("a stranger")
    (history.archive / "Orchard/._k").write_text("litter")
    report = verified(history)
    assert (report.outcome, report.problems, report.strangers) == ("ok", [], 1)
    former = list((history.archive / ".rootcellar/history").rglob("*.*"))
    assert len(former) >= 4
    count = len(history.held[history.order[-1]]) + len(former)
    assert report.checked == count
    assert report.bytes > 0
    assert (history.archive / "mine.txt").exists()


def test_a_flipped_bit_in_any_file_of_the_tree_is_named_and_healed_from_the_history_or_source(
    history: History,
) -> None:
    files = history.held[history.order[-1]]
    gone: list[str] = []
    for path in files:
        flip(history.archive / path)
        report = verified(history, heal=True)
        assert found(report) == {path: "rot"}
        if not report.problems[0].healed:
            history.farm.export()
        if files[path] == b"apple 4" or (path.endswith(".page") and b"~9409" in files[path]):
            gone.append(path)  # of an item that the source has no more
            assert found(verified(history)) == {path: "rot"}
            flip(history.archive / path)
        assert (history.archive / path).read_bytes() == files[path], path
        assert verified(history).problems == [], path
    quarantined = list((history.archive / ".rootcellar/quarantine").iterdir())
    assert len(quarantined) >= len(set(files.values())) - 3
    assert len(gone) == 2


def test_damage_without_any_good_bytes_is_named_each_time_and_stays_where_it_is(
    history: History,
) -> None:
    original = next(history.archive.glob("Orchard/0/*.bin"))
    path = original.relative_to(history.archive).as_posix()
    shutil.rmtree(history.farm.store)
    history.farm.store.mkdir()
    flip(original)
    broken = original.read_bytes()
    for _ in range(3):
        report = verified(history, heal=True)
        assert [(one.path, one.healed) for one in report.problems] == [(path, False)]
        assert original.read_bytes() == broken
    with_ = Restoring(Disk(history.archive), None)
    lost = with_.restore(with_.select([path]), history.farm.root / "out").lost
    assert [one.path for one in lost] == [path]


def test_a_flipped_bit_in_any_object_of_the_history_is_named(history: History) -> None:
    for former in sorted((history.archive / ".rootcellar/history").rglob("*.*")):
        good = former.read_bytes()
        flip(former)
        report = verified(history, heal=True)
        path = former.relative_to(history.archive).as_posix()
        assert found(report) == {path: "history-rot"}
        here = good in files_below(history.archive / "Orchard").values()
        assert report.problems[0].healed == here
        former.write_bytes(good)


@pytest.mark.parametrize("number", [0, 1, 2])
def test_a_flipped_bit_in_any_manifest_is_named_and_the_next_snapshot_is_whole(
    history: History, number: int
) -> None:
    name = history.order[number]
    manifest = history.archive / f".rootcellar/snapshots/{name}.jsonl.zst"
    good = manifest.read_bytes()
    for seed in range(25):
        flip(manifest, seed)
        report = verified(history)
        assert f".rootcellar/snapshots/{name}.jsonl.zst" in found(report), seed
        assert all(one.code.startswith("M") for one in report.problems if one.kind == "manifest")
        manifest.write_bytes(good)
    flip(manifest, 3)
    verified(history, heal=True)
    names = {path.name.removesuffix(".jsonl.zst") for path in manifest.parent.glob("*.zst")}
    (newest,) = names - set(history.order)
    again = Restoring(Disk(history.archive), newest)
    assert {path: one.sha256 for path, one in again.tree.items()} == {
        path: digest
        for path, digest in files_in(history.archive).items()
        if path.startswith("Orchard/")
    }


def delete(path: Path) -> None:
    path.unlink()


def truncate(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:-1])


def rewrite(path: Path) -> None:
    path.write_bytes(path.read_bytes() + b"somebody's words")


@pytest.mark.parametrize(
    ("damage", "kind"), [(delete, "missing"), (truncate, "truncated"), (rewrite, "changed")]
)
def test_what_was_done_to_a_file_is_told_and_undone(
    history: History, damage: Callable[[Path], None], kind: str
) -> None:
    path = "Orchard/1/metadata.jsonl"
    good = (history.archive / path).read_bytes()
    damage(history.archive / path)
    report = verified(history, heal=True)
    assert found(report) == {path: kind}
    history.farm.export()
    assert (history.archive / path).read_bytes() == good
    assert verified(history).problems == []


def test_a_page_that_somebody_edited_is_no_damage(history: History) -> None:
    page = next(history.archive.glob("Orchard/0/*.page"))
    page.write_text("my own words")
    report = verified(history, heal=True)
    assert (report.problems, len(report.edited)) == ([], 1)
    assert page.read_text() == "my own words"


def test_a_missing_object_of_the_history_is_named_with_what_needs_it(history: History) -> None:
    former = next(
        path
        for path in (history.archive / ".rootcellar/history").rglob("*.bin")
        if path.read_bytes() == b"pear"
    )
    former.unlink()
    (problem,) = verified(history, heal=True).problems
    assert (problem.kind, problem.expected) == ("history-missing", former.stem)
    assert problem.path == next(
        p for p, d in history.held[history.order[1]].items() if d == b"pear"
    )
    assert history.order[1] in problem.message


def test_a_manifest_that_is_gone_is_named(history: History) -> None:
    for number in (2, 1, 0):
        manifest = history.archive / f".rootcellar/snapshots/{history.order[number]}.jsonl.zst"
        good = manifest.read_bytes()
        manifest.unlink()
        kinds = found(verified(history))
        assert kinds[manifest.relative_to(history.archive).as_posix()] == "manifest"
        manifest.write_bytes(good)
    assert verified(history).problems == []


def test_a_chain_whose_links_were_exchanged_is_named(history: History) -> None:
    """Someone made another manifest of the same name: every digest in it is right."""
    other = of_three(Farm(history.farm.root / "other"))
    name = history.order[1]
    forged = other.archive / f".rootcellar/snapshots/{other.order[1]}.jsonl.zst"
    target = history.archive / f".rootcellar/snapshots/{name}.jsonl.zst"
    shutil.copyfile(forged, target)
    assert target.relative_to(history.archive).as_posix() in found(verified(history))


def test_a_state_that_says_something_else_is_named_and_made_anew(history: History) -> None:
    with StateStore(history.farm.state_path) as state:
        state.connection.execute("UPDATE held SET size = size + 1 WHERE path LIKE '%Pie.bin'")
    report = verified(history, heal=True)
    assert [(one.kind, one.healed) for one in report.problems] == [("state", True)]
    assert verified(history).problems == []
    assert history.farm.export().exporters["orchard"].outcome == "ok"
    assert len(snapshots(history.archive)) == 3


def test_a_budget_reads_everything_in_turn(history: History) -> None:
    whole = verified(history)
    with StateStore(history.farm.state_path) as state:
        state.connection.execute("DELETE FROM occasion")
    part, reads = whole.bytes // 3, []
    import rootcellar.snapshots.hashing as hashing

    small = hashing._CHUNK
    hashing._CHUNK = 2
    try:
        for _ in range(8):
            report = verified(history, limits=Limits(part))
            assert report.bytes < whole.bytes
            reads.append(report.checked)
            assert report.checked + report.left == whole.checked
        with StateStore(history.farm.state_path) as state:
            (count,) = state.connection.execute("SELECT count(*) FROM checked").fetchone()
        assert count == whole.checked
    finally:
        hashing._CHUNK = small


def test_one_path_is_verified_alone(history: History) -> None:
    flip(next(history.archive.glob("Orchard/0/*.bin")))
    assert verified(history, "Orchard/2").problems == []
    assert list(found(verified(history, "Orchard/0")).values()) == ["rot"]


def test_many_files_are_read_by_processes_of_their_own(
    history: History, monkeypatch: pytest.MonkeyPatch
) -> None:
    alone = verified(history)
    monkeypatch.setattr(hashing, "MANY", 1)
    monkeypatch.setattr(hashing, "_CHUNK", 2)
    together = verified(history)
    assert (together.checked, together.bytes) == (alone.checked, alone.bytes)
    (path,) = sorted((history.archive / "Orchard").rglob("*.txt"))[:1]
    flip(path, 1)
    damaged = verified(history)
    assert path.relative_to(history.archive).as_posix() in found(damaged)


def test_a_reading_process_that_is_killed_costs_nothing(
    history: History, monkeypatch: pytest.MonkeyPatch
) -> None:
    alone = verified(history)

    class Mortal(hashing.Helper):
        def hash(self, chunk: list[hashing.Job]) -> hashing.Answer | None:
            self._process.kill()
            self._process.wait()
            return super().hash(chunk)

    monkeypatch.setattr(hashing, "MANY", 1)
    monkeypatch.setattr(hashing, "_CHUNK", 2)
    monkeypatch.setattr(hashing, "Helper", Mortal)
    report = verified(history)
    assert (report.checked, report.problems) == (alone.checked, [])
