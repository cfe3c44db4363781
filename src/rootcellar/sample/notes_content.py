"""The notes of the sample home: one of every kind, made up.

Two accounts; folders in folders, a smart one and the trash; lists, tables, links, tags, mentions;
a picture, one that is only in iCloud, a drawing, a scan, a recording, a card, a locked note, a
shared one, equal titles, a tombstone; and a note that is only in the log beside the database.
"""

from __future__ import annotations

import base64
import json
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path

from rootcellar.sample.notes_bodies import (
    TableBuilder,
    body,
    gallery,
    note,
    number,
    part,
    recording,
    style,
)
from rootcellar.sample.notes_store import NEW, Layout, NotesStore, seconds
from rootcellar.sample.photos_items import LIBRARY_TIME
from rootcellar.sample.pictures import picture, preview
from rootcellar.sample.shares import share

Runs = list[tuple[str, bytes]]

CLOUD = "C10DC10D-0000-4000-8000-000000000001"
"""The identifier of the iCloud account, and the name of its folder."""
LOCAL = "LocalAccount"
PASSWORD = "keep apples cool"  # noqa: S105 - of a made-up note
"""Opens the locked note."""
INLINE = "com.apple.notes.inlinetextattachment."
TITLE, HEADING, MONO, BULLET, DASH, NUMBER, CHECK = 0, 1, 4, 100, 101, 102, 103
_SEALED = (
    "9PDHsjJ2xst4nJ4mCE+VvyRXyqJmlIgGuoqIiIJzRI6neWKVmrcggTa6BaTqgEBUNYIWp4RikcMBG30XjGnkZfTs"
    "qm5wq10AtL3w7xOkW9xiivx9vyg0fw=="
)
_SEALED_KEY = "E6dLLut2y2JEFr6EcVj4LHmLcRR9pV07"
_SEALED_TAG = "eP/XGTk69GgUA6MEy5Nu+g=="
_SALT, _VECTOR = b"root cellar salt", b"initial vector 1"


def write_notes(container: Path) -> None:
    """Write the container of Notes of the sample home."""
    sample_store(NEW).write(container)


def sample_store(layout: Layout) -> NotesStore:
    """Return the sample's notes in the layout of some systems."""
    builder = _Builder(NotesStore(layout, written=LIBRARY_TIME))
    builder.fill()
    return builder.store


def identifier(text: str) -> str:
    """Return a made-up identifier for a name of up to twelve letters; different for each."""
    digits = text.encode().hex().upper().ljust(24, "0")[:24]
    return f"{digits[:8]}-{digits[8:12]}-4{digits[12:15]}-8{digits[15:18]}-{digits[18:24]}000000"


@dataclass
class _Builder:
    store: NotesStore
    made: int = 0
    accounts: dict[str, int] = field(default_factory=dict)
    waiting: list[dict[str, str]] = field(default_factory=list)

    def when(self) -> datetime:
        """Return the next moment: each thing is made an hour after the one before."""
        self.made += 1
        return LIBRARY_TIME - timedelta(days=40) + timedelta(hours=self.made)

    def fill(self) -> None:
        self.accounts[CLOUD] = self.store.add(
            "ICAccount", IDENTIFIER=CLOUD, NAME="iCloud", ACCOUNTTYPE=1
        )
        self.accounts[LOCAL] = self.store.add(
            "ICAccount", IDENTIFIER=LOCAL, NAME="On My Mac", ACCOUNTTYPE=3
        )
        notes = self.folder("Notes", name=f"DefaultFolder-{CLOUD}")
        trash = self.folder("Recently Deleted", name=f"TrashFolder-{CLOUD}", FOLDERTYPE=1)
        recipes = self.folder("Recipes")
        preserves = self.folder("Preserves", PARENT=recipes)
        query = {"type": "ICQuery", "and": [{"tag": "ORCHARD"}]}
        self.folder("Orchard", FOLDERTYPE=3, SMARTFOLDERQUERYJSON=json.dumps(query))
        here = self.folder("Notes", account=LOCAL, name=f"DefaultFolder-{LOCAL}")
        self.pie(recipes)
        self.storing(preserves)
        self.orchard(notes)
        self.market(notes)
        self.locked(notes)
        self.shared(recipes)
        self.note("Shopping", here, [("Shopping\n", style(TITLE)), ("Jars", style(CHECK))])
        for which in ("first", "second"):
            title = [("To do\n", style(TITLE)), (f"The {which} of two", style())]
            self.note("To do", notes, title, name=f"todo {which}")
        self.note("Old list", trash, [("Old list\n", style(TITLE)), ("Done with", style())])
        gone = self.store.add(
            "ICNote", IDENTIFIER=identifier("tombstone"), FOLDER=trash, TITLE="New Note"
        )
        self.store.rows[gone - 1]["ZMARKEDFORDELETION"] = 1
        self.store.add_text(gone, None)
        self.store.begin_late()
        runs = [("Written last\n", style(TITLE)), ("Only in the log so far", style())]
        self.note("Written last", notes, runs)

    # -- rows --------------------------------------------------------------------------------

    def folder(self, title: str, account: str = CLOUD, name: str = "", **more: str | int) -> int:
        owner = self.accounts[account]
        return self.store.add(
            "ICFolder",
            **{"FOLDERTYPE": 0, "IDENTIFIER": name or identifier(f"F{title}"), **more},
            TITLE=title,
            OWNER=owner,
            ACCOUNT=owner,
        )

    def note(
        self, title: str, folder: int, runs: Runs, name: str = "", **more: str | int | bytes
    ) -> int:
        made = self.when()
        pk = self.store.add(
            "ICNote",
            **{"ISPINNED": 0, "ISPASSWORDPROTECTED": 0, **more},
            IDENTIFIER=identifier(name or title),
            TITLE=title,
            FOLDER=folder,
            ACCOUNT=self.store.rows[folder - 1]["ZOWNER"],
            CREATIONDATE=seconds(made),
            MODIFICATIONDATE=seconds(made + timedelta(minutes=20)),
            FOLDERMODIFICATIONDATE=seconds(made),
        )
        if runs:
            self.store.add_text(pk, body(*runs))
        return pk

    def inline(self, name: str, kind: str, text: str, token: str) -> tuple[str, bytes]:
        """Add a hashtag, mention or link; return the run that stands for it."""
        uti = f"{INLINE}{kind}"
        self.waiting.append(
            {"IDENTIFIER": identifier(name), "TYPEUTI": uti, "ALTTEXT": text,
             "TOKENCONTENTIDENTIFIER": token}
        )  # fmt: skip
        return _object(name, uti)

    def settle(self, note: int) -> None:
        """Give a note the hashtags, mentions and links that were made for its text."""
        for values in self.waiting:
            self.store.add("ICInlineAttachment", **values, NOTE=note)
        self.waiting.clear()

    def attach(self, note: int, name: str, uti: str, **more: str | int | float | bytes) -> int:
        return self.store.add(
            "ICAttachment",
            IDENTIFIER=identifier(name),
            TYPEUTI=uti,
            NOTE=note,
            CREATIONDATE=seconds(self.when()),
            **more,
        )

    def media(self, name: str, file_name: str, data: bytes | None) -> int:
        """Add the file of an attachment; without data it is only in iCloud."""
        made, generation = self.when(), f"1_{identifier(f'G{name}')}"
        more = {"GENERATION": generation} if self.store.layout.generations else {}
        pk = self.store.add(
            "ICMedia", IDENTIFIER=identifier(f"M{name}"), FILENAME=file_name, **more
        )
        if data is not None:
            level = f"{generation}/" if more else ""
            path = f"Media/{identifier(f'M{name}')}/{level}{file_name}"
            self.store.add_file(CLOUD, path, data, made)
        return pk

    # -- notes -------------------------------------------------------------------------------

    def pie(self, folder: int) -> None:
        link = f"applenotes:note/{identifier('Storing').lower()}?ownerIdentifier=me"
        runs: Runs = [
            ("Apple pie\n", style(TITLE)),
            ("For six, and as it should be: ", style()),
            ("cold butter", style() + number(5, 1)),
            (", ", style()),
            ("warm", style() + number(14, 3)),
            (" apples 🍏\n", style()),
            ("What it takes\n", style(HEADING)),
            *_checks(("Apples, 6", True), ("Butter", True), ("Cinnamon", False)),
            ("How\n", style(HEADING)),
            ("Rub butter into flour\n", style(NUMBER)),
            ("Peel\n", style(NUMBER)),
            ("Quarter, core, slice\n", style(BULLET, number(4, 1))),
            ("Bake for 50 minutes\n", style(NUMBER)),
            ("Ovens\n", style(HEADING)),
            _object("pie table", "com.apple.notes.table"),
            ("\n", style()),
            _object("pie picture", "public.jpeg"),
            ("\nKeep the rest as in ", style()),
            self.inline("pie link", "link", "Storing apples", link),
            (". ", style()),
            self.inline("pie tag", "hashtag", "#orchard", "ORCHARD"),
        ]
        pk = self.note("Apple pie", folder, runs, ISPINNED=1)
        self.settle(pk)
        self.attach(pk, "pie table", "com.apple.notes.table", MERGEABLEDATA=_ovens())
        image = self.media("pie", "image.jpeg", picture("bowl"))
        self.attach(pk, "pie picture", "public.jpeg", MEDIA=image, TITLE="image.jpeg")

    def storing(self, folder: int) -> None:
        link = f"applenotes:note/{identifier('Apple pie').lower()}"
        runs: Runs = [
            ("Storing apples\n", style(TITLE)),
            ("Only sound ones, *not* washed; # 1 rule: no bruises\n", style(None, number(8, 1))),
            ("Late kinds keep longest\n", style(DASH)),
            ("temperature = 3  # degrees\n", style(MONO)),
            ("The first to go: ", style()),
            self.inline("store link", "link", "Apple pie", link),
            ("\nAsk ", style()),
            self.inline("store ask", "mention", "@Rosa Quince", "_made_up_user"),
            ("\n", style()),
            _object("store card", "public.url"),
            ("\n", style()),
            _object("store image", "public.jpeg"),
        ]
        pk = self.note("Storing apples", folder, runs, name="Storing")
        self.settle(pk)
        self.attach(pk, "store card", "public.url", TITLE="Apples & pears",
                    SUMMARY="Cool, dark", URLSTRING="https://example.org/apples?k=1")  # fmt: skip
        image = self.media("store", "image.jpeg", picture("cellar"))
        self.attach(pk, "store image", "public.jpeg", MEDIA=image, TITLE="image.jpeg")

    def orchard(self, folder: int) -> None:
        runs: Runs = [
            ("Orchard plan\n", style(TITLE)),
            _object("plan drawing", "com.apple.paper"),
            ("\n", style()),
            _object("plan scan", "com.apple.notes.gallery"),
        ]
        pk = self.note("Orchard plan", folder, runs)
        generations = self.store.layout.generations
        more = {"FALLBACKIMAGEGENERATION": "1_drawn"} if generations else {}
        self.attach(pk, "plan drawing", "com.apple.paper", HANDWRITINGSUMMARY="two rows", **more)
        name = identifier("plan drawing")
        drawn = f"{name}/1_drawn/FallbackImage.jpeg" if generations else f"{name}.jpg"
        self.store.add_file(CLOUD, f"FallbackImages/{drawn}", preview("orchard"), self.when())
        pages = [f"plan page {place}" for place in (1, 2)]
        listed = gallery([identifier(page) for page in pages])
        scan = self.attach(pk, "plan scan", "com.apple.notes.gallery", TITLE="Deed",
                           MERGEABLEDATA=listed)  # fmt: skip
        for page in pages:
            image = self.media(page, f"{page}.jpeg", picture("snow"))
            child = self.attach(
                pk, page, "public.jpeg", MEDIA=image, PARENTATTACHMENT=scan, TITLE=page
            )
            shown = f"{identifier(page)}-1-320x240-0"
            level = {"GENERATION": "1_shown"} if generations else {}
            self.store.add("ICAttachmentPreviewImage", ATTACHMENT=child, IDENTIFIER=shown,
                           WIDTH=320.0, HEIGHT=240.0, **level)  # fmt: skip
            place = f"{shown}/1_shown/Preview.jpeg" if generations else f"{shown}.jpeg"
            self.store.add_file(CLOUD, f"Previews/{place}", preview("snow"), self.when())

    def market(self, folder: int) -> None:
        runs: Runs = [
            ("Market day\n", style(TITLE)),
            _object("market talk", "com.apple.m4a-audio"),
            ("\n", style()),
            _object("market photo", "public.jpeg"),
        ]
        pk = self.note("Market day", folder, runs)
        said = recording([("Rosa", "Two crates left.", 0.0), ("", "Sold.", 2.5)], "Sold out")
        sound = self.media("market talk", "Recording.m4a", b"\0\0\0\x14ftypM4A \0\0\0\0M4A ")
        self.attach(pk, "market talk", "com.apple.m4a-audio", MEDIA=sound, TITLE="Stall",
                    MERGEABLEDATA=said, DURATION=4.0)  # fmt: skip
        away = self.media("market photo", "stall.jpeg", None)
        self.attach(pk, "market photo", "public.jpeg", MEDIA=away, TITLE="stall.jpeg")

    def locked(self, folder: int) -> None:
        pk = self.note("Cellar key", folder, [], ISPASSWORDPROTECTED=1, CRYPTOSALT=_SALT,
                       CRYPTOITERATIONCOUNT=20000, CRYPTOWRAPPEDKEY=base64.b64decode(_SEALED_KEY),
                       PASSWORDHINT="how to keep them", SNIPPET="Under the third flowerpot",
                       WIDGETSNIPPET="Under the third flowerpot")  # fmt: skip
        self.store.add_text(pk, base64.b64decode(_SEALED), CRYPTOINITIALIZATIONVECTOR=_VECTOR,
                            CRYPTOTAG=base64.b64decode(_SEALED_TAG))  # fmt: skip

    def shared(self, folder: int) -> None:
        people = [
            ("Rosa", "Quince", "rosa@example.org", 1),
            ("Ada", "Medlar", "ada@example.org", 3),
        ]
        runs = [("Harvest supper\n", style(TITLE)), ("Bring a chair", style())]
        self.note("Harvest supper", folder, runs, SERVERSHAREDATA=share(people))


def _object(name: str, uti: str) -> tuple[str, bytes]:
    return "\ufffc", style() + part(12, part(1, identifier(name)) + part(2, uti))


def _checks(*items: tuple[str, bool]) -> Runs:
    return [
        (f"{text}\n", style(CHECK, part(5, part(1, bytes(16)) + number(2, int(done)))))
        for text, done in items
    ]


def _ovens() -> bytes:
    table = TableBuilder()
    rows = table.ordered([("r1", "R1"), ("r2", "R2")], ["r1", "r2"])
    columns = table.ordered([("c1", "C1"), ("c2", "C2")], ["c1", "c2"])
    texts = {
        ("C1", "R1"): "Oven",
        ("C2", "R1"): "°C",
        ("C1", "R2"): "gas | 6",
        ("C2", "R2"): "200",
    }
    cells: dict[str, dict[str, bytes]] = {}
    for (column, row), text in texts.items():
        cells.setdefault(column, {})[row] = note([(text, style())])
    return table.build(rows, columns, cells)
