"""One flipped bit, in any file there is: verify names it by path and number, and heals it."""

import os
import random
import re
import shutil
import sqlite3
from collections.abc import Sequence
from pathlib import Path

import pytest
from histories import History, files_below, of_three

from rootcellar.archive.disk import Disk
from rootcellar.archive.identity import read_identity
from rootcellar.engine.opening import open_archive
from rootcellar.errors import StateError
from rootcellar.retention import Retention
from rootcellar.snapshots.mending import verify_and_heal
from rootcellar.snapshots.problems import CODES, Problem
from rootcellar.snapshots.pruning import Pruning
from rootcellar.state.seal import read_seal, seal_path
from rootcellar.state.store import StateStore

DOCS = Path(__file__).parents[2] / "docs/reference/archive-format.md"
ANEW = ("README.txt", "STATUS.txt", ".rootcellar/FORMAT.txt")
"""What is written anew as soon as it differs; nothing else in an archive may change unnoticed."""


@pytest.fixture
def history(farm) -> History:
    history = of_three(farm)
    with (
        StateStore(farm.state_path) as state,
        open_archive(history.archive, state) as opened,
    ):
        Pruning(opened.disk, state, opened.row, Retention(keep_last=2, grace="0s")).prune()
    assert (history.archive / ".rootcellar/snapshots/pruned.jsonl").exists()
    return history


def verified(history: History) -> list[Problem]:
    def export(_: Sequence[str]) -> None:
        history.farm.export()

    with StateStore(history.farm.state_path) as state:
        return verify_and_heal(history.archive, state, export)[0].problems


def flip(path: Path, chance: random.Random) -> None:
    """Flip one bit, as a drive does: size and time stay."""
    status, data = path.stat(), bytearray(path.read_bytes())
    data[chance.randrange(len(data))] ^= 1 << chance.randrange(8)
    path.write_bytes(data)
    os.utime(path, ns=(status.st_atime_ns, status.st_mtime_ns))


def test_a_flipped_bit_in_any_file_of_an_archive_is_named(history: History) -> None:
    chance = random.Random(6)
    assert verified(history) == []
    codes = set()
    for path, good in sorted(files_below(history.archive).items()):
        if path in ANEW:
            continue
        flip(history.archive / path, chance)
        problems = verified(history)
        assert path in [one.path for one in problems], path
        codes |= {one.code for one in problems}
        if all(one.healed for one in problems):
            assert (history.archive / path).read_bytes() == good, path
            assert verified(history) == [], path
        status = (history.archive / path).stat()
        (history.archive / path).write_bytes(good)
        os.utime(history.archive / path, ns=(status.st_atime_ns, status.st_mtime_ns))
    assert {"F01", "H01", "H03", "I01"} <= codes
    assert any(code.startswith("M") for code in codes)


@pytest.mark.parametrize("path", ANEW)
def test_what_is_for_people_is_written_anew(history: History, path: str) -> None:
    good = (history.archive / path).read_bytes()
    for seed in range(5):
        flip(history.archive / path, random.Random(seed))
        verified(history)
        if path == "STATUS.txt":
            history.farm.export()
            assert (history.archive / path).read_bytes()[:10] == good[:10]
        else:
            assert (history.archive / path).read_bytes() == good


def test_a_readme_of_somebody_elses_stays(history: History) -> None:
    (history.archive / "README.txt").write_text("# What is here\n\nMy pictures.\n")
    verified(history)
    assert (history.archive / "README.txt").read_text().startswith("# What is here")


@pytest.mark.parametrize("file", ["archive.json", "snapshots/pruned.jsonl"])
def test_any_flipped_bit_in_the_small_files_is_named_and_mended(
    history: History, file: str
) -> None:
    path = history.archive / ".rootcellar" / file
    good = path.read_bytes()
    code = {"archive.json": "I01"}.get(file, "H03")
    for seed in range(25):
        flip(path, random.Random(seed))
        problems = verified(history)
        found = [(one.path, one.code, one.healed) for one in problems]
        assert found == [(f".rootcellar/{file}", code, True)], seed
        if file != "archive.json" or read_identity(Disk(history.archive)).counter == 3:
            assert path.read_bytes() == good, seed
        path.write_bytes(good)


def test_every_bit_of_the_identity_counts(history: History) -> None:
    path = history.archive / ".rootcellar/archive.json"
    good = path.read_bytes()
    for bit in range(8 * len(good)):
        data = bytearray(good)
        data[bit // 8] ^= 1 << bit % 8
        path.write_bytes(data)
        with pytest.raises(Exception, match="damaged"):
            read_identity(Disk(history.archive))


def test_an_identity_is_mended_without_the_state_that_knew_it(history: History) -> None:
    history.farm.state_path.unlink()
    path = history.archive / ".rootcellar/archive.json"
    good = read_identity(Disk(history.archive))
    path.write_bytes(b"{}")
    assert [one.code for one in verified(history)] == ["I01"]
    again = read_identity(Disk(history.archive))
    assert (again.uuid, again.tops) == (good.uuid, good.tops)
    assert history.farm.export().outcome == "ok"
    assert verified(history) == []


def test_a_flipped_bit_anywhere_in_the_state_is_named(history: History) -> None:
    """Whatever row it is in: SQLite itself finds only what is wrong with its pages."""
    path = history.farm.state_path
    assert verified(history) == []
    good, sealed = path.read_bytes(), seal_path(path).read_bytes()
    archive = history.archive.with_name("kept")
    shutil.copytree(history.archive, archive)
    times = path.stat()
    told = set()
    for seed in range(30):
        shutil.rmtree(history.archive)
        shutil.copytree(archive, history.archive)
        path.write_bytes(good)
        seal_path(path).write_bytes(sealed)
        os.utime(path, ns=(times.st_atime_ns, times.st_mtime_ns))
        flip(path, random.Random(seed))
        try:
            problems = [one for one in verified(history) if one.kind == "state"]
        except (StateError, sqlite3.DatabaseError) as error:
            told.add("cannot be opened")
            assert isinstance(error, StateError) or "malformed" in str(error), seed
            continue
        told.update(one.code for one in problems)
        assert {one.path for one in problems} == {str(path)}, seed
        if all(one.healed for one in problems):
            assert verified(history) == [], seed
            assert history.farm.export().outcome == "ok", seed
    assert "S03" in told


def test_a_state_that_was_written_meanwhile_or_left_by_a_crash_is_not_blamed(
    history: History,
) -> None:
    path = history.farm.state_path
    history.farm.export()
    assert read_seal(path) is not None
    with sqlite3.connect(path) as connection:  # no rootcellar that lets go of it properly
        connection.execute("UPDATE archive_path SET seen = '2026-01-01T00:00:00+00:00'")
    connection.close()
    assert read_seal(path) is None
    assert verified(history) == []
    assert read_seal(path) is not None
    seal_path(path).write_text("no JSON")
    assert verified(history) == []


def test_every_number_is_described() -> None:
    described = set(re.findall(r"^\| ([FHIS]\d\d) \|", DOCS.read_text(), flags=re.MULTILINE))
    assert described == {*CODES.values(), "S01", "S02", "S03"}
