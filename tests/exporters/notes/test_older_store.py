"""Notes of older stores (HTML): the same kind of items, pages and records as all others."""

import sqlite3
from pathlib import Path

import pytest

from rootcellar.api import Absent, CopyOf, Item
from rootcellar.sample.notes_content import sample_store
from rootcellar.sample.notes_store import NEW
from rootcellar.testing import check_exporter
from rootcellar_notes import Notes
from rootcellar_notes.blocks import Body, Style
from rootcellar_notes.exporter import OLDER
from rootcellar_notes.pages import markdown
from rootcellar_notes.store.html import read_html

HTML = """<html><head><style>p { color: red }</style></head><body style="word-wrap: break-word">
<h1>Pear &amp; quince</h1><div><br></div><div>Two <b>ripe</b> pears,
one <i><u>hard</u></i> quince</div><ul class="Apple-dash-list">
<li>Peel<ul><li>thinly</li></ul></li>
<li>Core</li></ul><ol><li>Boil</li><li>Wait</li></ol><blockquote>No sugar</blockquote>
<pre>a  b
 c</pre><div>See <a href="https://example.org/?a=1&amp;b=2">there</a> H<sub>2</sub>O 5&lt;6</div>
<table><tr><td>Pot</td><td>1</td></tr><tr><td>Spoon</td></tr></table>
<div><img src="cid:PICTURE-1@notes"></div></body></html>"""


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """A home with an older store of two accounts, as its systems laid it out."""
    folder = tmp_path / "home" / OLDER
    folder.mkdir(parents=True)
    picture = tmp_path / "home" / "my picture.png"
    picture.write_bytes(b"a picture")
    with sqlite3.connect(folder / "NotesV7.storedata") as connection:
        connection.executescript(
            """
            CREATE TABLE Z_METADATA (Z_VERSION INTEGER, Z_UUID TEXT, Z_PLIST BLOB);
            INSERT INTO Z_METADATA VALUES (1, 'OLD-STORE', NULL);
            CREATE TABLE Z_PRIMARYKEY (Z_ENT INTEGER, Z_NAME TEXT);
            INSERT INTO Z_PRIMARYKEY VALUES (1, 'LocalAccount'), (2, 'IMAPAccount'), (5, 'Folder');
            CREATE TABLE ZACCOUNT (Z_PK INTEGER PRIMARY KEY, Z_ENT, ZACCOUNTDESCRIPTION TEXT);
            INSERT INTO ZACCOUNT VALUES (1, 1, 'On My Mac'), (2, 2, 'Post');
            CREATE TABLE ZFOLDER (Z_PK INTEGER PRIMARY KEY, Z_ENT, ZNAME, ZPARENT, ZACCOUNT,
                                  ZTRASHACCOUNT);
            INSERT INTO ZFOLDER VALUES (1, 6, 'Root', NULL, 1, NULL),
                (2, 5, 'Notes', 1, NULL, NULL), (3, 6, 'Root', NULL, 2, NULL),
                (4, 5, 'Fruit', 3, NULL, NULL),
                (5, 5, 'Late', 4, NULL, NULL), (6, 7, 'Trash', 1, NULL, 1);
            CREATE TABLE ZNOTE (Z_PK INTEGER PRIMARY KEY, Z_OPT, ZTITLE, ZDATECREATED, ZDATEEDITED,
                                ZFOLDER, ZGUID);
            INSERT INTO ZNOTE VALUES (1, 1, 'Pear & quince', 500000000, 500000100.5, 5, 'GUID-1'),
                (2, 1, 'Plain', 500000200, 500000300, 2, NULL),
                (3, 1, 'Thrown away', 500000400, 500000500, 6, NULL);
            CREATE TABLE ZNOTEBODY (Z_PK INTEGER PRIMARY KEY, Z_OPT, ZNOTE, ZHTMLSTRING);
            INSERT INTO ZNOTEBODY VALUES (2, 1, 2, 'Plain<div>and simple</div>'), (3, 1, 3, NULL);
            CREATE TABLE ZATTACHMENT (Z_PK INTEGER PRIMARY KEY, ZNOTE, ZCONTENTID, ZFILEURL);
            INSERT INTO ZATTACHMENT VALUES (2, 1, '<GONE-2>', 'file:///nowhere/gone.pdf');
            """
        )
        connection.execute("INSERT INTO ZNOTEBODY VALUES (1, 1, 1, ?)", (HTML,))
        url = picture.as_uri()
        connection.execute("INSERT INTO ZATTACHMENT VALUES (1, 1, 'PICTURE-1@notes', ?)", (url,))
    connection.close()
    return tmp_path / "home"


def named(home: Path) -> dict[str, Item]:
    return {item.sighting.title: item for item in check_exporter(Notes(), home)}


def test_accounts_folders_and_the_trash_are_told(home: Path) -> None:
    items = named(home)
    assert {item.sighting.place: item.sighting.in_trash for item in items.values()} == {
        "Post/Fruit/Late/Pear & quince": False,
        "On My Mac/Notes/Plain": False,
        "On My Mac/Trash/Thrown away": True,
    }
    pear = items["Pear & quince"].record
    assert pear["account"] == {"name": "Post", "kind": "IMAPAccount"}
    assert pear["folder"] == {"title": "Late", "path": ["Fruit", "Late"]}
    assert (pear["created"], pear["modified"]) == (
        "2016-11-05T00:53:20Z",
        "2016-11-05T00:55:00.500000Z",
    )
    assert pear["html"] == HTML


def test_files_are_found_and_missed(home: Path) -> None:
    page, picture, gone = named(home)["Pear & quince"].files
    assert page.role == "page"
    assert isinstance(picture.content, CopyOf)
    assert picture.suffix == " - my picture.png"
    assert isinstance(gone.content, Absent)
    assert "gone.pdf" in gone.content.reason


def test_a_page_is_markdown_like_any_other(home: Path) -> None:
    item = named(home)["Pear & quince"]
    files = [{"role": "PICTURE-1@notes", "path": "x/Pear - my picture.png"}]
    assert markdown(item.record, files) == (
        "# Pear & quince\n\n"
        "Two **ripe** pears, one <u>_hard_</u> quince\n\n"
        "* Peel\n    - thinly\n* Core\n\n"
        "1. Boil\n2. Wait\n\n"
        "> No sugar\n\n"
        "```\na  b\n c\n```\n\n"
        "See [there](https://example.org/?a=1&b=2) H<sub>2</sub>O 5\\<6\n\n"
        "| Pot | 1 |\n| --- | --- |\n| Spoon |  |\n\n"
        "![my picture.png](Pear%20-%20my%20picture.png)\n"
    )


def test_both_kinds_of_stores_are_read_side_by_side(home: Path) -> None:
    sample_store(NEW).write(home / "Library/Group Containers/group.com.apple.notes")
    assert len(check_exporter(Notes(), home)) == 3 + 11


@pytest.mark.parametrize(
    "text",
    ["", "no tags", "<", "<b>open", "</ul></ul></table></a>", "<table><td>x", "<li>alone",
     "<table><tr><td><table><tr><td>in</td></tr></table></td></tr></table>", "&#xffffffff;",
     "<ul>" * 2000 + "<li>deep", "a<br><br>b", "<p>x</p>" * 3000, "<script>alert(1)</script>z"],
)  # fmt: skip
def test_odd_html_is_read_somehow(text: str) -> None:
    page = read_html(text)
    assert "alert" not in page.body.text
    assert isinstance(page.body, Body)


def test_empty_lines_and_lists() -> None:
    body = read_html("<div>a</div><div><br></div><div>b</div><ol><li>c</li></ol>").body
    assert body.text == "a\n\nb\nc"
    assert [one.style for one in body.paragraphs][-1] is Style.NUMBER
