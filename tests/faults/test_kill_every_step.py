"""A run that is killed at any step costs nothing: the next one ends as an unbroken one would.

Promise 4, in process: every folder made, every write, rename, removal and statement of the state
is a step, and the run is killed at each (at a random third of them in CI).
"""

import random
from collections.abc import Iterator
from pathlib import Path

import pytest
from checking import check_archive
from killing import killed_at
from orchard import Farm, tree
from seasons import Orchards, Season, autumn, spring, summer

from rootcellar.archive import disk as disk_module
from rootcellar.engine import batching, opening

pytestmark = pytest.mark.faults

RUNS: dict[str, tuple[tuple[Season, ...], Season]] = {
    "first export": ((), spring),
    "changes of every kind": ((spring, summer), autumn),
}


@pytest.fixture(params=RUNS)
def orchards(
    request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Orchards:
    monkeypatch.setattr(disk_module, "_syncfs", lambda handle: True)
    before, last = RUNS[request.param]
    return Orchards(tmp_path, before, last)


def chosen(total: int, everything: bool, share: int = 3) -> Iterator[int]:
    """Yield the steps to be killed at: all of them, or a random share and both ends."""
    for step in range(1, total + 1):
        if everything or step in (1, total) or random.random() * share < 1:
            yield step


def quiet(farm: Farm) -> None:
    """Assert that one more run finds nothing to do, and writes nothing but STATUS.txt."""
    before = moments(farm)
    report = farm.export()
    assert report.exporters["orchard"].files == 0
    assert report.exporters["orchard"].unchanged
    after = moments(farm)
    assert {name for name in before | after if before.get(name) != after.get(name)} <= {
        "STATUS.txt",
        ".rootcellar",
        ".rootcellar/parts",
        ".",
    }


def moments(farm: Farm) -> dict[str, int]:
    """Return the mtime of every file and folder of the archive."""
    paths = [farm.archive, *farm.archive.rglob("*")]
    return {path.relative_to(farm.archive).as_posix(): path.stat().st_mtime_ns for path in paths}


def steps_of(farm: Farm) -> list[str]:
    """Return the steps of a whole run."""
    with killed_at(0) as deadline:
        farm.export()
    return deadline.steps


def lasting(found: dict[str, bytes]) -> dict[str, bytes]:
    """Return what a broken run must have in common with an unbroken one: all but interim records.

    Records and gatherings that a run wrote before it was cut off are former versions like any
    other afterwards, and go to history; they are the one trace that is left.
    """
    return {
        name: data
        for name, data in found.items()
        if not ("/history/" in name and name.endswith((".json", ".jsonl")))
    }


def test_a_run_killed_at_any_step_is_completed_by_the_next(
    orchards: Orchards, everything: bool
) -> None:
    total = len(steps_of(orchards.copy("counting")))
    assert total > 150
    for step in chosen(total, everything):
        farm = orchards.copy("broken")
        with killed_at(step) as deadline:
            farm.export()
        told = f"killed at step {step} of {total}: {deadline.steps[-1]}"
        farm.export()
        assert tree(farm.archive, inside=True) == orchards.expected, told
        assert check_archive(farm.archive, farm.state_path) == [], told
        quiet(farm)


def test_a_run_of_many_batches_killed_at_any_step_is_completed_by_the_next(
    orchards: Orchards, everything: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, size in (("FEW", 0), ("FIRST_BATCH", 2), ("BATCH", 2), ("LARGEST_BATCH", 3)):
        monkeypatch.setattr(batching, name, size)
    expected = lasting(orchards.expected)
    total = len(steps_of(orchards.copy("counting")))
    for step in chosen(total, everything, share=8):
        farm = orchards.copy("broken")
        with killed_at(step) as deadline:
            farm.export()
        told = f"killed at step {step} of {total}: {deadline.steps[-1]}"
        farm.export()
        assert lasting(tree(farm.archive, inside=True)) == expected, told
        assert check_archive(farm.archive, farm.state_path) == [], told
        quiet(farm)


def test_a_run_killed_again_and_again_gets_there_in_the_end(orchards: Orchards) -> None:
    farm = orchards.copy("broken")
    expected = lasting(orchards.expected)
    for step in (40, 55, 70, 85, 100, 130, 160, 200):
        with killed_at(step):
            farm.export()
    farm.export()
    assert lasting(tree(farm.archive, inside=True)) == expected
    assert check_archive(farm.archive, farm.state_path) == []
    quiet(farm)


def test_the_completion_of_a_killed_run_may_be_killed_too(
    orchards: Orchards, everything: bool
) -> None:
    steps = steps_of(orchards.copy("counting"))
    writing = next(
        n for n, step in enumerate(steps, 1) if step.startswith("rename .rootcellar/pa")
    )
    renames = [n for n, s in enumerate(steps, 1) if s.startswith("rename") and n >= writing]
    for first in renames if everything else random.sample(renames, 3):
        for second in range(1, 60, 1 if everything else 4):
            farm = orchards.copy("broken")
            with killed_at(first):
                farm.export()
            with killed_at(second):
                farm.export()
            farm.export()
            told = f"killed at {steps[first - 1]}, and then at step {second}"
            assert tree(farm.archive, inside=True) == orchards.expected, told
            assert check_archive(farm.archive, farm.state_path) == [], told


def test_the_making_of_an_archive_may_be_killed_at_any_step(tmp_path: Path) -> None:
    orchards = Orchards(tmp_path, (), spring)
    steps = steps_of(orchards.copy("counting"))
    made = next(n for n, step in enumerate(steps, 1) if "parts/FORMAT.txt .root" in step)
    for step in range(1, made + 8):
        farm = orchards.copy("broken")
        with killed_at(step):
            farm.export()
        assert farm.export().exporters["orchard"].new == 11, steps[step - 1]
        assert tree(farm.archive, inside=True) == orchards.expected
        assert check_archive(farm.archive, farm.state_path) == []


def test_the_unmaking_of_an_archive_may_be_killed_at_any_step(tmp_path: Path) -> None:
    orchards = Orchards(tmp_path, (), spring)

    def broken_export(farm: Farm) -> None:
        farm.exporter.survey = lambda capture: iter(1 / 0 for _ in "x")  # type: ignore[method-assign]
        try:
            farm.export()
        finally:
            del farm.exporter.survey  # type: ignore[attr-defined]

    farm = orchards.copy("counting")
    with killed_at(0) as deadline:
        broken_export(farm)
    assert not farm.archive.exists()
    for step in range(1, len(deadline.steps) + 1):
        farm = orchards.copy("broken")
        with killed_at(step):
            broken_export(farm)
        farm.export()
        assert tree(farm.archive, inside=True) == orchards.expected, deadline.steps[step - 1]
        assert check_archive(farm.archive, farm.state_path) == []


# -- prepared for power cuts ---------------------------------------------------------------------


def test_parts_are_flushed_before_the_journal_and_renames_before_the_state(
    orchards: Orchards,
) -> None:
    steps = steps_of(orchards.copy("counting"))
    begin = steps.index("create .rootcellar/parts/0")
    end = steps.index("unlink .rootcellar/journal/batch.jsonl", begin)
    kinds = [_kind(step) for step in steps[begin : end + 1]]
    order = [kind for number, kind in enumerate(kinds) if number == 0 or kinds[number - 1] != kind]
    assert order == ["parts", "flush", "journal", "flush", "names", "flush", "state", "the end"]


def _kind(step: str) -> str:
    verb, _, what = step.partition(" ")
    if verb in ("state", "flush"):
        return verb
    if verb == "unlink" and "journal/" in what:
        return "the end"
    if "journal" in what:
        return "journal"
    if verb in ("create", "write", "utime"):
        return "parts" if what.startswith(".rootcellar/parts/") else step
    return "names"


# -- controls: what must be found out ------------------------------------------------------------


def test_control_a_writer_that_skips_the_parts_is_found_out(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from rootcellar.archive.disk import write_all
    from rootcellar.archive.writer import Batch, Written, sha256_of_bytes

    def straight(batch: Batch, data: bytes, path: str, mtime_ns: int) -> Written:
        with batch.disk.create(path) as file:
            write_all(file, data)
        given = batch.disk.set_mtime(path, mtime_ns)
        return Written(len(data), sha256_of_bytes(data), given)

    def straight_copy(batch: Batch, source: Path, path: str, mtime_ns: int) -> Written:
        return straight(batch, source.read_bytes(), path, mtime_ns)

    orchards = Orchards(tmp_path, (spring, summer), autumn)
    monkeypatch.setattr(Batch, "put_bytes", straight)
    monkeypatch.setattr(Batch, "put_copy", straight_copy)
    assert found_out(orchards)


def test_control_a_start_that_does_not_redo_the_journal_is_found_out(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from rootcellar.archive.journal import remove_journal
    from rootcellar.archive.writer import clear_parts

    def forget(disk: disk_module.Disk, settle: object) -> bool:
        remove_journal(disk)
        clear_parts(disk)
        return False

    orchards = Orchards(tmp_path, (spring, summer), autumn)
    monkeypatch.setattr(opening, "recover", forget)
    assert found_out(orchards)


def found_out(orchards: Orchards) -> bool:
    """Return whether a kill at some step is noticed in the archive afterwards."""
    total = len(steps_of(orchards.copy("counting")))
    for step in range(total // 4, total, 5):
        farm = orchards.copy("broken")
        with killed_at(step):
            farm.export()
        farm.export()
        if tree(farm.archive, inside=True) != orchards.expected:
            return True
        if check_archive(farm.archive, farm.state_path):
            return True
    return False
