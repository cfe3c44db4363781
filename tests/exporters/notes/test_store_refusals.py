"""Bad input: each kind costs what it must, is told with a next step, and nothing else is lost."""

import gzip
import sqlite3
from collections.abc import Callable
from pathlib import Path

import pytest

from rootcellar.api import Absent, CopyOf, Item, StoreUnreadable, plainly_opened
from rootcellar.sample.notes_bodies import body, style
from rootcellar.sample.notes_content import CLOUD, identifier, sample_store
from rootcellar.sample.notes_store import NEW, NotesStore
from rootcellar.testing import check_exporter
from rootcellar_notes import Notes
from rootcellar_notes.store.folders import read_tree
from rootcellar_notes.store.schema import OBJECTS, read_schema

GROUP = "Library/Group Containers/group.com.apple.notes"
NOTES = 11


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """A home with the sample's notes, their log put into the database."""
    found = tmp_path / "home"
    sample_store(NEW).write(found / GROUP)
    with sqlite3.connect(found / GROUP / "NoteStore.sqlite") as connection:
        connection.execute("PRAGMA journal_mode = delete")
    connection.close()
    return found


@pytest.fixture
def change(home: Path) -> Callable[..., None]:
    def run(statement: str, *values: object) -> None:
        with sqlite3.connect(home / GROUP / "NoteStore.sqlite") as connection:
            assert connection.execute(statement, values).rowcount != 0
        connection.close()

    return run


def named(home: Path) -> dict[str, Item]:
    return {item.sighting.title: item for item in check_exporter(Notes(), home)}


def gaps(item: Item) -> list[str]:
    return [file.content.reason for file in item.files if isinstance(file.content, Absent)]


def set_text(change: Callable[..., None], note: str, data: bytes) -> None:
    change(
        f"UPDATE ZICNOTEDATA SET ZDATA = ? WHERE ZNOTE = "
        f"(SELECT Z_PK FROM {OBJECTS} WHERE ZIDENTIFIER = ?)",
        data,
        identifier(note),
    )


WHOLE = body(("Harvest supper\n", style(0)), ("Bring a chair", style()))


@pytest.mark.parametrize(
    "data",
    [
        WHOLE[: len(WHOLE) // 2],
        b"",
        b"\0" * 300,
        b"no gzip at all",
        gzip.compress(b"\xff" * 5000, mtime=0),
        gzip.compress(b"\x12\x80\x80\x80\x80\x80\x80\x80\x80\x80\x80\x01", mtime=0),
        b"\x1f\x8b",
    ],
)
def test_a_damaged_text_costs_a_line_in_the_report_and_no_note(
    home: Path, change: Callable[..., None], data: bytes
) -> None:
    set_text(change, "Harvest supper", data)
    items = named(home)
    assert len(items) == NOTES - 1  # two are called “To do”
    (reason,) = gaps(items["Harvest supper"])
    assert "this note is" in reason
    assert gaps(items["Shopping"]) == []


def test_folders_in_a_circle_are_cut(home: Path, change: Callable[..., None]) -> None:
    change(
        f"UPDATE {OBJECTS} SET ZPARENT = (SELECT Z_PK FROM {OBJECTS} WHERE ZTITLE2 = 'Preserves') "
        "WHERE ZTITLE2 = 'Recipes'"
    )
    items = named(home)
    assert items["Storing apples"].sighting.place == "iCloud/Recipes/Preserves/Storing apples"
    assert items["Apple pie"].sighting.place == "iCloud/Preserves/Recipes/Apple pie"


def test_attachments_in_a_circle_are_cut(home: Path, change: Callable[..., None]) -> None:
    change(f"UPDATE {OBJECTS} SET ZPARENTATTACHMENT = Z_PK WHERE ZTYPEUTI IS NOT NULL")
    assert len(named(home)) == NOTES - 1


def test_a_note_in_no_folder_of_no_account(home: Path, change: Callable[..., None]) -> None:
    change(f"UPDATE {OBJECTS} SET ZFOLDER = 9999, ZACCOUNT7 = NULL WHERE ZTITLE1 = 'Shopping'")
    assert named(home)["Shopping"].sighting.place == "Notes/Notes/Shopping"


@pytest.mark.parametrize("title", ["", "..", "/", "a/b\nc", "x" * 400, "\u202e\ufffc", "CON"])
def test_titles_that_are_no_names(home: Path, change: Callable[..., None], title: str) -> None:
    change(f"UPDATE {OBJECTS} SET ZTITLE1 = ? WHERE ZTITLE1 = 'Shopping'", title)
    assert len(check_exporter(Notes(), home)) == NOTES


def test_a_missing_file_is_named(home: Path) -> None:
    folder = home / GROUP / f"Accounts/{CLOUD}/Media/{identifier('Mpie')}"
    (held,) = folder.rglob("*.jpeg")
    held.unlink()
    assert gaps(named(home)["Apple pie"]) == ["“image.jpeg” is only in iCloud."]


@pytest.mark.parametrize("name", ["../../../../secret", "/etc/passwd", "a/b", "..", "\0"])
def test_a_name_that_leads_elsewhere_is_not_followed(
    home: Path, change: Callable[..., None], name: str
) -> None:
    (home / "secret").write_text("not a note")
    change(
        f"UPDATE {OBJECTS} SET ZFILENAME = ?, ZIDENTIFIER = ? WHERE ZFILENAME = 'Recording.m4a'",
        name,
        name,
    )
    market = named(home)["Market day"]
    assert [file for file in market.files if isinstance(file.content, CopyOf)] == []
    assert len(gaps(market)) == 2


def test_absurd_values_in_every_column(home: Path, change: Callable[..., None]) -> None:
    for column in ("ZCREATIONDATE3", "ZMODIFICATIONDATE1", "ZCREATIONDATE"):
        change(f"UPDATE {OBJECTS} SET {column} = 9e300")
    for column in ("ZFILESIZE", "ZSIZEWIDTH", "ZDURATION", "ZISPINNED", "ZFOLDERTYPE"):
        with sqlite3.connect(home / GROUP / "NoteStore.sqlite") as connection:
            there = {row[1] for row in connection.execute(f"PRAGMA table_info({OBJECTS})")}
            if column in there:
                connection.execute(f"UPDATE {OBJECTS} SET {column} = 'nonsense'")
        connection.close()
    change(f"UPDATE {OBJECTS} SET ZMERGEABLEDATA1 = x'00ff'")
    change(
        f"UPDATE {OBJECTS} SET ZSMARTFOLDERQUERYJSON = '{{', ZSERVERSHAREDATA = x'62706c697374'"
    )
    assert len(check_exporter(Notes(), home)) == NOTES


def test_a_store_of_a_newer_system_with_other_numbers_and_without_what_is_not_needed(
    home: Path, change: Callable[..., None]
) -> None:
    for old, new in (
        ("ZTITLE1", "ZTITLE9"),
        ("ZCREATIONDATE3", "ZCREATIONDATE14"),
        ("ZACCOUNT7", "ZACCOUNT12"),
        ("ZTYPEUTI1", "ZTYPEUTI7"),
    ):
        change(f"ALTER TABLE {OBJECTS} RENAME COLUMN {old} TO {new}")
    for gone in ("ZISPINNED", "ZSMARTFOLDERQUERYJSON", "ZSERVERSHAREDATA", "ZHANDWRITINGSUMMARY"):
        change(f"ALTER TABLE {OBJECTS} DROP COLUMN {gone}")
    change("UPDATE Z_PRIMARYKEY SET Z_ENT = Z_ENT + 100")
    change(f"UPDATE {OBJECTS} SET Z_ENT = Z_ENT + 100")
    items = named(home)
    assert len(items) == NOTES - 1
    assert items["Apple pie"].record["created"] == "2026-08-11T17:00:00Z"
    assert items["Apple pie"].record["tags"] == ["orchard"]


@pytest.mark.parametrize(
    "harm",
    [
        "DROP TABLE ZICNOTEDATA",
        f"ALTER TABLE {OBJECTS} RENAME TO ZNEWNAME",
        f"ALTER TABLE {OBJECTS} RENAME COLUMN ZIDENTIFIER TO ZUNIQUE",
        "UPDATE Z_PRIMARYKEY SET Z_NAME = 'Other' WHERE Z_NAME = 'ICNote'",
        "DROP TABLE Z_PRIMARYKEY",
    ],
)
def test_a_store_that_lacks_what_notes_cannot_lack_is_refused_whole(
    home: Path, change: Callable[..., None], harm: str
) -> None:
    change(harm)
    with pytest.raises(StoreUnreadable) as caught:
        check_exporter(Notes(), home)
    assert "not known here" in caught.value.message
    assert "Update rootcellar" in caught.value.hint


def test_a_store_that_is_being_written(home: Path) -> None:
    writer = sqlite3.connect(home / GROUP / "NoteStore.sqlite", isolation_level=None)
    writer.execute("PRAGMA journal_mode = wal")
    writer.execute("BEGIN IMMEDIATE")
    writer.execute(f"UPDATE {OBJECTS} SET ZTITLE1 = 'Half done'")
    try:
        items = named(home)
    finally:
        writer.execute("ROLLBACK")
        writer.close()
    assert "Apple pie" in items
    assert "Half done" not in items


def test_a_folder_without_its_database_is_told(home: Path) -> None:
    (home / GROUP / "NoteStore.sqlite").unlink()
    with pytest.raises(Exception, match="without its database"):
        check_exporter(Notes(), home)


def test_placeholders_that_were_never_fetched_are_no_notes_and_no_folders(tmp_path: Path) -> None:
    """Notes does not show them either, and keeps them for years."""
    store = NotesStore()
    account = store.add("ICAccount", IDENTIFIER="A", NAME="iCloud", ACCOUNTTYPE=1)
    fetch = {"NEEDSINITIALFETCHFROMCLOUD": 1}
    stale = store.add("ICFolder", IDENTIFIER="F1", TITLE="Fruit", OWNER=account, **fetch)
    store.add("ICFolder", IDENTIFIER="F2", TITLE="Fruit", OWNER=account)
    store.add("ICNote", IDENTIFIER=identifier("nothing"), **fetch)
    made = store.add("ICNote", IDENTIFIER=identifier("here"), TITLE="Here", FOLDER=stale, **fetch)
    store.add_text(made, body(("Here", style(0))))
    store.write(tmp_path / GROUP)
    (item,) = check_exporter(Notes(), tmp_path)
    assert item.sighting.place == "iCloud/Fruit/Here"
    with plainly_opened(tmp_path / GROUP / "NoteStore.sqlite") as connection:
        tree = read_tree(connection, read_schema(connection, "it"))
    assert {one.identifier: one.deleted for one in tree.folders.values()} == {
        "F1": True,
        "F2": False,
    }


def test_a_note_whose_text_is_yet_to_be_fetched_is_named(tmp_path: Path) -> None:
    store = NotesStore()
    store.add("ICAccount", IDENTIFIER="A", NAME="iCloud", ACCOUNTTYPE=1)
    waiting = store.add(
        "ICNote", IDENTIFIER=identifier("waiting"), TITLE="Far away", NEEDSINITIALFETCHFROMCLOUD=1
    )
    store.add_text(waiting, None)
    store.write(tmp_path / GROUP)
    (item,) = check_exporter(Notes(), tmp_path)
    assert gaps(item) == ["The text of this note is only in iCloud."]


@pytest.mark.parametrize("value", [b"\xff\x00", "pear", "", 1e300, float("inf"), -1, 2**62])
@pytest.mark.parametrize(
    "column",
    ["ZMEDIA", "ZNOTE", "ZNOTE1", "ZDURATION", "ZATTACHMENT"],
)
def test_a_damaged_row_of_an_attachment_costs_no_note(
    tmp_path: Path, column: str, value: object
) -> None:
    sample_store(NEW).write(tmp_path / GROUP)
    with sqlite3.connect(tmp_path / GROUP / "NoteStore.sqlite") as connection:
        change = f"UPDATE OR IGNORE ZICCLOUDSYNCINGOBJECT SET {column} = ? WHERE {column} NOTNULL"
        assert connection.execute(change, (value,)).rowcount
    connection.close()
    texts = {
        item.sighting.key: item.record.get("body") for item in check_exporter(Notes(), tmp_path)
    }
    whole = tmp_path / "whole"
    sample_store(NEW).write(whole / GROUP)
    expected = {
        item.sighting.key: item.record.get("body") for item in check_exporter(Notes(), whole)
    }
    assert texts == expected


@pytest.mark.parametrize("column", [False, True])
def test_notes_filed_as_before_ios_11_keep_their_folders(tmp_path: Path, column: bool) -> None:
    """Another entity may have a column of that name, which notes leave empty."""
    store = NotesStore()
    account = store.add("ICAccount", IDENTIFIER="A", NAME="iCloud", ACCOUNTTYPE=1)
    folder = store.add("ICFolder", IDENTIFIER="F", TITLE="Early", OWNER=account)
    made = store.add("ICNote", IDENTIFIER=identifier("early"), TITLE="Old")
    store.add_text(made, body(("Old", style(0))))
    store.write(tmp_path / GROUP)
    with sqlite3.connect(tmp_path / GROUP / "NoteStore.sqlite") as connection:
        connection.execute("CREATE TABLE Z_11NOTES (Z_11FOLDERS INTEGER, Z_8NOTES INTEGER)")
        connection.execute("INSERT INTO Z_11NOTES VALUES (?, ?)", (folder, made))
        if column:
            connection.execute("ALTER TABLE ZICCLOUDSYNCINGOBJECT ADD COLUMN ZFOLDER INTEGER")
    connection.close()
    (item,) = check_exporter(Notes(), tmp_path)
    assert item.sighting.place == "iCloud/Early/Old"
