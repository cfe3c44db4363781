"""The state can be lost, old, or somebody else's: the archive says all that it needs to know."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from orchard import Farm, counts, tree

from rootcellar.engine.opening import open_archive
from rootcellar.engine.writing import Writing
from rootcellar.errors import DestinationWaiting, StateError
from rootcellar.outcomes import EXIT_CODES
from rootcellar.state.store import StateStore


@pytest.fixture
def orchard(farm: Farm) -> Farm:
    """An archive with everything in it that a rebuilt state must know again."""
    for key in "abcdefgh":
        farm.plant(key, key.encode(), place=f"2024/{key}", text=key)
    for key in ("clash1", "clash2"):
        farm.plant(key, key.encode(), place="2024/Clash")
    farm.plant("far", None, place="2024/Far")
    farm.plant("trash", b"trash", place="2024/Trash", trash=True)
    farm.plant("twice", b"the same", place="2025/Same")
    farm.plant("again", b"the same", place="2025/Same too")
    farm.album("1", "Harvest", "a", "clash1", "gone", "far")
    farm.album("2", "Pies", "b")
    farm.plant("gone", b"gone", place="2024/Gone")
    farm.export()
    farm.fell("gone")
    (farm.store / "album2.json").unlink()
    farm.plant("later", b"later", place="2024/Clash")
    farm.plant("b", b"b2", place="2024/b", text="b")
    farm.export()
    page = farm.archive / "Orchard/2024/c.bin.page"
    page.write_text("my own words, which are longer than what was there")
    farm.plant("c", b"c", place="2024/c", text="mellow")
    farm.export()
    assert counts(farm.export()) == {"unchanged": 15, "kept": 1}
    return farm


def moments(farm: Farm) -> dict[str, int]:
    """Return every path of the archive but STATUS.txt and the folder of parts, with its mtime."""
    return {
        name: path.stat().st_mtime_ns
        for path in farm.archive.rglob("*")
        if (name := path.relative_to(farm.archive).as_posix()) != "STATUS.txt"
        and name != ".rootcellar/parts"
    }


def forget(farm: Farm) -> None:
    shutil.rmtree(farm.state_path.parent)


def set_aside(farm: Farm, name: str) -> None:
    shutil.copytree(farm.state_path.parent, farm.root / name)


def put_back(farm: Farm, name: str) -> None:
    forget(farm)
    shutil.copytree(farm.root / name, farm.state_path.parent)


def test_an_export_without_a_state_finds_everything_unchanged(orchard: Farm) -> None:
    before = moments(orchard)
    forget(orchard)
    report = orchard.export()
    assert counts(report) == {"unchanged": 15, "kept": 1}
    assert report.notes == [
        "This archive is new to this machine: its state was rebuilt from 16 records."
    ]
    assert moments(orchard) == before
    report = orchard.export()
    assert (counts(report), report.notes) == ({"unchanged": 15, "kept": 1}, [])
    assert moments(orchard) == before


def test_a_rebuilt_state_knows_what_the_lost_one_knew(orchard: Farm) -> None:
    def rows(farm: Farm) -> dict[str, list[tuple[object, ...]]]:
        with StateStore(farm.state_path) as state:
            return {
                table: sorted(state.connection.execute(f"SELECT {columns} FROM {table}"))
                for table, columns in {
                    "item": "exporter, key, title, place, stem, folder, fingerprint, store, "
                    "in_trash, gone, line",
                    "file": "role, path, folded, size, sha256, source, view, rendered, kept",
                    "missing": "role, reason, hint, awaits, failed",
                    "document": "kind, exporter, key, path, size, sha256, place",
                }.items()
            }

    known = rows(orchard)
    forget(orchard)
    orchard.export()
    found = rows(orchard)
    for table in known:
        gone = [row for row in known[table] if "gone" in row or "Orchard/2024/Gone" in str(row)]
        for row in gone:  # what is not in the source any more can only be known by its record
            known[table].remove(row)
        found[table] = [
            row for row in found[table] if not ("gone" in row or "Orchard/2024/Gone" in str(row))
        ]
        assert found[table] == known[table], table


def test_a_rebuilt_state_still_knows_what_is_gone_and_what_lies_in_the_trash(
    orchard: Farm,
) -> None:
    forget(orchard)
    orchard.export()
    orchard.fell("trash")
    orchard.plant("gone", b"gone", place="2024/Gone")
    report = orchard.export()
    assert report.outcome == "partial"  # `far` is still absent
    assert counts(report) == {"gone": 1, "changed": 1, "unchanged": 14, "kept": 1}


def test_names_that_were_given_are_kept_by_a_rebuilt_state(orchard: Farm) -> None:
    names = sorted(path.name for path in orchard.archive.glob("Orchard/2024/Clash*"))
    forget(orchard)
    for key in ("clash1", "clash2", "later"):
        orchard.plant(key, key.encode() + b" riper", place="2024/Clash")
    assert counts(orchard.export())["changed"] == 3
    assert sorted(path.name for path in orchard.archive.glob("Orchard/2024/Clash*")) == names


def test_a_page_that_was_kept_stays_kept_by_a_rebuilt_state(orchard: Farm) -> None:
    page = orchard.archive / "Orchard/2024/c.bin.page"
    mine = page.read_bytes()
    forget(orchard)
    orchard.plant("c", b"c", place="2024/c", text="riper still")
    report = orchard.export()
    assert counts(report) == {"changed": 1, "unchanged": 14, "kept": 1}
    assert page.read_bytes() == mine


def test_an_album_of_a_rebuilt_state_still_names_its_gone_members(orchard: Farm) -> None:
    album = orchard.archive / "Orchard/Albums/Harvest.json"
    pies = orchard.archive / "Orchard/Albums/Pies.json"
    before = album.read_bytes(), pies.read_bytes()
    assert json.loads(before[1])["gone"] is True
    forget(orchard)
    orchard.export()
    assert (album.read_bytes(), pies.read_bytes()) == before
    orchard.album("1", "Harvest", "a", "clash1", "far", "d")
    orchard.export()
    assert b"Gone.bin" in album.read_bytes()


def test_files_that_are_missing_are_written_again_after_a_rebuild(orchard: Farm) -> None:
    lost = ["Orchard/2024/a.bin", "Orchard/2024/d (note).txt", "Orchard/2024/e.bin.page"]
    before = tree(orchard.archive, inside=True)
    for name in lost:
        (orchard.archive / name).unlink()
    forget(orchard)
    report = orchard.export()
    assert counts(report) == {"changed": 3, "unchanged": 12, "kept": 1}
    after = tree(orchard.archive, inside=True)
    assert {name: after[name] for name in before} == before


@pytest.mark.parametrize("words", ["tampered with, and longer than it was", None])
def test_a_page_that_was_tampered_with_is_kept_after_a_rebuild(
    orchard: Farm, words: str | None
) -> None:
    page = orchard.archive / "Orchard/2024/a.bin.page"
    mine = page.read_bytes().swapcase() if words is None else words.encode()  # None: equal size
    page.write_bytes(mine)
    forget(orchard)
    assert counts(orchard.export()) == {"unchanged": 15, "kept": 1}  # not behind its item yet
    assert page.read_bytes() == mine
    orchard.plant("a", b"a", place="2024/a", text="riper")
    assert counts(orchard.export()) == {"changed": 1, "unchanged": 14, "kept": 2}
    assert page.read_bytes() == mine


def test_an_original_that_was_tampered_with_is_made_good_after_a_rebuild(orchard: Farm) -> None:
    original = orchard.archive / "Orchard/2024/a.bin"
    original.write_bytes(b"something else")
    forget(orchard)
    report = orchard.export()
    assert counts(report) == {"changed": 1, "unchanged": 14, "kept": 1}
    assert original.read_bytes() == b"a"
    (foreign,) = orchard.archive.glob(".rootcellar/quarantine/*")
    assert foreign.read_bytes() == b"something else"


@pytest.mark.parametrize("damage", ["cut", "line", "lost"])
def test_records_that_were_damaged_are_made_good_after_a_rebuild(
    orchard: Farm, damage: str
) -> None:
    records = orchard.archive / "Orchard/2025/metadata.jsonl"
    good = records.read_bytes()
    before = tree(orchard.archive)
    if damage == "cut":
        records.write_bytes(good[:-100])
    elif damage == "line":
        records.write_bytes(good.replace(b'"gone":false', b'"gone":maybe', 1))
    else:
        records.unlink()
    forget(orchard)
    orchard.export()
    assert records.read_bytes().count(b"\n") == 2
    after = tree(orchard.archive)
    lost = {name for name in before if name not in after}
    assert not lost
    assert {data for name, data in after.items() if name.endswith(".bin")} == {
        data for name, data in before.items() if name.endswith(".bin")
    }


# -- an old state, another's, several ------------------------------------------------------------


def test_a_state_older_than_the_archive_is_noticed_and_rebuilt(orchard: Farm) -> None:
    set_aside(orchard, "old")
    orchard.plant("new", b"new", place="2024/New")
    orchard.plant("a", b"riper", place="2024/a", text="a")
    orchard.plant("d", b"d", place="2026/d", text="d")
    orchard.export()
    before = moments(orchard)
    put_back(orchard, "old")
    report = orchard.export()
    assert counts(report) == {"unchanged": 16, "kept": 1}
    assert "its state was rebuilt" in report.notes[0]
    assert moments(orchard) == before


def test_an_old_state_meets_an_archive_whose_last_run_was_cut_off(
    orchard: Farm, monkeypatch: pytest.MonkeyPatch
) -> None:
    set_aside(orchard, "old")
    orchard.plant("new", b"new", place="2024/New")
    orchard.export()
    orchard.plant("a", b"riper", place="2024/a", text="a")
    orchard.fell("d")

    def cut(self: StateStore, settlement: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(StateStore, "settle", cut)
        with pytest.raises(KeyboardInterrupt):
            orchard.export()
    assert (orchard.archive / ".rootcellar/journal/batch.jsonl").exists()
    put_back(orchard, "old")
    report = orchard.export()
    assert report.notes[0].startswith("The last run was cut off")
    assert "its state was rebuilt" in report.notes[1]
    assert counts(report) == {"unchanged": 15, "kept": 1}
    assert (orchard.archive / "Orchard/2024/a.bin").read_bytes() == b"riper"
    before = moments(orchard)
    assert counts(orchard.export()) == {"unchanged": 15, "kept": 1}
    assert moments(orchard) == before


def test_two_archives_share_a_state_and_know_nothing_of_each_other(orchard: Farm) -> None:
    other = orchard.root / "other"
    assert orchard.export(other).exporters["orchard"].new == 15
    orchard.plant("a", b"riper", place="2024/a", text="a")
    assert counts(orchard.export()) == {"changed": 1, "unchanged": 14, "kept": 1}
    assert counts(orchard.export(other)) == {"changed": 1, "unchanged": 14}
    for archive in (orchard.archive, other):
        assert orchard.export(archive).exporters["orchard"].files == 0
        assert (archive / "Orchard/2024/a.bin").read_bytes() == b"riper"


def test_two_machines_may_take_turns_with_one_archive(orchard: Farm, tmp_path: Path) -> None:
    mine, yours = orchard.state_path, tmp_path / "yours" / "state.sqlite"
    for turn in range(4):
        orchard.state_path = yours if turn % 2 == 0 else mine
        orchard.plant("a", b"turn %d" % turn, place="2024/a", text="a")
        orchard.plant(f"turn{turn}", b"new", place=f"2024/Turn {turn}")
        report = orchard.export()
        assert counts(report) == {"new": 1, "changed": 1, "unchanged": 14 + turn, "kept": 1}
        (note,) = report.notes
        assert note.startswith(
            "This archive is new to this machine"
            if turn == 0
            else "This archive was changed by another machine"
        )
        before = moments(orchard)
        assert counts(orchard.export()) == {"unchanged": 16 + turn, "kept": 1}
        assert moments(orchard) == before
    assert not [path for path in orchard.archive.rglob("*") if "Turn 0 ~" in path.name]


@pytest.mark.parametrize("same_state", [True, False])
def test_of_two_runs_at_once_the_second_waits(
    orchard: Farm, tmp_path: Path, same_state: bool
) -> None:
    before = moments(orchard)
    yours = orchard.state_path if same_state else tmp_path / "yours" / "state.sqlite"
    with StateStore(orchard.state_path) as state, open_archive(orchard.archive, state):
        orchard.state_path = yours
        with pytest.raises(DestinationWaiting, match="Another run is using") as raised:
            orchard.export()
    assert raised.value.exit_code == EXIT_CODES["waiting"] == 75
    assert moments(orchard) == before
    assert counts(orchard.export()) == {"unchanged": 15, "kept": 1}


def test_a_run_in_another_process_is_waited_for(orchard: Farm) -> None:
    script = (
        "import sys, fcntl, os\n"
        "handle = os.open(sys.argv[1], os.O_RDONLY)\n"
        "fcntl.flock(handle, fcntl.LOCK_EX)\n"
        "print('held', flush=True)\n"
        "sys.stdin.read()\n"
    )
    with subprocess.Popen(
        [sys.executable, "-c", script, str(orchard.archive)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    ) as holder:
        assert holder.stdout is not None
        assert holder.stdout.readline() == b"held\n"
        with pytest.raises(DestinationWaiting):
            orchard.export()
        holder.communicate()
    assert orchard.export().outcome == "partial"


# -- a state that cannot be used -----------------------------------------------------------------


def damage_all(path: Path) -> None:
    path.write_bytes(b"this is no database" * 1000)


def damage_the_middle(path: Path) -> None:
    data = bytearray(path.read_bytes())
    data[4096:] = os.urandom(len(data) - 4096)
    path.write_bytes(data)


def damage_by_cutting(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:6000])


@pytest.mark.parametrize("damage", [damage_all, damage_the_middle, damage_by_cutting])
def test_a_damaged_state_is_an_error_that_says_how_to_go_on(orchard: Farm, damage: object) -> None:
    before = moments(orchard)
    damage(orchard.state_path)  # type: ignore[operator]
    with pytest.raises(StateError) as raised:
        orchard.export()
    assert str(orchard.state_path) in raised.value.message
    assert "rootcellar rebuild" in raised.value.hint
    assert moments(orchard) == before
    orchard.state_path.unlink()
    assert counts(orchard.export()) == {"unchanged": 15, "kept": 1}
    assert moments(orchard) == before


def test_a_state_of_a_newer_program_is_left_alone(orchard: Farm) -> None:
    with StateStore(orchard.state_path) as state:
        state.connection.execute("INSERT INTO migration VALUES ('9999-of-the-future')")
    with pytest.raises(StateError, match="newer rootcellar") as raised:
        orchard.export()
    assert raised.value.hint == "Update this rootcellar."


def test_a_state_that_cannot_be_written_is_an_error_with_a_hint(farm: Farm) -> None:
    farm.plant("a")
    farm.state_path = farm.root / "file" / "state.sqlite"
    farm.state_path.parent.write_text("a file where the folder should be")
    with pytest.raises(StateError) as raised:
        farm.export()
    assert "ROOTCELLAR_STATE" in raised.value.hint
    assert not farm.archive.exists()


def test_a_state_that_was_backed_up_in_the_middle_of_a_run_is_known_to_be_old(
    farm: Farm, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("FEW", "FIRST_BATCH", "BATCH", "LARGEST_BATCH"):
        monkeypatch.setattr(f"rootcellar.engine.batching.{name}", 3)
    for number in range(12):
        farm.plant(f"k{number}", b"%d" % number, place=f"Apple {number}")
    commit = Writing.commit
    backup = tmp_path / "backup"

    def commit_and_back_up(writing: Writing, *arguments: object) -> None:
        commit(writing, *arguments)  # type: ignore[arg-type]
        if not backup.exists():
            shutil.copytree(farm.state_path.parent, backup)

    with monkeypatch.context() as patch:
        patch.setattr(Writing, "commit", commit_and_back_up)
        farm.export()
    before = tree(farm.archive, inside=True)
    shutil.rmtree(farm.state_path.parent)
    shutil.copytree(backup, farm.state_path.parent)
    report = farm.export()
    assert "rebuilt" in report.notes[0]
    assert counts(report) == {"unchanged": 12}
    assert tree(farm.archive, inside=True) == before


def test_a_rebuilt_state_still_knows_which_library_it_was(farm: Farm) -> None:
    for number in range(5):
        farm.plant(f"k{number}", b"%d" % number)
    farm.export()
    before = tree(farm.archive, inside=True)
    shutil.rmtree(farm.state_path.parent)
    for number in range(5):
        farm.fell(f"k{number}")
        farm.plant(f"other{number}", b"other %d" % number, store="orchard-2")
    report = farm.export()
    assert report.outcome == "brake"
    assert "not the library" in report.exporters["orchard"].message
    assert tree(farm.archive, inside=True) == before


def test_a_line_that_damage_has_left_json_is_no_line(farm: Farm) -> None:
    farm.plant("k1", b"apple")
    farm.plant("k2", b"pear")
    farm.export()
    records = farm.archive / "Orchard/metadata.jsonl"
    records.write_bytes(records.read_bytes().replace(b'"gone"', b'"go.e"', 1))
    farm.state_path.unlink()
    report = farm.export()
    assert report.outcome == "ok"
    assert (farm.archive / "Orchard/k1.bin").read_bytes() == b"apple"
    assert farm.export().exporters["orchard"].unchanged == 2
