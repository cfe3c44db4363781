"""Every bad input has a message, a hint and an exit code of its own, and leaves nothing behind."""

import plistlib
import shutil
import sqlite3
import subprocess
from pathlib import Path
from typing import Any

import pytest


def refused(world: Any, code: int, message: str, hint: str, *command: str | Path) -> None:
    """Check that a command is refused, to a person and in JSON, and that nothing was written."""
    before = world.tree()
    told = world.run(*command)
    assert told.code == code
    assert told.out == ""
    said, _, advice = told.err.removesuffix("\n").partition("\n")
    assert said.startswith("Error: ")
    assert message in said
    assert hint in advice
    in_json = world.run(*command, "--json")
    assert in_json.code == code
    assert in_json.err == ""
    assert in_json.document == {
        "outcome": {1: "failed", 2: "usage", 75: "waiting"}[code],
        "error": {"message": said.removeprefix("Error: "), "hint": advice},
    }
    assert world.tree() == before


def export(world: Any, *arguments: str | Path) -> tuple[str | Path, ...]:
    return ("export", "--home", world.home, "--archive", world.archive, *arguments)


def failed(world: Any, message: str, hint: str) -> dict[str, Any]:
    """Check that an export fails as a whole, and that no archive is made or changed."""
    before = world.tree()
    done = world.export()
    assert done.code == 1
    assert done.document["outcome"] == "failed"
    photos: dict[str, Any] = done.document["exporters"]["photos"]
    assert message in photos["message"]
    assert hint in photos["hint"]
    after = world.tree()
    differing = {name for name in before | after if before.get(name) != after.get(name)}
    assert differing <= {"archive/STATUS.txt"}
    told = world.run(*export(world))
    assert told.code == 1
    assert message in told.out + told.err
    assert hint in told.out + told.err
    return photos


# -- the home ----------------------------------------------------------------------------------


def test_a_home_that_is_not_there(world: Any) -> None:
    shutil.rmtree(world.home)
    refused(world, 2, f"There is no home {world.home}.", "Check the spelling", *export(world))


def test_a_home_that_is_a_file(world: Any) -> None:
    shutil.rmtree(world.home)
    world.home.write_text("")
    refused(world, 2, "is a file; a Mac home is a folder.", "Pictures", *export(world))


def test_a_home_without_a_library(world: Any) -> None:
    message = f"There is no Photos library here (looked in {world.home}/Pictures)."
    for arguments in ((), ("photos",)):
        refused(world, 1, message, "Name the home that holds it", *export(world, *arguments))


def test_an_exporter_that_was_named_and_finds_nothing_fails_and_the_others_go_on(
    garden: Any,
) -> None:
    done = garden.export("photos", "garden")
    assert done.code == 1
    assert done.document["exporters"]["photos"]["outcome"] == "failed"
    assert done.document["exporters"]["garden"]["new"] == 2


def test_a_home_that_is_itself_a_library(sample: Any) -> None:
    (library,) = (sample.home / "Pictures").glob("*.photoslibrary")
    command = ("export", "--home", library, "--archive", sample.archive)
    refused(sample, 1, "There is no Photos library here", "is itself a Photos library", *command)


def test_a_home_that_may_not_be_opened(sample: Any) -> None:
    sample.home.chmod(0)
    try:
        refusal = sample.run(*export(sample), "--json")
    finally:
        sample.home.chmod(0o755)
    assert refusal.code == 1
    assert "cannot be opened: Permission denied." in refusal.document["error"]["message"]
    assert not sample.archive.exists()


def test_a_library_named_in_the_settings_that_is_not_there(world: Any) -> None:
    world.settle('[photos]\nlibraries = ["/Volumes/Gone/Old.photoslibrary"]')
    message = "The Photos library /Volumes/Gone/Old.photoslibrary is not there."
    refused(world, 1, message, "Connect the drive it is on", *export(world))


def test_a_store_that_may_not_be_opened_is_not_taken_for_an_empty_one(garden: Any) -> None:
    garden.export()
    before = garden.tree()
    store = garden.home / "Garden"
    store.chmod(0)
    try:
        done = garden.export()
    finally:
        store.chmod(0o755)
    assert done.code == 1
    one = done.document["exporters"]["garden"]
    assert one["outcome"] == "failed"
    assert one["message"] == f"{store} cannot be opened: Permission denied."
    assert one["hint"]
    after = garden.tree()
    differing = {name for name in before if before[name] != after[name]}
    assert differing <= {"archive/STATUS.txt"}
    assert garden.export().document["exporters"]["garden"]["unchanged"] == 2


def test_on_a_first_run_a_closed_store_fails_and_is_not_passed_over(garden: Any) -> None:
    (garden.home / "Pictures").chmod(0)
    try:
        done = garden.export()
    finally:
        (garden.home / "Pictures").chmod(0o755)
    assert done.code == 1
    photos = done.document["exporters"]["photos"]
    assert photos["outcome"] == "failed"
    assert photos["message"] == f"{garden.home}/Pictures cannot be opened: Permission denied."
    assert done.document["exporters"]["garden"]["new"] == 2


# -- the internal disk ---------------------------------------------------------------------------


def test_a_folder_for_private_copies_that_cannot_be_made(sample: Any, database: Path) -> None:
    sample.export()
    database.touch()
    cache = sample.root / "cache"
    shutil.rmtree(cache)
    cache.write_text("no folder")
    failed(sample, "Private copies cannot be made", "ROOTCELLAR_CACHE")


def test_no_room_for_private_copies(sample: Any, database: Path) -> None:
    sample.export()
    database.touch()
    cache = sample.root / "cache"
    size = f"size={database.stat().st_size // 2}"
    if subprocess.run(["mount", "-t", "tmpfs", "-o", size, "none", cache]).returncode:
        pytest.skip("mounting a tmpfs needs root, on Linux")
    try:
        failed(sample, "no room for private copies", "Free some space")
    finally:
        subprocess.run(["umount", "-l", cache], check=True)


# -- the library -------------------------------------------------------------------------------


@pytest.fixture
def database(sample: Any) -> Path:
    """The database of the sample's library, without a log; there is nothing else to export."""
    shutil.rmtree(sample.home / "Library" / "Group Containers")
    (path,) = (sample.home / "Pictures").glob("*/database/Photos.sqlite")
    with sqlite3.connect(path) as connection:
        connection.execute("PRAGMA journal_mode = delete")
    connection.close()
    return path


def walked(world: Any, message: str, hint: str) -> None:
    """Expect the pictures of a library to be taken, although its database tells nothing."""
    done = world.export()
    photos = done.document["exporters"]["photos"]
    assert (done.code, photos["outcome"]) == (3, "partial")
    assert message in photos["message"]
    assert hint in photos["hint"]
    assert any((world.archive / "Photos").rglob("*.jpeg"))


def test_a_library_without_a_database(sample: Any, database: Path) -> None:
    database.unlink()
    walked(sample, "without a database", "restore it from a backup")


@pytest.mark.parametrize("data", [b"", b"no database at all " * 1000, b"SQLite format 3\0" * 999])
def test_a_corrupt_database(data: bytes, sample: Any, database: Path) -> None:
    database.write_bytes(data)
    walked(sample, "is damaged", "hold Option and Command")


def test_a_database_that_breaks_later_leaves_the_archive_as_it_was(
    sample: Any, database: Path
) -> None:
    sample.export()
    before = pages(sample)
    sound = database.read_bytes()
    database.write_bytes(sound[:5000])
    walked(sample, "is damaged", "What is in the archive already is safe.")
    assert before.items() <= pages(sample).items()
    database.write_bytes(sound)
    assert sample.export().code == 3
    assert before.items() <= pages(sample).items()


def pages(world: Any) -> dict[Path, bytes]:
    """Return the pictures and sidecars in the archive."""
    photos = world.archive / "Photos"
    kinds = (".jpeg", ".mov", ".xmp", ".aae")
    return {path: path.read_bytes() for path in photos.rglob("*") if path.suffix in kinds}


def test_a_database_that_is_locked_by_another_program_is_read_all_the_same(
    sample: Any, database: Path
) -> None:
    connection = sqlite3.connect(database, isolation_level=None)
    connection.execute("BEGIN EXCLUSIVE")
    try:
        done = sample.export()
    finally:
        connection.execute("ROLLBACK")
        connection.close()
    assert done.code == 3
    assert done.document["exporters"]["photos"]["new"] > 40


def test_a_newer_unknown_schema_is_told_and_its_pictures_are_taken(
    sample: Any, database: Path
) -> None:
    with sqlite3.connect(database) as connection:
        newer = plistlib.dumps({"PLModelVersion": 990000000})
        connection.execute("UPDATE Z_METADATA SET Z_PLIST = ?", (newer,))
    connection.close()
    done = sample.export()
    assert done.code == 3
    photos = done.document["exporters"]["photos"]
    assert photos["new"] == 44  # a copy of the database among them
    assert "not known here (database model 990000000)" in photos["message"]
    assert "Update rootcellar" in photos["hint"]


def test_a_database_that_may_not_be_read(sample: Any, database: Path) -> None:
    database.chmod(0)
    failed(sample, "cannot be read: Permission denied.", "rootcellar doctor")
    assert not sample.archive.exists()
    checked = sample.run("doctor", "--home", sample.home, "--json")
    assert checked.code == 1
    assert any(
        one["id"] == "store.photos" and one["result"] == "problem" and one["hint"]
        for one in checked.document["checks"]
    )


def test_a_file_that_may_not_be_read_is_named_and_the_others_are_exported(garden: Any) -> None:
    garden.plant("pear").chmod(0)
    done = garden.export()
    assert done.code == 3
    one = done.document["exporters"]["garden"]
    (shortfall,) = one["failed"]
    assert shortfall["key"] == "pear"
    assert "ermission" in shortfall["reason"]
    assert shortfall["hint"]
    assert (garden.archive / "Garden" / "plum.txt").read_text() == "plum"
    assert not (garden.archive / "Garden" / "pear.txt").exists()
    (garden.home / "Garden" / "pear.txt").chmod(0o644)
    assert garden.export().code == 0
    assert (garden.archive / "Garden" / "pear.txt").read_text() == "pear"


# -- the archive -------------------------------------------------------------------------------


def test_an_archive_whose_parent_is_missing(garden: Any) -> None:
    place = garden.root / "none" / "archive"
    command = ("export", "--home", garden.home, "--archive", place)
    refused(garden, 2, f"{place.parent} does not exist", "connect the drive", *command)


def test_an_archive_that_is_a_file(garden: Any) -> None:
    garden.archive.write_text("mine")
    refused(garden, 2, "is a file; an archive is a folder.", "empty folder", *export(garden))


def test_an_archive_with_something_else_in_it(garden: Any) -> None:
    garden.archive.mkdir()
    (garden.archive / "letter.txt").write_text("mine")
    message = "is not empty, and is no archive of rootcellar's."
    refused(garden, 2, message, "empty folder", *export(garden))


@pytest.mark.parametrize("empty", [True, False])
def test_a_known_archive_that_is_not_there_is_waited_for(empty: bool, garden: Any) -> None:
    garden.export()
    garden.archive.rename(garden.root / "unplugged")
    if empty:
        garden.archive.mkdir()
    message = f"The archive {garden.archive} is not there now; nothing was written."
    refused(garden, 75, message, "Connect its drive", *export(garden))
    status = garden.run("status", "--archive", garden.archive, "--json")
    assert (status.code, status.document["outcome"]) == (75, "waiting")
    assert status.document["exporters"]["garden"]["safe"] == 2
    if empty:
        garden.archive.rmdir()
    (garden.root / "unplugged").rename(garden.archive)
    assert garden.export().document["exporters"]["garden"]["unchanged"] == 2


def test_an_archive_inside_the_library(sample: Any) -> None:
    (library,) = (sample.home / "Pictures").glob("*.photoslibrary")
    command = ("export", "--home", sample.home, "--archive", library / "archive")
    refused(sample, 2, "would lie inside", "outside of it", *command)


def test_an_archive_inside_an_archive(garden: Any) -> None:
    garden.export()
    command = ("export", "--home", garden.home, "--archive", garden.archive / "Garden" / "deep")
    refused(garden, 2, "lies inside the archive", "a folder outside it", *command)


def test_another_archive_than_the_one_that_was_there(garden: Any) -> None:
    garden.export()
    other = ("export", "--home", garden.home, "--archive", garden.root / "other")
    garden.run(*other)
    shutil.rmtree(garden.archive)
    shutil.copytree(garden.root / "other", garden.archive)
    message = f"Another archive is at {garden.archive} than the one that was there before."
    refused(garden, 1, message, "rootcellar rebuild --archive", *export(garden))
    assert garden.run("rebuild", "--archive", garden.archive, "--json").code == 0
    assert garden.export().document["exporters"]["garden"]["unchanged"] == 2


def test_a_place_where_no_archive_may_be_made(garden: Any) -> None:
    closed = garden.root / "closed"
    closed.mkdir(mode=0o555)
    command = ("export", "--home", garden.home, "--archive", closed / "archive")
    refused(garden, 1, str(closed / "archive"), "Check who owns the folder", *command)


def test_a_read_only_archive(garden: Any) -> None:
    garden.export()
    garden.plant("quince")
    folders = [path for path in garden.archive.rglob("*") if path.is_dir()]
    for folder in (garden.archive, *folders):
        folder.chmod(0o555)
    before = garden.tree()
    done = garden.export()
    for folder in (garden.archive, *folders):
        folder.chmod(0o755)
    assert done.code == 1
    error = done.document.get("error") or done.document["exporters"]["garden"]
    assert "may not be written to" in error["message"]
    assert error["hint"]
    assert garden.tree() == before
    assert garden.export().document["exporters"]["garden"]["new"] == 1


def test_no_archive_chosen_yet(garden: Any) -> None:
    for command in ("export", "status", "rebuild"):
        home = ("--home", garden.home) if command == "export" else ()
        refused(garden, 2, "No archive has been chosen yet.", "rootcellar init", command, *home)


def test_several_archives_known_and_none_named(garden: Any) -> None:
    garden.export()
    garden.run("export", "--home", garden.home, "--archive", garden.root / "other")
    command = ("export", "--home", garden.home)
    refused(garden, 2, "Several archives are known here", "--archive", *command)


# -- exporters and settings --------------------------------------------------------------------


def test_an_unknown_exporter(garden: Any) -> None:
    message = "There is no exporter named photo."
    refused(
        garden,
        2,
        message,
        "There are: garden, notes, photos, reminders.",
        *export(garden, "photo"),
    )


def test_settings_that_cannot_be_meant(garden: Any) -> None:
    garden.settle("[photos]\nlibraries = 'all'")
    message = f"In {garden.settings}, photos.libraries is 'all'; it must be a list"
    for command in (export(garden), ("status",), ("exporters",), ("rebuild",)):
        refused(garden, 2, message, "docs/reference/settings.md", *command)


def test_settings_with_an_unknown_key(garden: Any) -> None:
    garden.settle("archiv = '/a'")
    refused(garden, 2, "archiv is no setting.", "Did you mean archive?", *export(garden))


def test_settings_that_were_named_and_are_not_there(garden: Any) -> None:
    command = export(garden, "--settings", garden.root / "none.toml")
    refused(garden, 2, "There is no settings file", "--settings", *command)


def test_an_option_that_does_not_exist(garden: Any) -> None:
    for wrong in (("--archivist", "x"), ("--archive",)):
        told = garden.run("export", *wrong)
        assert (told.code, told.out) == (2, "")
        assert "Error: " in told.err
        in_json = garden.run("export", "--json", *wrong)
        assert (in_json.code, in_json.err) == (2, "")
        assert in_json.document["outcome"] == "usage"
        assert "--archiv" in in_json.document["error"]["message"]
        assert in_json.document["error"]["hint"].startswith("Try: rootcellar ")


def test_a_command_that_does_not_exist(garden: Any) -> None:
    done = garden.run("exprot")
    assert (done.code, done.out) == (2, "")
    assert "No such command" in done.err


def test_an_exporter_that_yields_a_key_twice(garden: Any) -> None:
    garden.plant("twice")
    done = garden.export()
    assert done.code == 1
    one = done.document["exporters"]["garden"]
    assert one["outcome"] == "failed"
    assert "two items with the same key, twice (" in one["message"]
    assert one["hint"]
    (garden.home / "Garden" / "twice.txt").unlink()
    assert garden.export().document["exporters"]["garden"]["new"] == 2


def test_an_exporter_that_cannot_tell_its_stores_is_told_and_the_others_go_on(
    garden: Any,
) -> None:
    code = """
from rootcellar.api import Exporter, Store
def recognise(folder):
    raise ValueError("brambles")
class Wild(Exporter):
    name = "wild"
    reads = (Store("Wild", "Garden", recognise=recognise),)
"""
    garden.plug_in("wild", code, "Wild")
    done = garden.export()
    assert done.code == 1
    assert "ValueError: brambles" in done.document["exporters"]["wild"]["message"]
    assert done.document["exporters"]["garden"]["new"] == 2


def test_an_exporter_that_raises_is_told_with_a_trace_and_the_others_go_on(garden: Any) -> None:
    code = """
from rootcellar.api import Exporter, Store
class Wild(Exporter):
    name = "wild"
    reads = (Store("Garden", "Garden"),)
    def items(self, capture):
        raise ValueError("brambles")
"""
    garden.plug_in("wild", code, "Wild")
    done = garden.export()
    assert done.code == 1
    wild = done.document["exporters"]["wild"]
    assert wild["outcome"] == "failed"
    assert "ValueError: brambles" in wild["message"]
    assert "Traceback" in done.err
    assert done.document["exporters"]["garden"]["new"] == 2


# -- two runs at once --------------------------------------------------------------------------


def test_of_two_runs_at_once_the_second_waits(garden: Any) -> None:
    garden.export()
    garden.plant("slow")
    with garden.start(*export(garden)) as first:
        try:
            assert first.stderr.readline() == "waiting for go\n"
            second = garden.export(timeout=20)
            asked = garden.run("status", "--archive", garden.archive, "--json")
        finally:
            (garden.home / "Garden" / "go").touch()
            first.communicate()
    assert first.returncode == 0
    assert second.code == 75
    assert second.document["outcome"] == "waiting"
    message = second.document["error"]["message"]
    assert message == f"Another run is using the archive {garden.archive}."
    assert second.document["error"]["hint"]
    assert asked.document["exporters"]["garden"]["safe"] == 2
    assert garden.export().document["exporters"]["garden"]["unchanged"] == 3
