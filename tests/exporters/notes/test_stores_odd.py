"""Stores unlike those at hand: copies of iPhones, odd rows, files not quite in their places."""

import json
import plistlib
import sqlite3
import unicodedata
from collections.abc import Callable
from pathlib import Path

import pytest

from rootcellar.api import Absent, CopyOf, Item
from rootcellar.sample.archives import Archive
from rootcellar.sample.notes_bodies import body, part, style
from rootcellar.sample.notes_content import CLOUD, identifier, sample_store
from rootcellar.sample.notes_store import NEW, OLD, Layout, NotesStore
from rootcellar.testing import check_exporter
from rootcellar_notes import Notes
from rootcellar_notes.body import decode_body
from rootcellar_notes.pages import markdown
from rootcellar_notes.record import full_title
from rootcellar_notes.store.schema import OBJECTS

GROUP = "Library/Group Containers/group.com.apple.notes"
SAMPLE = 11
CONTAINER = f"Containers/Shared/AppGroup/{identifier('a group')}"


def named(home: Path) -> dict[str, Item]:
    return {item.sighting.title: item for item in check_exporter(Notes(), home)}


def run(home: Path, statement: str, *values: object) -> None:
    with sqlite3.connect(home / GROUP / "NoteStore.sqlite") as connection:
        assert connection.execute(statement, values).rowcount != 0
    connection.close()


@pytest.fixture
def home(tmp_path: Path) -> Path:
    sample_store(NEW).write(tmp_path / "home" / GROUP)
    return tmp_path / "home"


def test_equal_file_names_and_alike_identifiers_make_files_of_their_own(home: Path) -> None:
    run(home, f"UPDATE {OBJECTS} SET ZFILENAME = 'a/b.jpeg' WHERE ZFILENAME NOTNULL")
    for item in check_exporter(Notes(), home):  # which refuses names that two files have
        assert not [file.suffix for file in item.files if "/" in file.suffix]


# -- notes without a title ---------------------------------------------------------------------


@pytest.mark.parametrize("title", [None, "", " "])
def test_notes_without_a_title_have_pages_too(home: Path, title: str | None) -> None:
    """Also those without a text: locked ones, and ones that were not downloaded."""
    run(home, f"UPDATE {OBJECTS} SET ZTITLE1 = ?", title)
    items = check_exporter(Notes(), home)
    assert len(items) == SAMPLE
    assert "New Note" in {item.record["title"] for item in items}
    assert all(item.record["title"].strip() for item in items)


@pytest.mark.parametrize(
    ("kept", "line", "title"),
    [
        ("Pears", "Pears\u2028and more", "Pears"),
        ("Pears and pl…", "Pears and plums", "Pears and plums"),
        ("Pears and pl", "Pears and plums\u2028below", "Pears and plums below"),
        ("", "Pears\u2028and more", "Pears and more"),
        ("Pears", "Other", "Pears"),
    ],
)
def test_a_title_that_is_whole_takes_nothing_of_the_line_below(
    kept: str, line: str, title: str
) -> None:
    assert full_title(kept, decode_body(body((line, style(0))))) == title


# -- where stores are --------------------------------------------------------------------------


@pytest.mark.parametrize("above", ["", "private/var/mobile/"])
def test_a_copy_of_an_iphone_is_read_from_its_top_and_from_its_home(
    tmp_path: Path, above: str
) -> None:
    sample_store(NEW).write(tmp_path / above / CONTAINER)
    other = tmp_path / above / "Containers/Shared/AppGroup" / identifier("another")
    other.mkdir(parents=True)
    items = check_exporter(Notes(), tmp_path)
    assert len(items) == SAMPLE
    shown = [one for item in items for one in item.files if isinstance(one.content, CopyOf)]
    assert shown


PLACES = [
    *(".", "AppDomainGroup-group.com.apple.notes", "var/mobile/Containers/Shared/AppGroup/1"),
    *(GROUP, "Group Containers/group.com.apple.notes", "group.com.apple.notes"),
]


@pytest.mark.parametrize("place", PLACES)
def test_a_container_that_was_copied_alone_is_read(tmp_path: Path, place: str) -> None:
    sample_store(NEW).write(tmp_path / place)
    assert len(check_exporter(Notes(), tmp_path)) == SAMPLE
    assert len(check_exporter(Notes(), tmp_path / place)) == SAMPLE


def test_a_store_without_its_container_is_read(tmp_path: Path) -> None:
    """Its files are not there, and that is said; the texts are all there."""
    sample_store(NEW).write(tmp_path / "container")
    home = tmp_path / "alone"
    home.mkdir()
    for one in (tmp_path / "container").glob("NoteStore.sqlite*"):
        one.rename(home / one.name)
    assert len(check_exporter(Notes(), home)) == SAMPLE


@pytest.mark.parametrize("name", ["NotesV7.storedata", "notes.sqlite"])
def test_an_older_store_that_was_copied_alone_is_read(tmp_path: Path, name: str) -> None:
    with sqlite3.connect(tmp_path / name) as connection:
        connection.executescript(
            "CREATE TABLE ZNOTE (Z_PK INTEGER PRIMARY KEY, ZTITLE);"
            "CREATE TABLE ZNOTEBODY (Z_PK INTEGER PRIMARY KEY, ZNOTE, ZHTMLSTRING);"
            "INSERT INTO ZNOTE VALUES (1, 'Pears');"
            "INSERT INTO ZNOTEBODY VALUES (1, 1, 'Pears');"
        )
    connection.close()
    assert [*named(tmp_path)] == ["Pears"]
    sample_store(NEW).write(tmp_path)
    assert len(check_exporter(Notes(), tmp_path)) == SAMPLE + 1


@pytest.mark.parametrize("above", ["", "private/var/mobile/"])
def test_notes_of_an_iphone_before_ios_9_are_read(tmp_path: Path, above: str) -> None:
    folder = tmp_path / above / "Library/Notes"
    folder.mkdir(parents=True)
    with sqlite3.connect(folder / "notes.sqlite") as connection:
        connection.executescript(
            """
            CREATE TABLE Z_METADATA (Z_VERSION INTEGER, Z_UUID TEXT, Z_PLIST BLOB);
            INSERT INTO Z_METADATA VALUES (1, 'PHONE', NULL);
            CREATE TABLE Z_PRIMARYKEY (Z_ENT INTEGER, Z_NAME TEXT);
            CREATE TABLE ZACCOUNT (Z_PK INTEGER PRIMARY KEY, Z_ENT, ZNAME);
            INSERT INTO ZACCOUNT VALUES (1, 1, 'On my phone');
            CREATE TABLE ZSTORE (Z_PK INTEGER PRIMARY KEY, Z_ENT, ZNAME, ZACCOUNT);
            INSERT INTO ZSTORE VALUES (1, 7, 'LOCAL_NOTES_STORE', 1);
            CREATE TABLE ZNOTE (Z_PK INTEGER PRIMARY KEY, Z_OPT, ZTITLE, ZCREATIONDATE,
                                ZMODIFICATIONDATE, ZSTORE, ZGUID, ZDELETEDFLAG);
            INSERT INTO ZNOTE VALUES (1, 3, 'Pears', 400000000, 400000060, 1, 'GUID-PEARS', 0),
                (2, 1, 'Gone', 400000000, 400000060, 1, 'GUID-GONE', 1);
            CREATE TABLE ZNOTEBODY (Z_PK INTEGER PRIMARY KEY, Z_OPT, ZOWNER, ZCONTENT);
            INSERT INTO ZNOTEBODY VALUES (1, 1, 1, 'Pears<div>two, <b>ripe</b></div>');
            """
        )
    connection.close()
    (item,) = check_exporter(Notes(), tmp_path)
    assert item.sighting.place == "On my phone/LOCAL_NOTES_STORE/Pears"
    assert item.record["created"] == "2013-09-04T15:06:40Z"
    assert "two, **ripe**" in markdown(item.record)


def test_an_empty_older_store_beside_a_newer_one_takes_nothing_away(tmp_path: Path) -> None:
    sample_store(NEW).write(tmp_path / CONTAINER)
    folder = tmp_path / "Library/Notes"
    folder.mkdir(parents=True)
    with sqlite3.connect(folder / "notes.sqlite") as connection:
        connection.execute("CREATE TABLE ZNOTE (Z_PK INTEGER PRIMARY KEY, ZTITLE)")
        connection.execute("CREATE TABLE ZNOTEBODY (Z_PK INTEGER PRIMARY KEY, ZOWNER, ZCONTENT)")
    connection.close()
    assert len(check_exporter(Notes(), tmp_path)) == SAMPLE


# -- accounts and folders ----------------------------------------------------------------------


def test_a_folder_whose_parent_only_icloud_tells_lies_in_it(home: Path) -> None:
    archive = Archive()
    named_record = archive.instance(
        "CKRecordID", {"RecordName": archive.add(identifier("FRecipes"))}
    )
    reference = archive.instance("CKReference", {"recordID": named_record})
    record = plistlib.loads(archive.dump(reference))
    record["$top"] = {"RecordType": archive.add("Folder"), "ParentReference": reference}
    run(
        home,
        f"UPDATE {OBJECTS} SET ZPARENT = NULL WHERE ZTITLE2 = 'Preserves'",
    )
    run(home, f"ALTER TABLE {OBJECTS} ADD COLUMN ZSERVERRECORDDATA BLOB")
    for title in ("Preserves", "Orchard"):
        data = plistlib.dumps(record, fmt=plistlib.FMT_BINARY) if title == "Preserves" else b"odd"
        run(home, f"UPDATE {OBJECTS} SET ZSERVERRECORDDATA = ? WHERE ZTITLE2 = ?", data, title)
    storing = named(home)["Storing apples"]
    assert storing.record["folder"]["path"] == ["Recipes", "Preserves"]


def test_accounts_with_one_name_do_not_share_folders(home: Path) -> None:
    run(home, f"UPDATE {OBJECTS} SET ZNAME = 'iCloud' WHERE ZIDENTIFIER = 'LocalAccount'")
    items = named(home)
    assert items["Shopping"].sighting.place == "iCloud LocalAcc/Notes/Shopping"
    assert items["Apple pie"].sighting.place == f"iCloud {CLOUD[:8]}/Recipes/Apple pie"
    assert items["Shopping"].record["account"]["name"] == "iCloud"


# -- files -------------------------------------------------------------------------------------


def pie_file(home: Path) -> Path:
    return next((home / GROUP).rglob(f"Media/{identifier('Mpie')}/**/*.jpeg"))


def shown(item: Item) -> list[Path]:
    return [one.content.path for one in item.files if isinstance(one.content, CopyOf)]


@pytest.mark.parametrize("layout", [NEW, OLD], ids=["new", "old"])
def test_a_file_whose_name_is_spelled_in_another_unicode_form_is_found(
    tmp_path: Path, layout: Layout
) -> None:
    home = tmp_path / "home"
    sample_store(layout).write(home / GROUP)
    spelled = "Küche.jpeg"
    column = "ZFILENAME"
    run(
        home,
        f"UPDATE {OBJECTS} SET {column} = ? WHERE ZIDENTIFIER = ?",
        unicodedata.normalize("NFC", spelled),
        identifier("Mpie"),
    )
    there = pie_file(home)
    there = there.rename(there.with_name(unicodedata.normalize("NFD", spelled)))
    assert shown(named(home)["Apple pie"]) == [there]


def test_a_file_of_a_store_that_came_from_an_older_system_lies_where_that_had_it(
    home: Path,
) -> None:
    there = pie_file(home)
    moved = there.parent.parent / there.name
    there.rename(moved)
    there.parent.rmdir()
    assert shown(named(home)["Apple pie"]) == [moved]


def test_a_file_with_a_generation_that_the_store_does_not_name_is_found(home: Path) -> None:
    run(
        home,
        f"UPDATE {OBJECTS} SET ZGENERATION1 = NULL WHERE ZIDENTIFIER = ?",
        identifier("Mpie"),
    )
    assert shown(named(home)["Apple pie"]) == [pie_file(home)]


def test_of_two_files_none_is_guessed_at(home: Path) -> None:
    there = pie_file(home)
    for name in ("a.jpeg", "b.jpeg"):
        there.with_name(name).write_bytes(b"which?")
    there.unlink()
    item = named(home)["Apple pie"]
    assert shown(item) == []
    assert any(isinstance(one.content, Absent) for one in item.files)


def test_the_picture_of_a_page_for_dark_windows_is_the_last_choice(home: Path) -> None:
    page = identifier("plan page 1")
    folder = next((home / GROUP).rglob(f"{page}-1-320x240-0"))
    dark = folder.with_name(f"{page}-1-640x480-1")
    (dark / "1_dark").mkdir(parents=True)
    (dark / "1_dark" / "Preview.jpeg").write_bytes(b"dark")
    run(
        home,
        f"INSERT INTO {OBJECTS} (Z_ENT, Z_OPT, ZATTACHMENT, ZIDENTIFIER, ZWIDTH, ZHEIGHT, "
        f"ZGENERATION) SELECT Z_ENT, 1, ZATTACHMENT, ?, 640, 480, '1_dark' FROM {OBJECTS} "
        "WHERE ZIDENTIFIER = ?",
        dark.name,
        folder.name,
    )
    assert dark / "1_dark" / "Preview.jpeg" not in shown(named(home)["Orchard plan"])


# -- attachments of kinds nobody foresaw -------------------------------------------------------


def one_note(tmp_path: Path, add: Callable[[NotesStore, int], None], uti: str) -> Item:
    """Return the item of a note with one attachment of a kind."""
    store = NotesStore()
    account = store.add("ICAccount", IDENTIFIER="A", NAME="iCloud", ACCOUNTTYPE=1)
    folder = store.add("ICFolder", IDENTIFIER="F", TITLE="Odd", OWNER=account)
    note = store.add("ICNote", IDENTIFIER=identifier("odd"), TITLE="Odd", FOLDER=folder)
    held = part(12, part(1, identifier("thing")) + part(2, uti))
    store.add_text(note, body(("Odd\n", style(0)), ("\ufffc", style() + held)))
    add(store, note)
    store.write(tmp_path / GROUP)
    (item,) = check_exporter(Notes(), tmp_path)
    return item


def page(item: Item) -> str:
    files = [
        {"role": one.role, "path": f"x/Odd{one.suffix}"}
        for one in item.files
        if isinstance(one.content, CopyOf)
    ]
    return markdown(item.record, files)


@pytest.mark.parametrize("uti", ["public.url", "com.apple.maps.place", "com.example.link"])
def test_a_link_of_any_kind_is_a_card(tmp_path: Path, uti: str) -> None:
    def add(store: NotesStore, note: int) -> None:
        url = "https://maps.example.org/?q=orchard"
        store.add("ICAttachment", IDENTIFIER=identifier("thing"), TYPEUTI=uti, NOTE=note,
                  TITLE="The orchard", URLSTRING=url)  # fmt: skip

    item = one_note(tmp_path, add, uti)
    assert [one.role for one in item.files] == ["page"]
    assert "[The orchard](https://maps.example.org/?q=orchard)" in page(item)


def test_a_file_of_a_kind_nobody_knows_is_copied_and_linked(tmp_path: Path) -> None:
    def add(store: NotesStore, note: int) -> None:
        media = store.add("ICMedia", IDENTIFIER=identifier("medium"), FILENAME="plot.xyzzy",
                          GENERATION="1_g")  # fmt: skip
        store.add("ICAttachment", IDENTIFIER=identifier("thing"), TYPEUTI="com.example.odd",
                  NOTE=note, MEDIA=media)  # fmt: skip
        path = f"Media/{identifier('medium')}/1_g/plot.xyzzy"
        store.add_file("A", path, b"odd bytes", store.written)

    item = one_note(tmp_path, add, "com.example.odd")
    (held,) = shown(item)
    assert held.read_bytes() == b"odd bytes"
    assert "[plot.xyzzy](Odd%20-%20plot.xyzzy)" in page(item)


def test_an_attachment_without_its_row_leaves_a_placeholder(tmp_path: Path) -> None:
    item = one_note(tmp_path, lambda store, note: None, "com.example.gone")
    assert "com.example.gone" in page(item)
    assert json.dumps(item.record)


@pytest.mark.parametrize(
    ("kind", "text"),
    [("hashtag", "#plums"), ("mention", "@Ada"), ("calculateresult", " = 42"),
     ("calculategraphexpression", "y = x²"), ("something.new", "whatever it says")],
)  # fmt: skip
def test_whatever_stands_in_a_line_of_text_keeps_its_words(
    tmp_path: Path, kind: str, text: str
) -> None:
    uti = f"com.apple.notes.inlinetextattachment.{kind}"

    def add(store: NotesStore, note: int) -> None:
        store.add("ICInlineAttachment", IDENTIFIER=identifier("thing"), TYPEUTI=uti, NOTE=note,
                  ALTTEXT=text)  # fmt: skip

    assert text.strip() in page(one_note(tmp_path, add, uti))


@pytest.mark.parametrize("named", [None, "another's"])
def test_a_text_that_only_names_its_note_itself_is_that_notes(
    home: Path, named: str | None
) -> None:
    with sqlite3.connect(home / GROUP / "NoteStore.sqlite") as connection:
        where = "Z_ENT = (SELECT Z_ENT FROM Z_PRIMARYKEY WHERE Z_NAME = 'ICNote')"
        texts = "SELECT min(ZNOTEDATA) FROM ZICCLOUDSYNCINGOBJECT"
        before = {one.sighting.key: one.record for one in check_exporter(Notes(), home)}
        value = f"({texts} WHERE {where})" if named else "NULL"
        connection.execute(f"UPDATE {OBJECTS} SET ZNOTEDATA = {value} WHERE {where}")
    connection.close()
    assert {one.sighting.key: one.record for one in check_exporter(Notes(), home)} == before
