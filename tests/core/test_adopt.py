"""A folder that another program has filled is taken over without copying, and nothing is lost."""

import errno
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from gleaning import YEAR_2001, Field, identity
from orchard import counts, tree

from rootcellar.archive.journal import Journal
from rootcellar.archive.writer import Batch
from rootcellar.errors import UsageError


@pytest.fixture
def field(tmp_path: Path) -> Field:
    field = Field(tmp_path)
    field.farm.plant("a", b"the first apple", place="2024/apple")
    field.farm.plant("b", b"the second apple", place="2024/pear")
    return field


def reasons(report) -> dict[str, str]:
    return {Path(one.path).name: one.reason for one in report.adopted.left}


def test_files_with_the_bytes_of_the_source_are_renamed_and_none_is_copied(
    field: Field, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = identity(field.drop("any/where/x.jpg", b"the first apple"))
    second = identity(field.drop("y.bin", b"the second apple"))
    monkeypatch.setattr(Batch, "put_copy", lambda *_: pytest.fail("a file was copied"))
    report = field.adopt()
    assert counts(report) == {"new": 2}
    assert (report.adopted.files, report.adopted.bytes, report.adopted.left) == (2, 31, [])
    assert identity(field.farm.archive / "Orchard/2024/apple.bin") == first
    assert identity(field.farm.archive / "Orchard/2024/pear.bin") == second
    assert list(field.folder.iterdir()) == []
    again = field.farm.export()
    assert counts(again) == {"unchanged": 2}
    assert again.exporters["orchard"].files == 0


def test_the_folder_itself_can_become_the_archive(field: Field) -> None:
    first = identity(field.drop("2024/x.jpg", b"the first apple"))
    field.drop("2024/stranger.txt", b"my own text")
    field.drop("README.txt", b"my own readme")
    report = field.adopt(archive=field.folder)
    assert counts(report) == {"new": 2}
    assert identity(field.folder / "Orchard/2024/apple.bin") == first
    assert (field.folder / "Orchard/2024/pear.bin").read_bytes() == b"the second apple"
    assert (field.folder / "2024/stranger.txt").read_bytes() == b"my own text"
    assert (field.folder / "README.txt").read_bytes() == b"my own readme"
    assert list(reasons(report)) == ["stranger.txt"]
    assert counts(field.farm.export(field.folder)) == {"unchanged": 2}
    again = field.adopt(archive=field.folder)
    assert counts(again) == {"unchanged": 2}
    assert (again.adopted.files, list(reasons(again))) == (0, ["stranger.txt"])


def test_a_file_that_lies_where_it_belongs_stays_there(field: Field) -> None:
    first = identity(field.drop("Orchard/2024/apple.bin", b"the first apple"))
    page = field.drop("Orchard/2024/apple.bin.page", b"another program's page")
    field.adopt(archive=field.folder)
    assert identity(field.folder / "Orchard/2024/apple.bin") == first
    assert page.read_bytes() == b"another program's page"
    lines = (field.folder / "Orchard/2024/metadata.jsonl").read_text()
    assert '"Orchard/2024/apple.bin"' in lines
    assert counts(field.farm.export(field.folder)) == {"unchanged": 2}


def test_files_that_lie_at_each_others_places_change_them(field: Field) -> None:
    field.drop("Orchard/2024/apple.bin", b"the second apple")
    field.drop("Orchard/2024/pear.bin", b"the first apple")
    report = field.adopt(archive=field.folder)
    assert report.adopted.files == 2
    held = [path.read_bytes() for path in field.folder.rglob("*.bin")]
    assert sorted(held) == [b"the first apple", b"the second apple"]
    assert counts(field.farm.export(field.folder)) == {"unchanged": 2}


def test_a_stranger_at_a_wished_for_name_is_never_replaced(field: Field) -> None:
    field.drop("Orchard/2024/apple.bin", b"no apple at all")
    first = identity(field.drop("x.bin", b"the first apple"))
    field.adopt(archive=field.folder)
    assert (field.folder / "Orchard/2024/apple.bin").read_bytes() == b"no apple at all"
    (moved,) = (field.folder / "Orchard/2024").glob("apple ~*.bin")
    assert identity(moved) == first


def test_a_dry_run_says_the_same_and_writes_nothing(field: Field) -> None:
    field.drop("x.jpg", b"the first apple")
    field.drop("copy.jpg", b"the first apple")
    field.drop("z.txt", b"somebody else's")
    before = tree(field.folder)
    said = field.adopt(dry_run=True)
    assert said.dry_run
    assert counts(said) == {"new": 2}
    assert tree(field.folder) == before
    assert not field.farm.archive.exists()
    in_place = field.adopt(archive=field.folder, dry_run=True)
    assert not (field.folder / ".rootcellar").exists()
    done = field.adopt()
    assert said.adopted == in_place.adopted == done.adopted
    assert done.adopted.files == 1


def test_further_copies_stay_and_are_told_from_strangers(field: Field) -> None:
    field.drop("album 1/x.jpg", b"the first apple")
    field.drop("album 2/x (1).jpg", b"the first apple")
    field.drop("album 2/x (1).jpg.xmp", b"<x:xmpmeta/>")
    field.drop("converted.jpeg", b"jpeg of an apple", key="a", altered=True)
    field.drop("older.jpeg", b"an older apple", key="b")
    field.drop("deleted.jpeg", b"an apple eaten since", key="c")
    field.drop("cat.jpeg", b"a cat")
    report = field.adopt()
    found = reasons(report)
    assert found.keys() == {
        "x (1).jpg", "x (1).jpg.xmp", "converted.jpeg", "older.jpeg", "deleted.jpeg", "cat.jpeg"
    }  # fmt: skip
    assert len(set(found.values())) == 6
    assert "the same bytes" in found["x (1).jpg"]
    assert "converted" in found["converted.jpeg"]
    assert "no longer in the library" in found["deleted.jpeg"]
    assert field.left() == {Path(one.path).relative_to(field.folder).as_posix()
                            for one in report.adopted.left}  # fmt: skip


def test_the_copy_that_the_list_gives_to_an_item_is_the_one_taken(field: Field) -> None:
    field.farm.plant("b", b"the first apple", place="2024/pear")  # two items of equal bytes
    mine = identity(field.drop("z.jpg", b"the first apple", key="a"))
    other = identity(field.drop("a.jpg", b"the first apple", key="b"))
    field.adopt()
    assert identity(field.farm.archive / "Orchard/2024/apple.bin") == mine
    assert identity(field.farm.archive / "Orchard/2024/pear.bin") == other


# -- bytes that the source does not hold -------------------------------------------------------


def absent(field: Field, **facts: object) -> None:
    field.farm.plant("a", None, place="2024/apple", size=len(b"the first apple"), **facts)


def test_an_original_that_is_only_in_icloud_is_taken_when_the_list_vouches_for_it(
    field: Field,
) -> None:
    absent(field)
    first = identity(field.drop("x.bin", b"the first apple", key="a"))
    report = field.adopt()
    assert report.adopted.files == 1
    assert report.exporters["orchard"].absent == []
    assert identity(field.farm.archive / "Orchard/2024/apple.bin") == first
    assert not (field.farm.archive / "Orchard/2024/apple.txt").exists()  # no preview stands in
    assert counts(field.farm.export()) == {"unchanged": 2}
    field.farm.plant("a", None, place="2024/apple", size=15, text="changed")
    assert counts(field.farm.export()) == {"changed": 1, "unchanged": 1}
    assert identity(field.farm.archive / "Orchard/2024/apple.bin") == first


@pytest.mark.parametrize(
    "facts",
    [
        {"key": "c"},
        {"key": "a", "altered": True},
        {"key": "a", "modified": YEAR_2001 + 60},
        {"key": "a", "size": 14},
        {"key": "a", "modified": None},
    ],
    ids=["of another item", "altered", "changed since", "of another size", "without a time"],
)
def test_nothing_is_taken_that_the_list_does_not_vouch_for(
    field: Field, facts: dict[str, object]
) -> None:
    absent(field)
    kept = field.drop("x.bin", b"the first apple", **facts)
    field.drop("y.bin", b"the second apple")
    report = field.adopt()
    assert kept.read_bytes() == b"the first apple"
    assert [one.key for one in report.exporters["orchard"].absent] == ["a"]


def test_a_file_of_another_type_or_size_is_no_original(field: Field) -> None:
    absent(field)
    field.drop("y.bin", b"the second apple")
    field.drop("x.mov", b"the first apple", key="a")
    field.drop("x.bin", b"the first apple, larger", key="a")
    assert field.adopt().adopted.files == 1


def test_an_archive_that_misses_originals_is_completed(field: Field) -> None:
    absent(field)
    assert len(field.farm.export().exporters["orchard"].absent) == 1
    first = identity(field.drop("x.bin", b"the first apple", key="a"))
    report = field.adopt()
    assert counts(report) == {"changed": 1, "unchanged": 1}
    assert identity(field.farm.archive / "Orchard/2024/apple.bin") == first
    assert counts(field.farm.export()) == {"unchanged": 2}


# -- what is refused ---------------------------------------------------------------------------


def test_a_folder_without_a_single_match_makes_no_archive(field: Field) -> None:
    field.drop("x.jpg", b"a cat")
    for archive in (field.folder, field.farm.archive):
        with pytest.raises(UsageError, match="nothing to take over"):
            field.adopt(archive=archive)
    assert field.left() == {"x.jpg"}
    assert not (field.folder / ".rootcellar").exists()
    assert not field.farm.archive.exists()


def test_why_nothing_can_be_taken_is_told(field: Field) -> None:
    os.link(field.farm.store / "a.bin", field.folder / "hard.bin")
    field.drop("tagged.bin", b"the second apple, with metadata", key="b", altered=True)
    field.drop("tagged.bin.xmp", b"<x:xmpmeta/>")
    before = tree(field.folder)
    with pytest.raises(UsageError, match="nothing to take over") as refused:
        field.adopt()
    assert "1 file: It was converted, or metadata were written into it" in refused.value.message
    assert "1 file: Other names lead to the same file" in refused.value.message
    assert "sidecars" not in refused.value.message
    assert "copies the originals from the library" in refused.value.hint
    assert tree(field.folder) == before


def test_the_library_and_other_archives_inside_the_folder_are_left_alone(field: Field) -> None:
    other = Field(field.farm.root / "exported" / "other")
    other.farm.plant("a", b"the first apple")
    other.farm.export()
    held = tree(other.farm.archive)
    field.drop("x.bin", b"the first apple")
    field.drop("Old.photoslibrary/originals/1.bin", b"the second apple")
    report = field.adopt()
    assert report.adopted.files == 1
    assert tree(other.farm.archive) == held
    assert (field.folder / "Old.photoslibrary/originals/1.bin").exists()


def test_the_source_itself_is_no_folder_to_adopt(field: Field) -> None:
    with pytest.raises(UsageError, match="nothing to take over"):
        field.adopt(field.farm.home.parent, dry_run=True)  # it holds the source, and only that
    for place in (field.farm.store, field.farm.store / "inside"):
        place.mkdir(exist_ok=True)
        with pytest.raises(UsageError, match="only ever read"):
            field.adopt(place)


def test_links_are_not_taken(field: Field) -> None:
    os.link(field.farm.store / "a.bin", field.folder / "hard.bin")
    (field.folder / "soft.bin").symlink_to(field.farm.store / "b.bin")
    field.drop("y.bin", b"the second apple")
    source = (field.farm.store / "a.bin").stat()
    report = field.adopt()
    assert report.adopted.files == 1
    assert set(reasons(report)) == {"hard.bin", "soft.bin"}
    now = (field.farm.store / "a.bin").stat()
    assert (now.st_mtime_ns, now.st_nlink) == (source.st_mtime_ns, 2)
    assert (field.farm.archive / "Orchard/2024/apple.bin").stat().st_nlink == 1


def test_a_file_that_an_archive_needs_the_name_of_is_in_the_way(field: Field) -> None:
    field.drop("x.bin", b"the first apple")
    field.drop("status.TXT", b"mine")
    with pytest.raises(UsageError, match=r"status\.TXT"):
        field.adopt(archive=field.folder)
    assert not (field.folder / ".rootcellar").exists()
    assert field.adopt().adopted.files == 1


def test_a_folder_on_another_drive_is_refused(field: Field) -> None:
    elsewhere = Path("/dev/shm")
    if not elsewhere.is_dir() or elsewhere.stat().st_dev == field.folder.stat().st_dev:
        pytest.skip("there is no other file system here")
    with pytest.raises(UsageError, match="different drives"):
        field.adopt(archive=elsewhere / "archive of a test")
    assert not (elsewhere / "archive of a test").exists()


def other_mount(monkeypatch: pytest.MonkeyPatch, *folders: Path) -> None:
    """Let renames out of some folders fail as they do between two mounts of one drive."""
    really = os.rename

    def rename(old: str | Path, new: str | Path, **options: int) -> None:
        if Path(old).parent in folders:
            raise OSError(errno.EXDEV, "Invalid cross-device link")
        really(old, new, **options)

    monkeypatch.setattr(os, "rename", rename)


def test_a_folder_on_another_mount_of_the_same_drive_is_refused(
    field: Field, monkeypatch: pytest.MonkeyPatch
) -> None:
    field.drop("x.bin", b"the first apple")
    other_mount(monkeypatch, field.folder)
    with pytest.raises(UsageError, match="different mounts"):
        field.adopt()
    assert field.left() == {"x.bin"}
    assert not field.farm.archive.exists()


def test_what_lies_on_another_mount_below_the_folder_stays(
    field: Field, monkeypatch: pytest.MonkeyPatch
) -> None:
    stays = field.drop("mounted/x.bin", b"the first apple")
    field.drop("y.bin", b"the second apple")
    other_mount(monkeypatch, field.folder / "mounted")
    report = field.adopt()
    assert (report.adopted.files, reasons(report).keys()) == (1, {"x.bin"})
    assert "another drive" in reasons(report)["x.bin"]
    assert stays.read_bytes() == b"the first apple"


def test_two_real_mounts_of_one_drive_are_told_apart(tmp_path: Path) -> None:
    one, other = tmp_path / "one", tmp_path / "other"
    one.mkdir()
    other.mkdir()
    program = (
        "import sys; from pathlib import Path\n"
        "from rootcellar.archive.renaming import may_rename\n"
        "print(may_rename(*map(Path, sys.argv[1:])))"
    )
    if shutil.which("unshare") is None:
        pytest.skip("no folder can be mounted twice here")
    said = []
    for before in ("true", 'mount --bind "$1" "$2"'):
        script = f'{before} && "$3" -c "$4" "$1" "$2"'
        places = [str(one), str(other), sys.executable, program]
        done = subprocess.run(
            ["unshare", "-m", "sh", "-c", script, "sh", *places], capture_output=True, text=True
        )
        if done.returncode:
            pytest.skip("no folder can be mounted twice here")
        said.append(done.stdout.strip())
    assert said == ["True", "False"]


def test_a_file_that_cannot_be_moved_after_all_is_copied_and_named(
    field: Field, monkeypatch: pytest.MonkeyPatch
) -> None:
    locked = field.drop("x.bin", b"the first apple")
    field.drop("y.bin", b"the second apple")
    really = os.rename

    def rename(old: str | Path, new: str | Path, **options: int) -> None:
        if Path(old).name == "x.bin":
            raise PermissionError(errno.EPERM, "Operation not permitted")
        really(old, new, **options)

    monkeypatch.setattr(os, "rename", rename)
    report = field.adopt()
    assert (field.farm.archive / "Orchard/2024/apple.bin").read_bytes() == b"the first apple"
    assert locked.read_bytes() == b"the first apple"
    assert (report.adopted.files, report.adopted.bytes) == (1, 16)
    assert "it was copied" in reasons(report)["x.bin"]
    assert counts(field.farm.export()) == {"unchanged": 2}


def test_a_run_that_ends_early_does_not_say_that_it_took_what_it_did_not(
    field: Field, monkeypatch: pytest.MonkeyPatch
) -> None:
    field.drop("x.bin", b"the first apple")
    field.farm.plant("c", b"away", place="2024/quince")
    field.farm.export()
    field.farm.plant("d", b"the third apple", place="2024/medlar")
    last = field.drop("z.bin", b"the third apple")
    with monkeypatch.context() as patch:
        gone = OSError(errno.ENXIO, "Device not configured")
        patch.setattr(Journal, "write", lambda *_: (_ for _ in ()).throw(gone))
        report = field.adopt()
    assert report.outcome == "waiting"
    assert report.adopted.files == 0
    assert "run the same command again" in reasons(report)["z.bin"]
    assert last.read_bytes() == b"the third apple"
    assert field.adopt().adopted.files == 1


def test_a_folder_that_is_an_archive_or_in_one_is_refused(field: Field) -> None:
    field.farm.export()
    inside = field.farm.archive / "Orchard"
    for place in (field.farm.archive, inside):
        with pytest.raises(UsageError, match="belongs to the archive"):
            field.adopt(place, archive=field.farm.root / "new")


def test_strangers_inside_the_archive_itself_can_be_adopted(field: Field) -> None:
    field.farm.plant("b", None, place="2024/pear")
    field.farm.export()
    field.farm.plant("b", b"the second apple", place="2024/pear")
    stranger = field.farm.archive / "put here by hand" / "y.bin"
    stranger.parent.mkdir()
    stranger.write_bytes(b"the second apple")
    was = identity(stranger)
    report = field.adopt(stranger.parent)
    assert report.adopted.files == 1
    assert identity(field.farm.archive / "Orchard/2024/pear.bin") == was
    assert counts(field.farm.export()) == {"unchanged": 2}


def test_a_name_that_is_no_text_stays_and_is_told(field: Field) -> None:
    strange = field.folder / os.fsdecode(b"caf\xe9.bin")
    try:
        strange.write_bytes(b"the first apple")
    except OSError:
        pytest.skip("this file system holds only names that are text")
    field.drop("y.bin", b"the second apple")
    report = field.adopt()
    assert report.adopted.files == 1
    assert reasons(report) == {"caf\\xe9.bin": "Its name is no valid text."}
    assert strange.exists()


def test_a_run_that_fails_says_what_it_has_not_taken(
    field: Field, monkeypatch: pytest.MonkeyPatch
) -> None:
    kept = field.drop("x.bin", b"the first apple")

    def full(*_: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(Batch, "commit", full)
        report = field.adopt()
    assert report.outcome == "failed"
    assert (report.adopted.files, list(reasons(report))) == (0, ["x.bin"])
    assert kept.read_bytes() == b"the first apple"
    assert field.adopt().adopted.files == 1
