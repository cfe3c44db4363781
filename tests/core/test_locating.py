"""Where an archive may be, and where it may not: nothing is written before that is known."""

import json
import os
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from orchard import Farm, counts, tree

from rootcellar.archive.identity import LITTER, Identity
from rootcellar.errors import DestinationWaiting, RootcellarError, UsageError


def everything(folder: Path) -> dict[str, int]:
    """Return every path below a folder, and the folder itself, with its mtime."""
    paths = [folder, *folder.rglob("*")] if folder.exists() else []
    return {str(path): path.lstat().st_mtime_ns for path in paths}


def refused(
    farm: Farm, archive: Path, kind: type[RootcellarError], saying: str
) -> RootcellarError:
    """Export to `archive`; assert that it is refused in these words, and nothing written there."""
    before = everything(archive)
    with pytest.raises(kind, match=saying) as raised:
        farm.export(archive)
    assert raised.value.hint
    assert everything(archive) == before
    return raised.value


@pytest.fixture
def planted(farm: Farm) -> Farm:
    farm.plant("a", b"apple", place="2024/Apple")
    return farm


@pytest.fixture
def known(planted: Farm) -> Farm:
    """An orchard whose archive is known."""
    planted.export()
    return planted


def test_an_absent_folder_becomes_an_archive(planted: Farm) -> None:
    assert counts(planted.export()) == {"new": 1}
    assert (planted.archive / "Orchard/2024/Apple.bin").read_bytes() == b"apple"
    assert json.loads((planted.archive / ".rootcellar/archive.json").read_text())["counter"] == 1


def test_an_empty_folder_becomes_an_archive(planted: Farm) -> None:
    planted.archive.mkdir()
    assert counts(planted.export()) == {"new": 1}


def test_a_folder_with_nothing_but_litter_becomes_an_archive(planted: Farm) -> None:
    planted.archive.mkdir()
    for name in LITTER - {".DS_Store"}:
        (planted.archive / name).mkdir()
    (planted.archive / ".DS_Store").write_bytes(b"litter")
    (planted.archive / "._anything").write_bytes(b"litter")
    assert counts(planted.export()) == {"new": 1}
    assert counts(planted.export()) == {"unchanged": 1}
    assert (planted.archive / ".DS_Store").read_bytes() == b"litter"


def test_the_leftover_of_a_making_that_was_cut_off_is_taken_over(planted: Farm) -> None:
    (planted.archive / ".rootcellar.new").mkdir(parents=True)
    (planted.archive / ".rootcellar.new/archive.json").write_text('{"uuid": ')
    assert counts(planted.export()) == {"new": 1}
    assert not (planted.archive / ".rootcellar.new").exists()


@pytest.mark.parametrize("name", ["thesis.txt", ".hidden", ".rootcellar", "DS_Store"])
def test_a_folder_with_something_in_it_is_refused(planted: Farm, name: str) -> None:
    planted.archive.mkdir()
    (planted.archive / name).mkdir()
    error = refused(planted, planted.archive, UsageError, "is not empty, and is no archive")
    assert error.exit_code == 2


def test_a_file_is_refused(planted: Farm) -> None:
    planted.archive.write_text("a file")
    error = refused(planted, planted.archive, UsageError, "is a file; an archive is a folder")
    assert error.exit_code == 2
    assert planted.archive.read_text() == "a file"


def test_a_folder_whose_parent_is_missing_is_refused(planted: Farm) -> None:
    error = refused(planted, planted.root / "no" / "such" / "place", UsageError, "does not exist")
    assert error.exit_code == 2
    assert not (planted.root / "no").exists()


def test_an_archive_inside_a_store_is_refused(planted: Farm) -> None:
    for archive in (planted.store, planted.store / "archive", planted.store / "deep" / "archive"):
        error = refused(planted, archive, UsageError, "is only ever read")
        assert error.exit_code == 2


def test_an_archive_inside_a_store_is_refused_through_a_link_too(planted: Farm) -> None:
    link = planted.root / "link"
    link.symlink_to(planted.store)
    refused(planted, link / "archive", UsageError, "is only ever read")


@pytest.mark.parametrize("inside", ["new", "Orchard/new", ".rootcellar/new", "Orchard/2024/empty"])
def test_an_archive_inside_an_archive_is_refused(known: Farm, inside: str) -> None:
    archive = known.archive / inside
    if inside.endswith("empty"):
        archive.mkdir()
    with pytest.raises(RootcellarError) as raised:
        known.export(archive)
    assert str(known.archive) in raised.value.message
    assert not archive.exists() or not any(archive.iterdir())


def test_an_archive_inside_an_archive_of_another_machine_is_refused(known: Farm) -> None:
    known.state_path = known.root / "another" / "state.sqlite"
    error = refused(known, known.archive / "new", UsageError, "lies inside the archive")
    assert error.exit_code == 2


def test_a_known_archive_is_found_through_a_link(known: Farm) -> None:
    link = known.root / "link"
    link.symlink_to(known.archive)
    assert counts(known.export(link)) == {"unchanged": 1}


def test_a_known_archive_that_is_absent_is_waited_for(known: Farm) -> None:
    away = known.root / "away"
    known.archive.rename(away)
    error = refused(known, known.archive, DestinationWaiting, "is not there now")
    assert (error.exit_code, error.outcome) == (75, "waiting")
    assert not known.archive.exists()
    away.rename(known.archive)
    assert counts(known.export()) == {"unchanged": 1}


@pytest.mark.parametrize("litter", [(), (".DS_Store", "._x"), (".rootcellar.new",)])
def test_a_known_archive_whose_folder_is_empty_is_waited_for(
    known: Farm, litter: tuple[str, ...]
) -> None:
    known.archive.rename(known.root / "away")
    known.archive.mkdir()
    for name in litter:
        (known.archive / name).mkdir()
    refused(known, known.archive, DestinationWaiting, "is not there now")


def test_a_place_below_a_known_archive_that_is_not_there_is_waited_for(known: Farm) -> None:
    known.archive.rename(known.root / "away")
    known.archive.mkdir()
    refused(known, known.archive / "new", DestinationWaiting, "is not there now")


def test_a_known_place_with_strangers_in_it_is_refused(known: Farm) -> None:
    known.archive.rename(known.root / "away")
    known.archive.mkdir()
    (known.archive / "thesis.txt").write_text("mine")
    error = refused(known, known.archive, UsageError, "is no archive of rootcellar's")
    assert "another drive" in error.hint


def test_an_archive_that_moved_is_known_at_its_new_place(known: Farm) -> None:
    moved = known.root / "moved"
    known.archive.rename(moved)
    assert counts(known.export(moved)) == {"unchanged": 1}
    refused(known, known.archive, DestinationWaiting, "is not there now")


def test_another_archive_at_the_known_place_is_refused(known: Farm) -> None:
    other = Farm(known.root / "other")
    other.plant("b", b"pear")
    other.export()
    known.archive.rename(known.root / "away")
    other.archive.rename(known.archive)
    before = tree(known.archive, inside=True)
    error = refused(known, known.archive, RootcellarError, "Another archive is at")
    assert (error.exit_code, error.outcome) == (1, "failed")
    assert "rootcellar rebuild" in error.hint
    assert tree(known.archive, inside=True) == before


@pytest.mark.parametrize("text", ["", "{", "[]", "null", '{"uuid": "x"}', '"text"'])
def test_a_damaged_identity_is_refused_and_nothing_written(known: Farm, text: str) -> None:
    (known.archive / ".rootcellar/archive.json").write_text(text)
    error = refused(known, known.archive, UsageError, "archive.json is damaged")
    assert "rootcellar verify" in error.hint


def test_an_archive_of_a_newer_format_is_refused(known: Farm) -> None:
    path = known.archive / ".rootcellar/archive.json"
    value = json.loads(path.read_text())
    del value["check"]
    path.write_bytes(Identity(**{**value, "format": 99}).to_json())
    error = refused(known, known.archive, UsageError, "has format 99")
    assert error.hint == "Update rootcellar."


def test_a_dry_run_refuses_the_same_places_and_makes_none(planted: Farm) -> None:
    with pytest.raises(UsageError):
        planted.export(planted.root / "no" / "such", dry_run=True)
    with pytest.raises(UsageError):
        planted.export(planted.store, dry_run=True)
    assert planted.export(dry_run=True).outcome == "ok"
    assert not planted.archive.exists()


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write anywhere")
def test_a_folder_that_may_not_be_written_is_refused_with_a_hint(planted: Farm) -> None:
    planted.archive.mkdir(mode=0o500)
    with pytest.raises(RootcellarError, match="may not be written"):
        planted.export()


def test_a_place_that_cannot_even_be_looked_at_is_waited_for(
    known: Farm, monkeypatch: pytest.MonkeyPatch
) -> None:
    really = os.stat

    def stat(path: object, *rest: object, **options: object) -> os.stat_result:
        if str(path) == str(known.archive):
            raise OSError(107, os.strerror(107))  # as a network drive whose server has gone
        return really(path, *rest, **options)  # type: ignore[arg-type]

    with monkeypatch.context() as patch:
        patch.setattr(os, "stat", stat)
        with pytest.raises(DestinationWaiting) as raised:
            known.export()
    assert raised.value.hint


# -- a real drive --------------------------------------------------------------------------------


@pytest.fixture
def drive(tmp_path: Path) -> Iterator[Path]:
    """A mounted drive that can be unmounted and mounted again: it is also mounted elsewhere."""
    place, backdoor = tmp_path / "Volumes" / "Drive", tmp_path / "backdoor"
    place.mkdir(parents=True)
    backdoor.mkdir()
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=64m", "none", backdoor], capture_output=True
    )
    if mounted.returncode:
        pytest.skip("mounting a tmpfs needs root, on Linux")
    try:
        subprocess.run(["mount", "--bind", backdoor, place], check=True)
        yield place
    finally:
        for folder in (place, backdoor):
            while subprocess.run(["umount", "-l", folder], capture_output=True).returncode == 0:
                continue


@pytest.mark.faults
@pytest.mark.parametrize("name", ["", "archive", "backups/archive"])
def test_an_unmounted_drive_gets_not_one_byte_under_its_mount_point(
    planted: Farm, drive: Path, name: str
) -> None:
    planted.archive = drive / name
    planted.archive.parent.mkdir(exist_ok=True)
    planted.export()
    subprocess.run(["umount", drive], check=True)
    for _ in range(2):
        with pytest.raises(DestinationWaiting, match="is not there now"):
            planted.export()
        assert list(drive.iterdir()) == []
    subprocess.run(["mount", "--bind", drive.parent.parent / "backdoor", drive], check=True)
    assert counts(planted.export()) == {"unchanged": 1}
