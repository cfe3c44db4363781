"""A Photos update that this version cannot read, and then a rootcellar update that can."""

import sqlite3
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

import pytest
from album_of_years import Years, contents, differences, read_records, sha256, uuid_of

from rootcellar.report import ExporterReport
from rootcellar_photos import databases

EDIT = datetime(2025, 1, 1, tzinfo=UTC)


@pytest.fixture
def years(tmp_path: Path) -> Years:
    """A library of forty pictures: plain, edited, live, hidden, trashed, and only in iCloud."""
    years = Years(tmp_path)
    for number in range(34):
        years.add(f"p{number:02}", keywords=("kept",), live=number % 5 == 0)
    years.add("edited", edited=EDIT)
    years.add("hidden", hidden=True)
    years.add("trash", trashed=EDIT)
    years.add("cloud", missing=True)
    years.add("bare", missing=True)
    years.no_preview.add(uuid_of("bare"))
    years.album("best", "Best", "p03", "p01")
    return years


def unreadable(years: Years) -> ExporterReport:
    """Export the library as a Photos leaves it whose database nothing here can read."""
    years.write()
    with closing(sqlite3.connect(years.library / "database" / "Photos.sqlite")) as database:
        database.execute("ALTER TABLE ZASSET RENAME TO ZPICTURE")
    return years.export(accept_losses=False).exporters["photos"]


def media(years: Years) -> dict[str, str]:
    """Return what is neither record nor view nor a copy of a database, by path."""
    made = (".jsonl", ".json", ".xmp", ".sqlite")
    return {
        name: digest
        for name, digest in contents(years.archive).items()
        if name.startswith("Photos/") and not name.endswith(made)
    }


def database_key(lines: dict[str, dict]) -> str:
    (key,) = (key for key in lines if key.startswith(databases.PREFIX))
    return key


def test_what_the_archive_knows_stays_when_the_database_cannot_be_read(years: Years) -> None:
    years.live()
    before, lines = contents(years.archive), read_records(years.archive)
    report = unreadable(years)
    assert report.outcome == "partial"
    assert "as they lie in its folders" in report.message
    assert (report.new, report.changed, report.moved, report.gone) == (1, 0, 0, 0)
    after = read_records(years.archive)
    key = database_key(after)
    copy = after.pop(key)
    assert after == lines
    assert not [
        one
        for one in differences(before, contents(years.archive), "")
        if "/Databases/" not in one and ".rootcellar" not in one
    ]
    (file,) = copy["files"]
    assert file["path"] == "Photos/Databases/Photos Library.sqlite"
    with closing(sqlite3.connect(years.archive / file["path"])) as database:
        (count,) = database.execute("SELECT count(*) FROM ZPICTURE").fetchone()
    assert count == len(years.photos)


def test_an_unchanged_library_is_not_copied_again(years: Years) -> None:
    unreadable(years)
    before = contents(years.archive)
    again = years.export().exporters["photos"]
    assert again.outcome == "partial"
    assert (again.new, again.changed, again.files, again.bytes) == (0, 0, 0, 0)
    assert not list(differences(before, contents(years.archive), "the next run"))


def test_new_pictures_and_edits_are_taken_and_find_their_place_later(years: Years) -> None:
    years.live()
    known = read_records(years.archive)
    years.add("later")
    years.change("p01", edited=EDIT)
    report = unreadable(years)
    assert (report.new, report.changed, report.gone) == (2, 1, 0)
    lines = read_records(years.archive)
    later, p01 = lines[uuid_of("later")], lines[uuid_of("p01")]
    assert later["place"].startswith("undated/")
    assert later["record"]["unread"]
    assert p01["record"] == known[uuid_of("p01")]["record"]
    assert p01["place"] == known[uuid_of("p01")]["place"]
    assert {file["role"] for file in p01["files"]} >= {"original", "edited", "sidecar"}
    there = media(years)

    years.write()  # the next rootcellar can read it
    report = years.export(accept_losses=False).exporters["photos"]
    assert report.outcome == "partial"  # only what is in iCloud alone
    assert not report.failed
    lines = read_records(years.archive)
    assert lines[database_key(lines)]["gone"]
    assert set(lines) - {database_key(lines)} == years.photos.keys()
    assert not [key for key in years.photos if lines[key]["gone"]]
    assert not lines[uuid_of("later")]["record"].get("unread")
    assert lines[uuid_of("later")]["place"].startswith("20")
    assert sorted(media(years).values()) == sorted(there.values())
    assert lines[uuid_of("p01")]["record"]["edit"]


def test_an_archive_begun_without_the_database_is_the_same_in_the_end(
    years: Years, tmp_path: Path
) -> None:
    report = unreadable(years)
    assert report.new == len(years.photos) + 1  # the database
    inodes = {(years.archive / name).stat().st_ino for name in media(years)}
    years.write()
    report = years.export(accept_losses=False).exporters["photos"]
    assert not report.failed
    assert report.gone == 1
    after = media(years)
    assert {(years.archive / name).stat().st_ino for name in after} == inodes

    straight = Years(tmp_path / "other")
    straight.photos, straight.albums, straight.no_preview = (
        *(years.photos, years.albums, years.no_preview),
    )
    straight.live()
    assert after == media(straight)
    lines = read_records(years.archive)
    del lines[database_key(lines)]
    assert lines == read_records(straight.archive)


def test_a_changed_database_is_copied_again_and_the_former_is_kept(years: Years) -> None:
    unreadable(years)
    path = years.archive / "Photos/Databases/Photos Library.sqlite"
    former = sha256(path)
    years.change("p02", title="Another")
    report = unreadable(years)
    assert (report.new, report.changed) == (0, 1)
    assert sha256(path) != former
    assert former in contents(years.archive).values()


def test_nothing_is_taken_for_gone_while_the_database_cannot_be_read(years: Years) -> None:
    years.live()
    for number in range(30):
        years.remove(f"p{number:02}")
    report = unreadable(years)
    assert report.outcome == "partial"
    assert report.gone == 0
    assert not [key for key, line in read_records(years.archive).items() if line["gone"]]


def test_a_rebuilt_state_goes_on(years: Years) -> None:
    years.live()
    years.add("later")
    unreadable(years)
    before = contents(years.archive)
    report = years.export(state=years.root / "another state").exporters["photos"]
    assert (report.new, report.changed, report.moved, report.gone) == (0, 0, 0, 0)
    assert not list(differences(before, contents(years.archive), "a rebuild"))
