"""NotesV7.storedata with the tables OS X gave it: identities, addresses of files, accounts."""

import plistlib
import sqlite3
from pathlib import Path
from uuid import UUID

import pytest

from rootcellar.api import Absent, CopyOf, Item
from rootcellar.testing import check_exporter
from rootcellar_notes import Notes
from rootcellar_notes.exporter import OLDER
from rootcellar_notes.pages import markdown

TABLES = """
CREATE TABLE Z_METADATA (Z_VERSION INTEGER PRIMARY KEY, Z_UUID VARCHAR(255), Z_PLIST BLOB);
CREATE TABLE Z_PRIMARYKEY (Z_ENT INTEGER PRIMARY KEY, Z_NAME VARCHAR, Z_SUPER INTEGER,
    Z_MAX INTEGER);
CREATE TABLE ZACCOUNT (Z_PK INTEGER PRIMARY KEY, Z_ENT INTEGER, Z_OPT INTEGER, ZENABLED INTEGER,
    ZROOTFOLDER INTEGER, Z6_ROOTFOLDER INTEGER, ZTRASHFOLDER INTEGER,
    ZACCOUNTDESCRIPTION VARCHAR, ZEMAILADDRESS VARCHAR, ZFULLNAME VARCHAR, ZUSERNAME VARCHAR);
CREATE TABLE ZATTACHMENT (Z_PK INTEGER PRIMARY KEY, Z_ENT INTEGER, Z_OPT INTEGER, ZNOTE INTEGER,
    Z10_NOTE INTEGER, ZCONTENTID VARCHAR, ZFILEURL BLOB);
CREATE TABLE ZFOLDER (Z_PK INTEGER PRIMARY KEY, Z_ENT INTEGER, Z_OPT INTEGER, ZACCOUNT INTEGER,
    Z1_ACCOUNT INTEGER, ZPARENT INTEGER, Z6_PARENT INTEGER, ZISDISTINGUISHED INTEGER,
    ZTRASHACCOUNT INTEGER, Z1_TRASHACCOUNT INTEGER, ZNAME VARCHAR, ZSERVERNAME VARCHAR);
CREATE TABLE ZNOTE (Z_PK INTEGER PRIMARY KEY, Z_ENT INTEGER, Z_OPT INTEGER, ZBODY INTEGER,
    ZFOLDER INTEGER, Z6_FOLDER INTEGER, ZMIMEDATASIZE INTEGER, ZDATECREATED TIMESTAMP,
    ZDATEEDITED TIMESTAMP, ZREMOTEID VARCHAR, ZTITLE VARCHAR, ZCHANGEKEY VARCHAR,
    ZUNIVERSALLYUNIQUEID BLOB);
CREATE TABLE ZNOTEBODY (Z_PK INTEGER PRIMARY KEY, Z_ENT INTEGER, Z_OPT INTEGER, ZNOTE INTEGER,
    Z10_NOTE INTEGER, ZHTMLSTRING VARCHAR);
INSERT INTO Z_METADATA VALUES (1, '0LD-5T0RE', NULL);
INSERT INTO Z_PRIMARYKEY VALUES (1, 'Account', 0, 2), (2, 'EWSAccount', 1, 0),
    (3, 'IMAPAccount', 1, 0), (4, 'LocalAccount', 1, 0), (6, 'Folder', 0, 6),
    (7, 'EWSFolder', 6, 0), (8, 'IMAPFolder', 6, 0), (9, 'LocalFolder', 6, 0), (10, 'Note', 0, 4);
INSERT INTO ZACCOUNT VALUES (1, 4, 1, 1, 1, 9, 3, NULL, NULL, NULL, NULL),
    (2, 3, 1, 1, 4, 8, NULL, NULL, 'post@example.org', NULL, 'post');
INSERT INTO ZFOLDER VALUES (1, 9, 1, 1, 4, NULL, NULL, 1, NULL, NULL, NULL, NULL),
    (2, 9, 1, NULL, NULL, 1, 9, 1, NULL, NULL, 'Notes', NULL),
    (3, 9, 1, NULL, NULL, 1, 9, 1, 1, 4, NULL, NULL),
    (4, 8, 1, 2, 3, NULL, NULL, 1, NULL, NULL, 'Root', NULL),
    (5, 8, 1, NULL, NULL, 4, 8, 1, NULL, NULL, 'Notes', 'Notes'),
    (6, 8, 1, NULL, NULL, 5, 8, 0, NULL, NULL, 'Jam', 'Notes/Jam');
INSERT INTO ZNOTE VALUES
    (1, 10, 1, 1, 2, 9, 0, 400000000.25, 400000001.5, NULL, 'Pears', NULL, NULL),
    (2, 10, 1, 2, 6, 8, 0, 400000002, 400000003, '17', 'Plums', NULL, NULL),
    (3, 10, 1, 3, 3, 9, 0, 400000000.25, 400000005, NULL, 'Peas', NULL, NULL),
    (4, 10, 1, 4, 6, 8, 0, 400000006, 400000007, '18', 'Plums', NULL, NULL);
INSERT INTO ZNOTEBODY VALUES (1, 11, 1, 1, 10, '<body>Pears<br><img src="cid:A-1"></body>'),
    (2, 11, 1, 2, 10, '<html><head></head><body>Plums</body></html>'),
    (3, 11, 1, 3, 10, 'Peas'), (4, 11, 1, 4, 10, 'Plums');
"""
PEARS, PLUMS = UUID(int=7), UUID(int=11)


def keyed(kind: str, **fields: object) -> bytes:
    """Return an object of one class, archived as NSKeyedArchiver does."""
    held: list[object] = ["$null", {"$class": plistlib.UID(2)}]
    held.append({"$classname": kind, "$classes": [kind, "NSObject"]})
    root = held[1]
    assert isinstance(root, dict)
    for name, value in fields.items():
        root[f"NS.{name}"] = plistlib.UID(len(held)) if isinstance(value, str) else value
        if isinstance(value, str):
            held.append(value)
    whole = {
        "$version": 100000,
        "$archiver": "NSKeyedArchiver",
        "$top": {"root": plistlib.UID(1)},
        "$objects": held,
    }
    return plistlib.dumps(whole, fmt=plistlib.FMT_BINARY)


def statement(home: Path, said: str, *values: object) -> None:
    with sqlite3.connect(home / OLDER / "NotesV7.storedata") as connection:
        connection.execute(said, values)
    connection.close()


@pytest.fixture
def home(tmp_path: Path) -> Path:
    folder = tmp_path / "home" / OLDER
    folder.mkdir(parents=True)
    with sqlite3.connect(folder / "NotesV7.storedata") as connection:
        connection.executescript(TABLES)
    connection.close()
    home = tmp_path / "home"
    known = "UPDATE ZNOTE SET ZUNIVERSALLYUNIQUEID = ? WHERE Z_PK = ?"
    statement(home, known, keyed("NSUUID", uuidbytes=PEARS.bytes), 1)
    statement(home, known, PLUMS.bytes, 2)
    return home


def read(home: Path) -> dict[int, Item]:
    """Return the notes by the seconds in which they were changed, which tell them apart."""
    found = {item.record["modified"]: item for item in check_exporter(Notes(), home)}
    return dict(enumerate((found[key] for key in sorted(found)), 1))


def test_notes_are_known_by_their_own_identifiers(home: Path) -> None:
    notes = read(home)
    assert notes[1].sighting.key == str(PEARS).upper()
    assert notes[2].sighting.key == str(PLUMS).upper()
    assert len({one.sighting.key for one in notes.values()}) == 4


def test_copies_of_a_note_that_kept_its_identifier_are_notes_of_their_own(home: Path) -> None:
    statement(home, "UPDATE ZNOTE SET ZUNIVERSALLYUNIQUEID = ?", PLUMS.bytes)
    statement(home, "UPDATE Z_PRIMARYKEY SET Z_NAME = ? WHERE Z_ENT = 4", b"\xff")
    assert len({one.sighting.key for one in read(home).values()}) == 4


def test_a_note_without_an_identifier_stays_itself_when_it_is_renamed(home: Path) -> None:
    before = read(home)
    statement(home, "UPDATE ZNOTE SET ZTITLE = 'Other peas', Z_OPT = 2 WHERE Z_PK = 3")
    statement(home, "DELETE FROM ZNOTE WHERE Z_PK = 2")
    after = {item.sighting.key: item.sighting.title for item in read(home).values()}
    assert after[before[3].sighting.key] == "Other peas"
    assert after[before[4].sighting.key] == "Plums"


def test_accounts_without_a_description_have_a_name(home: Path) -> None:
    notes = read(home)
    assert notes[1].record["account"] == {"name": "On My Mac", "kind": "LocalAccount"}
    assert notes[2].record["account"] == {"name": "post@example.org", "kind": "IMAPAccount"}
    assert [one.record["folder"].get("path") for one in notes.values()] == [
        ["Notes"],
        ["Notes", "Jam"],
        [""],
        ["Notes", "Jam"],
    ]
    assert [one.sighting.in_trash for one in notes.values()] == [False, False, True, False]


@pytest.mark.parametrize("archived", [True, False])
@pytest.mark.parametrize("inside", ["Library/CoreData/Attachments/9/a pear.png", "elsewhere.png"])
def test_files_are_found_by_archived_addresses_in_a_copied_home(
    home: Path, inside: str, archived: bool
) -> None:
    """The address is one of the home of then; the copy lies elsewhere."""
    data = home / "Library/Containers/com.apple.Notes/Data"
    (data / inside).parent.mkdir(parents=True, exist_ok=True)
    (data / inside).write_bytes(b"a pear")
    then = Path("/Users/of then/Library/Containers/com.apple.Notes/Data") / inside
    url = keyed("NSURL", base="$null", relative=then.as_uri()) if archived else then.as_uri()
    statement(home, "INSERT INTO ZATTACHMENT VALUES (1, 5, 1, 1, 10, 'A-1', ?)", url)
    _, picture = read(home)[1].files
    assert isinstance(picture.content, CopyOf)
    assert picture.content.path == data / inside
    assert picture.suffix == f" - {Path(inside).name}"


def test_an_address_of_nowhere_is_missed_by_its_name(home: Path) -> None:
    url = keyed("NSURL", base="$null", relative="file:///Users/of%20then/gone%20pear.png")
    statement(home, "INSERT INTO ZATTACHMENT VALUES (1, 5, 1, 1, 10, 'A-1', ?)", url)
    statement(home, "INSERT INTO ZATTACHMENT VALUES (2, 5, 1, 1, 10, 'A-2', ?)", b"bplist00 no")
    _, picture, other = read(home)[1].files
    assert isinstance(picture.content, Absent)
    assert "gone pear.png" in picture.content.reason
    assert isinstance(other.content, Absent)
    assert "<em>gone pear.png: missing</em>" in markdown(read(home)[1].record)
