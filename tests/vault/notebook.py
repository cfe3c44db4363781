"""A made-up Notes app, a vault, and a person who uses both; for tests of `obsidian`."""

import contextlib
import json
import re
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import unquote

from rootcellar.api import Capture, FoundStore
from rootcellar.archive.disk import Disk
from rootcellar.engine.opening import open_archive
from rootcellar.engine.running import Order, run
from rootcellar.engine.task import Task
from rootcellar.sample.notes_bodies import body, style
from rootcellar.sample.notes_content import CLOUD, _Builder, _object, identifier
from rootcellar.sample.notes_store import NEW, NotesStore
from rootcellar.state.store import StateStore
from rootcellar.vault.archived import Archived, Choice
from rootcellar.vault.report import VaultReport
from rootcellar.vault.syncing import Aim, Sync
from rootcellar.views import Views
from rootcellar_notes import Notes

FOLDER = "Apple Notes"
NEWER = " (from Apple Notes)"
PIXEL = b"\x89PNG\r\n\x1a\n made up "
sys.setrecursionlimit(10_000)


@dataclass
class Note:
    """A note as the app has it."""

    title: str
    folder: str = "Notes"
    text: str = ""
    tag: str = ""
    links: tuple[str, ...] = ()
    picture: bytes = b""
    trashed: bool = False
    revision: int = 1


@dataclass
class Notebook:
    """The app, the archive and the vault, in a folder of a test's."""

    root: Path
    notes: dict[str, Note] = field(default_factory=dict)
    template: Path | None = None
    written: datetime = datetime(2026, 1, 1, tzinfo=UTC)

    @property
    def vault(self) -> Path:
        return self.root / "vault"

    def page(self, title: str) -> Path:
        """Return the one page with this name."""
        (found,) = self.vault.rglob(f"{title}.md")
        return found

    def pages(self) -> list[str]:
        return sorted(
            path.relative_to(self.vault).as_posix()
            for path in self.vault.rglob("*.md")
            if not any(part.startswith(".") for part in path.relative_to(self.vault).parts)
        )

    # -- the app -----------------------------------------------------------------------------

    def write_store(self) -> Path:
        """Write the app's store anew, as the notes are now."""
        self.written += timedelta(minutes=1)
        builder = _Builder(NotesStore(NEW, written=self.written))
        builder.accounts[CLOUD] = builder.store.add(
            "ICAccount", IDENTIFIER=CLOUD, NAME="iCloud", ACCOUNTTYPE=1
        )
        folders = {"Notes": builder.folder("Notes", name=f"DefaultFolder-{CLOUD}")}
        trash = builder.folder("Recently Deleted", name=f"TrashFolder-{CLOUD}", FOLDERTYPE=1)
        for title in sorted({note.folder for note in self.notes.values()} - {"Notes"}):
            folders[title] = builder.folder(title)
        for name, note in self.notes.items():
            pk = folders[note.folder] if not note.trashed else trash
            self._add(builder, name, note, pk)
        container = self.root / "group.com.apple.notes"
        if container.exists():
            for path in sorted(container.rglob("*"), reverse=True):
                path.rmdir() if path.is_dir() else path.unlink()
            container.rmdir()
        builder.store.write(container)
        return container

    def _add(self, builder: _Builder, name: str, note: Note, folder: int) -> None:
        runs = [(f"{note.title}\n", style(0)), (f"{note.text}\n", style())]
        for number, other in enumerate(note.links):
            url = f"applenotes:note/{identifier(other).lower()}"
            runs.append(builder.inline(f"{name} link {number}", "link", f"see {other}", url))
            runs.append(("\n", style()))
        if note.tag:
            runs.append(builder.inline(f"{name} tag", "hashtag", f"#{note.tag}", note.tag.upper()))
        if note.picture:
            runs.append(_object(f"{name} picture", "public.png"))
        pk = builder.note(note.title, folder, [], name=name)
        builder.store.rows[pk - 1]["ZMODIFICATIONDATE"] = 700_000_000 + note.revision
        builder.store.add_text(pk, body(*runs))
        builder.settle(pk)
        if note.picture:
            image = builder.media(f"{name} {len(note.picture)}", "image.png", note.picture)
            builder.attach(pk, f"{name} picture", "public.png", MEDIA=image, TITLE="image.png")

    # -- rootcellar --------------------------------------------------------------------------

    def export(self) -> None:
        """Bring the archive up to date with the app."""
        container = self.write_store()
        views = Views(None, (Notes(),))

        @contextlib.contextmanager
        def task() -> Iterator[Task]:
            scratch = self.root / "scratch"
            scratch.mkdir(exist_ok=True)
            stores = (FoundStore(Notes.reads[0], container),)
            capture = Capture(self.root, stores, scratch, Notes.settings())
            yield Task(Notes(), capture, views.page, "", "1", accept_losses=True)

        order = Order(self.root / "archive", {"notes": task}, {"Notes": "notes"})
        with StateStore(self.root / "state.sqlite") as state:
            report = run(order, state)
        assert report.outcome == "ok", report

    def sync(self, *, restore_deleted: bool = False, **choice: Any) -> VaultReport:
        """Bring the vault up to date with the archive."""
        self.vault.mkdir(exist_ok=True)
        views = Views(self.template, (Notes(),))

        def render(variables: Mapping[str, Any]) -> bytes:
            return views.render("obsidian/note.md", **variables)

        with (
            StateStore(self.root / "state.sqlite") as state,
            open_archive(self.root / "archive", state) as opened,
            contextlib.closing(Disk(self.vault)) as disk,
        ):
            assert Notes.vault_pages is not None
            archived = Archived(opened.disk, state, opened.row, "notes", Notes.vault_pages)
            aim = Aim(FOLDER, Choice(**choice), views.digest_of("obsidian"), restore_deleted)
            return Sync(disk, archived, render, aim).run()

    def both(self) -> VaultReport:
        """Export and sync, as the command does."""
        self.export()
        return self.sync()


# -- checking a vault --------------------------------------------------------------------------

_WIKILINK = re.compile(r"\[\[([^\]\n]+?)\]\]")
_LINK = re.compile(r"(?<!\\)\]\(([^)\n]+)\)")


def dangling(vault: Path) -> list[str]:
    """Return every link and embed of a vault that leads nowhere, as Obsidian would follow it."""
    files = [
        path.relative_to(vault).as_posix()
        for path in vault.rglob("*")
        if path.is_file() and not path.relative_to(vault).parts[0].startswith(".")
    ]
    whole = {path.casefold() for path in files}
    names = {path.rpartition("/")[2].casefold() for path in files}
    wrong = []
    for path in files:
        if not path.endswith(".md"):
            continue
        text = (vault / path).read_text()
        targets = [re.split(r"\\?\|", one)[0] for one in _WIKILINK.findall(text)]
        targets += [unquote(one) for one in _LINK.findall(text) if "://" not in one]
        for target in targets:
            wanted = [target.casefold(), f"{target.casefold()}.md"]
            known = whole if "/" in target else names
            if not any(one in known for one in wanted):
                wrong.append(f"{path}: {target}")
    return wrong


def identifiers(vault: Path) -> list[str]:
    """Return the note that each page says it is."""
    found: list[str] = []
    for path in vault.rglob("*.md"):
        properties = path.read_text().split("\n---", 1)[0].splitlines()
        lines = [line for line in properties if line.startswith("apple-notes-id: ")]
        found += [json.loads(line.partition(": ")[2]) for line in lines]
    return sorted(found)
