"""Bodies of real stores, compared with what Notes.app itself said of the same notes."""

import os
import re
import shutil
import sqlite3
from pathlib import Path
from typing import NamedTuple

import pytest
from made_up_bodies import EMBEDS, SURROUNDINGS, expected
from markdown_reading import events

from rootcellar_notes.blocks import OBJECT, Body, Style
from rootcellar_notes.body import decode_body, decode_table
from rootcellar_notes.locked import NotUnlocked, Unlocker, locked_from_columns
from rootcellar_notes.markdown import FileEmbed, Flavour, Media, render

REPOSITORY = Path(__file__).resolve().parents[3]
SHARED = Path(os.environ.get("ROOTCELLAR_FIXTURES", REPOSITORY.parent / "shared" / "fixtures"))
CONTAINER = "homes/mac26/Library/Group Containers/group.com.apple.notes"
STORES = {
    "macOS 12": "notes/macos-12-monterey",
    "macOS 13": "notes/macos-13-ventura",
    "macOS 15": "notes/macos-15-sequoia",
    "macOS 26": "notes/macos-26-tahoe",
    "home": CONTAINER,
}
EXPECTED = {**STORES, "home": STORES["macOS 26"]}
PASSWORD = "tbull"

pytestmark = pytest.mark.fixtures


class Said(NamedTuple):
    """What Notes.app said of a note."""

    title: str
    protected: bool
    text: str


class Held(NamedTuple):
    """A note in a store: its text as stored, and the columns it was locked with."""

    data: bytes
    protected: bool
    salt: bytes
    iterations: int
    wrapped_key: bytes
    vector: bytes
    tag: bytes


class Real(NamedTuple):
    """A store, opened from a copy, with what is expected of it by Z_PK."""

    name: str
    database: sqlite3.Connection
    said: dict[int, Said]
    held: dict[int, Held]


def answers(path: Path) -> dict[int, Said]:
    found = {}
    for part in path.read_text().split("note.id=")[1:]:
        key = int(part.split("\n", 1)[0].rpartition("/p")[2])
        title = re.search(r"^note\.name=(.*)$", part, re.MULTILINE)
        text = part.split("note.plaintext=", 1)[1].removesuffix("\n")
        assert title
        found[key] = Said(title[1], "note.password_protected=True" in part, text)
    return found


@pytest.fixture(params=STORES)
def real(request: pytest.FixtureRequest, tmp_path: Path) -> Real:
    """Each real store in turn, from a private copy of it and its log."""
    root = SHARED if (SHARED / "notes").is_dir() else SHARED / "fixtures"
    folder = root / STORES[request.param]
    if not folder.is_dir():
        pytest.skip(f"no real Notes store at {folder}; set ROOTCELLAR_FIXTURES")
    for path in folder.glob("NoteStore.sqlite*"):
        shutil.copy(path, tmp_path / path.name)
    database = sqlite3.connect(tmp_path / "NoteStore.sqlite")
    rows = database.execute(
        "SELECT n.Z_PK, d.ZDATA, n.ZISPASSWORDPROTECTED, n.ZCRYPTOSALT, n.ZCRYPTOITERATIONCOUNT,"
        " n.ZCRYPTOWRAPPEDKEY, d.ZCRYPTOINITIALIZATIONVECTOR, d.ZCRYPTOTAG"
        " FROM ZICNOTEDATA d JOIN ZICCLOUDSYNCINGOBJECT n ON n.Z_PK = d.ZNOTE"
        " WHERE d.ZDATA IS NOT NULL AND coalesce(n.ZMARKEDFORDELETION, 0) != 1"
    )
    held = {key: Held(data, bool(protected), *rest) for key, data, protected, *rest in rows}
    return Real(
        request.param, database, answers(root / EXPECTED[request.param] / "expected.txt"), held
    )


def bodies(real: Real) -> dict[int, Body]:
    return {key: decode_body(one.data) for key, one in real.held.items() if not one.protected}


def test_the_plain_text_is_the_one_notes_itself_gives(real: Real) -> None:
    read = bodies(real)
    compared = 0
    for key, said in real.said.items():
        if not said.protected:
            body = read[key]
            assert body.text == said.text
            assert not body.troubles
            assert not body.unknown
            assert body.paragraphs[0].text.strip() == said.title.strip()
            compared += 1
    assert compared >= 5


def test_what_is_formatted_is_read(real: Real) -> None:
    body = next(b for b in bodies(real).values() if "special formatting" in b.text)
    kinds = [one.style for one in body.paragraphs]
    assert kinds[0] is Style.TITLE
    assert kinds.count(Style.CHECKLIST) == 3
    assert [one.checked for one in body.paragraphs if one.style is Style.CHECKLIST] == [False] * 3
    (bold,) = [run for one in body.paragraphs for run in one.runs if run.bold]
    assert bold.underline
    (attachment,) = body.attachments()
    assert attachment.uti == "com.apple.notes.table"
    assert OBJECT in body.text
    columns = {row[1] for row in real.database.execute("PRAGMA table_info(ZICCLOUDSYNCINGOBJECT)")}
    column = "ZMERGEABLEDATA1" if "ZMERGEABLEDATA1" in columns else "ZMERGEABLEDATA"
    (data,) = real.database.execute(
        f"SELECT {column} FROM ZICCLOUDSYNCINGOBJECT WHERE ZIDENTIFIER = ?",
        (attachment.identifier,),
    ).fetchone()
    table = decode_table(data)
    texts = [["".join(part.text for part in cell) for cell in row] for row in table.rows]
    assert texts == [["Header 1", "Header 2"], ["Item 1", "Item 2"]]
    assert not table.troubles
    assert not table.unknown


def opened(one: Held, *passwords: str) -> Body:
    locked = locked_from_columns(
        one.data,
        salt=one.salt,
        iterations=one.iterations,
        wrapped_key=one.wrapped_key,
        initialization_vector=one.vector,
        tag=one.tag,
    )
    return decode_body(Unlocker(passwords).open(locked))


def test_locked_notes_open_with_the_password_and_not_without(real: Real) -> None:
    locked = [one for one in real.held.values() if one.protected]
    assert locked
    texts = {said.text for said in real.said.values() if said.protected and said.text}
    for one in locked:
        body = opened(one, "wrong", PASSWORD)
        assert "secret" in body.text
        assert not body.troubles
        assert not texts or body.text in texts
        with pytest.raises(NotUnlocked):
            opened(one, "wrong", PASSWORD.upper())


@pytest.mark.parametrize("flavour", Flavour)
def test_the_markdown_of_every_note_is_read_as_it_was_written(
    real: Real, flavour: Flavour, monkeypatch: pytest.MonkeyPatch
) -> None:
    obsidian = flavour is Flavour.OBSIDIAN
    read = [*bodies(real).values()]
    read += [opened(one, PASSWORD) for one in real.held.values() if one.protected]
    for body in read:
        for attachment in body.attachments():
            shown = FileEmbed(f"files/{attachment.identifier}.png", media=Media.IMAGE)
            monkeypatch.setitem(EMBEDS, attachment.identifier, shown)
        page = render(body, flavour, SURROUNDINGS)
        assert events(page, obsidian=obsidian) == expected(body.paragraphs, obsidian=obsidian)
