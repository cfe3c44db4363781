"""Attachments of locked notes: opened with the note, kept as locked as they are, or left alone."""

import base64
import json
import os
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from locking import SALT, encrypted, neo, wrapped
from notes_world import World

from rootcellar.api import Absent, Bytes, CopyOf, Item
from rootcellar.sample.archives import Archive
from rootcellar.sample.notes_bodies import TableBuilder, body, note, part, style
from rootcellar.sample.notes_content import identifier
from rootcellar.sample.notes_store import NEW, OLD, Layout, NotesStore
from rootcellar.testing import check_exporter
from rootcellar_notes import Notes
from rootcellar_notes.pages import markdown
from rootcellar_notes.settings import NotesSettings

GROUP = "Library/Group Containers/group.com.apple.notes"
PASSWORD = "sloe gin"
PICTURE = b"\xff\xd8 a picture of the hiding place " * 40
DRAWING = b"\xff\xd8 a map of the cellar"
PAGE = b"\x89PNG a deed"
LARGE = os.urandom(200_000)
SECRETS = (
    b"hiding place",
    b"map of the cellar",
    b"a deed",
    b"under.jpeg",
    b"sloe.example",
    b"12 paces",
)
KINDS = ("v1", "neo")


@dataclass
class Locksmith:
    """Writes a store with a locked note that holds one attachment of every kind."""

    kind: str
    layout: Layout = NEW
    password: str = PASSWORD
    unapplied: bool = False
    store: NotesStore = field(init=False)

    def __post_init__(self) -> None:
        self.store = NotesStore(self.layout)

    def lock(self, text: bytes, prefix: str = "CRYPTO") -> tuple[bytes, dict[str, bytes | int]]:
        """Return what is locked, and the columns that go with it."""
        if self.kind == "neo":
            return neo(text, self.password), {}
        vector = os.urandom(16)
        sealed, tag = encrypted(text, self.key, vector)
        return sealed, {f"{prefix}INITIALIZATIONVECTOR": vector, f"{prefix}TAG": tag}

    def values(self, **said: str) -> dict[str, bytes | int]:
        """Return the columns of a row whose values are locked."""
        self.key = os.urandom(16)
        sealed, pair = self.lock(json.dumps(said).encode())
        whole = {"ENCRYPTEDVALUESJSON": sealed, **self.columns(), **pair}
        if not self.unapplied:
            return whole
        return {"UNAPPLIEDENCRYPTEDRECORDDATA": unapplied_record(whole)}

    def columns(self) -> dict[str, bytes | int]:
        if self.kind == "neo":
            return {}
        wrapped_key = wrapped(self.password, self.key, SALT[:16], 16)
        return {"CRYPTOSALT": SALT[:16], "CRYPTOITERATIONCOUNT": 100,
                "CRYPTOWRAPPEDKEY": wrapped_key}  # fmt: skip

    def file(self, path: str, content: bytes) -> None:
        self.store.add_file("A", path, content, self.store.written)

    def attach(self, name: str, uti: str, said: dict[str, str], **more: bytes | int) -> int:
        return self.store.add("ICAttachment", IDENTIFIER=identifier(name), TYPEUTI=uti,
                              NOTE=self.note, **self.values(**said), **more)  # fmt: skip

    def media(self, name: str, file_name: str, content: bytes) -> int:
        said = self.values(filename=file_name)
        sealed, pair = self.lock(content, "ASSETCRYPTO")
        level = {"GENERATION": "1_g"} if self.layout.generations else {}
        inner = "1_g/" if level else ""
        made = identifier(f"M{name}")
        self.file(f"Media/{made}/{inner}{made}", sealed)
        return self.store.add("ICMedia", IDENTIFIER=made, **said, **pair, **level)

    def write(self, home: Path) -> None:
        account = self.store.add("ICAccount", IDENTIFIER="A", NAME="iCloud", ACCOUNTTYPE=1)
        folder = self.store.add("ICFolder", IDENTIFIER="F", TITLE="Kept", OWNER=account)
        self.key = os.urandom(16)
        text = body(
            ("Hidden\n", style(0)),
            *[
                (part_of_text, look)
                for name, uti in THINGS
                for part_of_text, look in held(name, uti)
            ],
        )
        sealed, pair = self.lock(text)
        self.note = self.store.add(
            "ICNote", IDENTIFIER=identifier("hidden"), TITLE="Hidden", FOLDER=folder,
            ISPASSWORDPROTECTED=1, **self.columns(),
        )  # fmt: skip
        self.store.add_text(self.note, sealed, **pair)
        self.pictures()
        self.rows()
        self.store.write(home / GROUP)

    def pictures(self) -> None:
        for name, content in (("photo", PICTURE), ("large", LARGE)):
            image = self.media(name, "under.jpeg" if name == "photo" else "large.bin", content)
            self.attach(name, "public.jpeg", {"title": "Under it"}, MEDIA=image)
        self.key = os.urandom(16)
        sealed, pair = self.lock(DRAWING, "FALLBACKIMAGECRYPTO")
        key = self.columns()
        level = {"FALLBACKIMAGEGENERATION": "1_d"} if self.layout.generations else {}
        self.store.add("ICAttachment", IDENTIFIER=identifier("drawn"), TYPEUTI="com.apple.paper",
                       NOTE=self.note, **key, **pair, **level)  # fmt: skip
        drawn = identifier("drawn")
        path = f"{drawn}/1_d/FallbackImage.jpeg" if level else f"{drawn}.jpg"
        self.file(f"FallbackImages/{path}.encrypted", sealed)

    def rows(self) -> None:
        self.attach(
            "card", "public.url", {"title": "A shop", "urlString": "https://sloe.example/"}
        )
        packed = base64.b64encode(one_cell("12 paces")).decode()
        self.attach("grid", "com.apple.notes.table", {"mergeableData": packed})
        self.store.add(
            "ICInlineAttachment", IDENTIFIER=identifier("tagged"), NOTE=self.note,
            TYPEUTI="com.apple.notes.inlinetextattachment.hashtag",
            **self.values(altText="#sloes", tokenContentIdentifier="SLOES"),
        )  # fmt: skip
        scan = self.attach("scan", "com.apple.notes.gallery", {"title": "Deed"})
        page = self.attach("page", "public.jpeg", {"title": "p1"}, PARENTATTACHMENT=scan)
        self.key = os.urandom(16)
        sealed, pair = self.lock(PAGE)
        shown = f"{identifier('page')}-1-10x10-0"
        level = {"GENERATION": "1_p"} if self.layout.generations else {}
        self.store.add("ICAttachmentPreviewImage", IDENTIFIER=shown, ATTACHMENT=page, WIDTH=10.0,
                       HEIGHT=10.0, **self.columns(), **pair, **level)  # fmt: skip
        path = f"{shown}/1_p/Preview.png" if level else f"{shown}.png"
        self.file(f"Previews/{path}.encrypted", sealed)


THINGS = (
    ("photo", "public.jpeg"),
    ("large", "public.jpeg"),
    ("drawn", "com.apple.paper"),
    ("card", "public.url"),
    ("grid", "com.apple.notes.table"),
    ("tagged", "com.apple.notes.inlinetextattachment.hashtag"),
    ("scan", "com.apple.notes.gallery"),
)


def held(name: str, uti: str) -> list[tuple[str, bytes]]:
    return [
        ("\ufffc", style() + part(12, part(1, identifier(name)) + part(2, uti))),
        ("\n", style()),
    ]


def one_cell(text: str) -> bytes:
    table = TableBuilder()
    rows, columns = table.ordered([("r", "R")], ["r"]), table.ordered([("c", "C")], ["c"])
    return table.build(rows, columns, {"C": {"R": note([(text, style())])}})


def unapplied_record(columns: dict[str, bytes | int]) -> bytes:
    """Return what iCloud sent and Notes has not put into the columns yet."""
    named = {
        "EncryptedValues": "ENCRYPTEDVALUESJSON",
        "CryptoSalt": "CRYPTOSALT",
        "CryptoIterationCount": "CRYPTOITERATIONCOUNT",
        "CryptoWrappedKey": "CRYPTOWRAPPEDKEY",
        "CryptoInitializationVector": "CRYPTOINITIALIZATIONVECTOR",
        "CryptoTag": "CRYPTOTAG",
    }
    archive = Archive()
    listed = {
        "NS.keys": [archive.add(name) for name in named],
        "NS.objects": [archive.add(columns.get(column, b"")) for column in named.values()],
    }
    values = archive.instance("NSMutableDictionary", dict(listed))
    store = archive.instance("CKRecordValueStore", {"RecordValues": values})
    return archive.dump(archive.instance("CKRecord", {"ValueStore": store}))


@pytest.fixture
def read(tmp_path: Path) -> Callable[..., Item]:
    """Write a locked note and return its item, read with some settings."""

    def write(smith: Locksmith, mode: str, *passwords: str) -> Item:
        home = tmp_path / "home"
        smith.write(home)
        kept = tmp_path / "passwords"
        kept.write_text("\n".join(passwords))
        kept.chmod(0o600)
        named = str(kept) if mode == "plain" else ""
        (item,) = check_exporter(Notes(), home, NotesSettings(locked=mode, passwords=named))  # type: ignore[arg-type]
        return item

    return write


def content(item: Item) -> dict[str, bytes | str]:
    """Return by suffix the bytes of every file, "" for those that are not there."""
    found: dict[str, bytes | str] = {}
    for file in item.files:
        if isinstance(file.content, Bytes):
            found[file.suffix] = file.content.data
        elif isinstance(file.content, Absent):
            found[file.suffix] = file.content.reason
        elif isinstance(file.content, CopyOf) and file.content.path.exists():
            found[file.suffix] = file.content.path.read_bytes()
    return found


def page(item: Item) -> str:
    return markdown(
        item.record, [{"role": f.role, "path": f"x/Hidden{f.suffix}"} for f in item.files]
    )


@pytest.mark.parametrize("unapplied", [False, True], ids=["", "unapplied"])
@pytest.mark.parametrize("layout", [NEW, OLD], ids=["new", "old"])
@pytest.mark.parametrize("kind", KINDS)
def test_every_attachment_of_a_locked_note_is_opened_with_it(
    read: Callable[..., Item], kind: str, layout: Layout, unapplied: bool
) -> None:
    item = read(Locksmith(kind, layout, unapplied=unapplied), "plain", "wrong", PASSWORD)
    files = content(item)
    assert files[" - under.jpeg"] == PICTURE
    assert files[" - Drawing.jpeg" if layout is NEW else " - Drawing.jpg"] == DRAWING
    assert files[" - p1.png"] == PAGE
    shown = page(item)
    for text in ("under.jpeg", "[A shop](https://sloe.example/)", "12 paces", "#sloes", "p1.png"):
        assert text in shown, shown
    assert item.record["tags"] == ["sloes"]
    assert not [said for said in files.values() if isinstance(said, str) and said]


def test_a_large_attachment_of_a_locked_note_is_opened_into_the_archive(world: World) -> None:
    Locksmith("neo").write(world.home)
    kept = world.root / "passwords"
    kept.write_text(PASSWORD)
    kept.chmod(0o600)
    world.settle(f'locked = "plain"\npasswords = "{kept}"')
    world.export(codes=(0,))
    assert (world.archive / "Notes/iCloud/Kept/Hidden - large.bin").read_bytes() == LARGE
    assert world.export(codes=(0,))["files"] == 0
    assert not list((world.root / "cache").rglob("part-*"))


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("mode", ["skip", "encrypted", "plain"])
def test_without_the_password_nothing_of_any_attachment_is_told(
    read: Callable[..., Item], kind: str, mode: str
) -> None:
    item = read(Locksmith(kind), mode, "wrong")
    told = b"".join(
        one.encode() if isinstance(one, str) else one for one in content(item).values()
    )
    told += json.dumps(item.record).encode() + repr(item.files).encode()
    assert not [secret for secret in SECRETS if secret in told]
    reasons = [one for one in content(item).values() if isinstance(one, str)]
    assert ("Attachments of a locked note are not archived." in reasons) == (mode != "encrypted")


@pytest.mark.parametrize("kind", KINDS)
def test_what_is_kept_locked_opens_in_twenty_years(world: World, kind: str) -> None:
    Locksmith(kind).write(world.home)
    world.settle('locked = "encrypted"')
    world.export(codes=(0,))
    folder = world.archive / "Notes/iCloud/Kept"
    assert not [secret for secret in SECRETS if secret in world.everything()]
    guide = (Path(__file__).parents[3] / "docs/how-to/archive-locked-notes.md").read_text()
    script = guide.split("```python\n")[1].split("```")[0]
    script = script.replace("getpass.getpass()", repr(PASSWORD))
    command = [sys.executable, "-c", script, folder / "Hidden.locked.json", world.root / "out"]
    subprocess.run(command, check=True, capture_output=True)
    opened = [path.read_bytes() for path in (world.root / "out").iterdir()]
    assert PICTURE in opened
    assert LARGE in opened
    assert DRAWING in opened
    assert PAGE in opened
    assert any(b"sloe.example" in one for one in opened)
    assert any(b"Hidden" in one for one in opened)


def test_a_damaged_attachment_costs_a_line_and_not_the_note(
    tmp_path: Path, read: Callable[..., Item]
) -> None:
    smith = Locksmith("v1")
    write = smith.write

    def harmed(home: Path) -> None:
        write(home)
        for path in (home / GROUP).rglob("Media/*/*/*"):
            path.write_bytes(path.read_bytes()[:-3] + b"odd")

    smith.write = harmed  # type: ignore[method-assign]
    item = read(smith, "plain", PASSWORD)
    reasons = [one for one in content(item).values() if isinstance(one, str)]
    assert any("what it locks is damaged" in one for one in reasons)
    assert "12 paces" in page(item)


def test_a_file_that_nobody_locked_is_taken_as_it_is(read: Callable[..., Item]) -> None:
    smith = Locksmith("neo")
    write = smith.write

    def opened(home: Path) -> None:
        write(home)
        (there,) = (home / GROUP).rglob(f"Media/{identifier('Mphoto')}/*/*")
        there.write_bytes(PICTURE)

    smith.write = opened  # type: ignore[method-assign]
    item = read(smith, "plain", PASSWORD)
    assert content(item)[" - under.jpeg"] == PICTURE
