"""Real stores, exported whole, compared with what Notes.app itself said of the same notes."""

import json
import os
import re
import shutil
import sqlite3
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, NamedTuple

import msgspec
import pytest

from rootcellar.api import Absent, CopyOf, Item
from rootcellar.testing import check_exporter
from rootcellar_notes import Notes
from rootcellar_notes.blocks import Body
from rootcellar_notes.settings import NotesSettings

REPOSITORY = Path(__file__).resolve().parents[3]
SHARED = Path(os.environ.get("ROOTCELLAR_FIXTURES", REPOSITORY.parent / "shared" / "fixtures"))
STORES = {
    "macOS 12": "notes/macos-12-monterey",
    "macOS 13": "notes/macos-13-ventura",
    "macOS 15": "notes/macos-15-sequoia",
    "macOS 26": "notes/macos-26-tahoe",
}
GROUP = "Library/Group Containers/group.com.apple.notes"
PASSWORD = "tbull"
AFTERWARDS = {"macOS 15": "This is a deleted note", "macOS 26": "This note is deleted"}
"""Notes in the trash that were made after Notes.app was asked, and before the store was copied."""


pytestmark = pytest.mark.fixtures


class Said(NamedTuple):
    """What Notes.app said of a note; dates are those of its own zone, to the second."""

    row: str
    title: str
    folder: str
    account: str
    created: datetime
    modified: datetime
    locked: bool
    text: str


def root() -> Path:
    return SHARED if (SHARED / "notes").is_dir() else SHARED / "fixtures"


def answers(path: Path) -> list[Said]:
    found = []
    for part in path.read_text().split("note.id=")[1:]:
        said = dict(re.findall(r"^note\.(\w+)=(.*)$", part, re.MULTILINE))
        dates = [said["creation_date"], said["modification_date"]]
        found.append(
            Said(
                part.split("\n", 1)[0].rpartition("/")[2],
                said["name"],
                said["folder"],
                said["account"],
                *map(datetime.fromisoformat, dates),
                said["password_protected"] == "True",
                part.split("note.plaintext=", 1)[1].removesuffix("\n"),
            )
        )
    return found


@pytest.fixture(params=STORES)
def store(request: pytest.FixtureRequest, tmp_path: Path) -> tuple[str, Path, list[Said]]:
    """Each real store in turn: its name, a home with a copy of it, and what is expected of it."""
    folder = root() / STORES[request.param]
    if not folder.is_dir():
        pytest.skip(f"no real Notes store at {folder}; set ROOTCELLAR_FIXTURES")
    container = tmp_path / "home" / GROUP
    container.mkdir(parents=True)
    for path in folder.glob("NoteStore.sqlite*"):
        shutil.copyfile(path, container / path.name)
    return request.param, tmp_path / "home", answers(folder / "expected.txt")


def identifiers(home: Path) -> dict[str, str]:
    """Return Apple's identifier of every note by the name of its row, as Notes.app gives it."""
    with sqlite3.connect(f"file:{home / GROUP}/NoteStore.sqlite?immutable=1", uri=True) as found:
        rows = found.execute("SELECT Z_PK, ZIDENTIFIER FROM ZICCLOUDSYNCINGOBJECT")
        named = {f"p{row}": identifier for row, identifier in rows}
    found.close()
    return named


def text_of(record: Any) -> str:
    return msgspec.convert(record["body"], Body).text


def is_same(record: str, said: datetime, offset: timedelta) -> bool:
    kept = datetime.fromisoformat(record).replace(microsecond=0)
    return kept == said.replace(tzinfo=UTC) - offset


def test_every_note_is_what_notes_says_it_is(store: tuple[str, Path, list[Said]]) -> None:
    name, home, said = store
    items = {item.sighting.key: item for item in check_exporter(Notes(), home)}
    named = identifiers(home)
    expected = {named[one.row]: one for one in said}
    later = [items.pop(key) for key in set(items) - set(expected)]
    assert [one.sighting.title for one in later] == [AFTERWARDS.get(name)] * (name in AFTERWARDS)
    assert all(one.sighting.in_trash for one in later)
    assert set(items) == set(expected)
    first = next(iter(items))
    told = expected[first].created.replace(tzinfo=UTC)
    offset = told - datetime.fromisoformat(items[first].record["created"]).replace(microsecond=0)
    assert offset % timedelta(minutes=30) == timedelta()
    for key, item in items.items():
        record, one = item.record, expected[key]
        assert record["title"] == one.title
        assert record["folder"]["title"] == one.folder
        assert record["account"]["name"] == one.account
        assert is_same(record["created"], one.created, offset)
        assert is_same(record["modified"], one.modified, offset)
        assert item.sighting.in_trash == record.get("trashed", False)
        assert item.sighting.in_trash == (one.folder == "Recently Deleted")
        if one.locked:
            assert "body" not in record
            assert record["locked"]["state"] == "skipped"
        else:
            assert text_of(record) == one.text


def test_the_tree_of_folders_is_whole(store: tuple[str, Path, list[Said]]) -> None:
    _, home, _ = store
    paths = {tuple(item.record["folder"]["path"]) for item in check_exporter(Notes(), home)}
    assert ("Folder2", "Subfolder", "Subsubfolder") in paths
    assert ("Folder",) in paths


def test_tombstones_are_no_notes(store: tuple[str, Path, list[Said]]) -> None:
    _, home, _ = store
    titles = [item.sighting.title for item in check_exporter(Notes(), home)]
    assert "New Note" not in titles
    assert "" not in titles


@pytest.fixture
def passwords(tmp_path: Path) -> Callable[..., NotesSettings]:
    def make(*lines: str) -> NotesSettings:
        path = tmp_path / "passwords"
        path.write_text("\n".join(lines))
        path.chmod(0o600)
        return NotesSettings(locked="plain", passwords=str(path))

    return make


def locked(items: list[Item]) -> Item:
    (found,) = [item for item in items if "locked" in item.record]
    return found


def test_a_locked_note_opens_with_its_password(
    store: tuple[str, Path, list[Said]], passwords: Callable[..., NotesSettings]
) -> None:
    _, home, said = store
    item = locked(check_exporter(Notes(), home, passwords("wrong", PASSWORD)))
    assert item.record["locked"]["state"] == "opened"
    text = text_of(item.record)
    assert text.startswith("This note is password protected\n")
    told = next(one.text for one in said if one.locked)
    assert told in ("", text)  # macOS 26 tells nothing of it


def test_a_locked_note_stays_shut_without_its_password(
    store: tuple[str, Path, list[Said]], passwords: Callable[..., NotesSettings]
) -> None:
    _, home, _ = store
    item = locked(check_exporter(Notes(), home, passwords("wrong")))
    assert item.record["locked"]["state"] == "not opened"
    assert any(isinstance(file.content, Absent) for file in item.files)


@pytest.mark.parametrize("settings", [NotesSettings(), NotesSettings(locked="encrypted")])
def test_nothing_of_a_locked_note_but_its_title_is_told(
    store: tuple[str, Path, list[Said]],
    passwords: Callable[..., NotesSettings],
    settings: NotesSettings,
) -> None:
    _, home, _ = store
    opened = locked(check_exporter(Notes(), home, passwords(PASSWORD)))
    secrets = [line for line in text_of(opened.record).split("\n")[1:] if line.strip()]
    assert secrets
    item = locked(check_exporter(Notes(), home, settings))
    told = repr(item) + json.dumps(item.record)
    assert not [secret for secret in secrets if secret in told]
    assert PASSWORD not in told  # it is also what its owner wrote to remember it by


def test_a_home_with_files(tmp_path: Path) -> None:
    home = root() / "homes" / "mac26"
    if not (home / GROUP).is_dir():
        pytest.skip(f"no real container at {home}; set ROOTCELLAR_FIXTURES")
    items = check_exporter(Notes(), home)
    (item,) = [item for item in items if "attachments" in item.record and len(item.files) > 1]
    (file,) = [file for file in item.files if isinstance(file.content, CopyOf)]
    assert isinstance(file.content, CopyOf)
    assert file.suffix == " - bitcoin.pdf"
    assert file.content.path.read_bytes().startswith(b"%PDF")
    assert len(items) == 9
