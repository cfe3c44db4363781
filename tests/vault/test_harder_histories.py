"""Years of one vault once more, with all that people do to a vault besides; judged more strictly.

Whatever happens, a run may break no link that led somewhere before it, and may change no file that
is the person's.
"""

import json
import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from notebook import FOLDER, Notebook, identifiers
from test_histories import HISTORIES, STEPS, Year

from rootcellar.sample.notes_content import identifier
from rootcellar.vault.linking import targets_of, targets_of_canvas

pytestmark = pytest.mark.faults
Bytes = dict[str, bytes]


def contents(vault: Path) -> Bytes:
    """Return every file of a vault that Obsidian shows, by its path."""
    found = {}
    for path in vault.rglob("*"):
        parts = path.relative_to(vault).parts
        if path.is_file() and not any(part.startswith(".") for part in parts):
            found["/".join(parts)] = path.read_bytes()
    return found


def follow(files: Bytes, page: str, target: str) -> str | None:
    """Return the file a link leads to: by its path, from the page, or by its name alone."""
    folded = {path.casefold(): path for path in files}
    folder = page.rpartition("/")[0]
    wanted = target.casefold().lstrip("/")
    for ending in ("", ".md"):
        for whole in (wanted, f"{folder}/{wanted}".casefold()):
            if whole + ending in folded:
                return folded[whole + ending]
    for path in sorted(files):
        if f"/{path}".casefold().endswith((f"/{wanted}", f"/{wanted}.md")):
            return path
    return None


def broken(files: Bytes) -> set[tuple[str, str]]:
    """Return (page, target) of every link and embed that leads nowhere."""
    found = set()
    for page, data in files.items():
        if page.endswith(".canvas"):
            targets = list(targets_of_canvas(data.decode()))
        elif page.endswith(".md"):
            targets = list(targets_of(data.decode()))
        else:
            continue
        found |= {(page, one) for one in targets if follow(files, page, one) is None}
    return found


class HarderYear(Year):
    """A year with more in it; `theirs` are files that the person made or changed, as they are."""

    def __init__(self, book: Notebook, seed: int) -> None:
        super().__init__(book, seed)
        self.theirs: Bytes = {}
        self.may_be_twice = False

    def actions(self) -> list[Callable[[], None]]:
        more = [self.show_on_canvas, self.link_shortly, self.rename_here, self.annotate]
        more += [self.use_and_rename] * 3
        return [*super().actions(), *more, self.lose_journal, self.rename_folder, self.duplicate]

    def step(self) -> None:
        for _ in range(self.random.randint(3, 6)):
            self.random.choice(self.actions())()

    def files(self) -> Bytes:
        return contents(self.book.vault)

    def act(self) -> None:
        """Do two or three things, and take down what is the person's by now."""
        before = self.files()
        self.step()
        after = self.files()
        self.theirs = {path: after[path] for path in self.theirs if path in after}
        self.theirs |= {
            path: data
            for path, data in after.items()
            if before.get(path) != data and (path in before or data not in before.values())
        }

    def some_path(self) -> str | None:
        page = self.some_page()
        return page.relative_to(self.book.vault).as_posix() if page else None

    def show_on_canvas(self) -> None:
        if path := self.some_path():
            self.made += 1
            canvas = {"nodes": [{"type": "file", "file": path}], "edges": []}
            (self.book.vault / f"Board {self.made}.canvas").write_text(json.dumps(canvas))

    def link_shortly(self) -> None:
        if path := self.some_path():
            self.made += 1
            name = path.rpartition("/")[2].removesuffix(".md")
            (self.book.vault / f"Short {self.made}.md").write_text(f"[[{name}]]\n")

    def use_and_rename(self) -> None:
        """Link to a page, or show it on a canvas, and rename its note in Notes."""
        names = {identifier(name): name for name in self.book.notes}
        pages = [(path, names.get(self.note_of(path), "")) for path in self.book.pages()]
        pages = [(path, name) for path, name in pages if name]
        if not pages:
            return
        path, name = self.random.choice(pages)
        self.made += 1
        if self.random.random() < 0.5:
            canvas = {"nodes": [{"type": "file", "file": path}], "edges": []}
            (self.book.vault / f"Board {self.made}.canvas").write_text(json.dumps(canvas))
        else:
            short = self.random.choice((path, path[:-3], path.rpartition("/")[2][:-3]))
            (self.book.vault / f"Own {self.made}.md").write_text(f"[[{short}]]\n")
        note = self.book.notes[name]
        title = f"Renamed in Notes {self.made}"
        self.book.notes[name] = replace(note, title=title, revision=note.revision + 1)

    def note_of(self, path: str) -> str:
        """Return the note a page says it is."""
        first = (self.book.vault / path).read_text().partition("\n---")[0]
        lines = [one for one in first.splitlines() if one.startswith("apple-notes-id: ")]
        return str(json.loads(lines[0].partition(": ")[2])) if lines else ""

    def rename_here(self) -> None:
        """Give a page another name where it is; nothing mends the links to it."""
        if path := self.some_path():
            self.made += 1
            new = f"{path.rpartition('/')[0]}/Renamed {self.made}.md".lstrip("/")
            (self.book.vault / path).rename(self.book.vault / new)
            self.typed = {text: new if at == path else at for text, at in self.typed.items()}

    def annotate(self) -> None:
        for picture in sorted(self.book.vault.rglob("*.png"))[:1]:
            self.made += 1
            picture.write_bytes(picture.read_bytes() + b"annotated %d" % self.made)

    def lose_journal(self) -> None:
        for journal in self.book.vault.rglob(".rootcellar"):
            shutil.rmtree(journal)

    def rename_folder(self) -> None:
        here = self.book.vault / FOLDER
        if here.exists():
            self.made += 1
            new = f"Imported {self.made}"
            here.rename(self.book.vault / new)
            prefix = f"{FOLDER}/"
            self.typed = {
                text: f"{new}/{at.removeprefix(prefix)}" if at.startswith(prefix) else at
                for text, at in self.typed.items()
            }

    def duplicate(self) -> None:
        """Make a copy of a page, as Obsidian's menu does: it says that it is the same note."""
        if path := self.some_path():
            self.made += 1
            self.may_be_twice = True
            shutil.copy(self.book.vault / path, self.book.vault / f"Copy {self.made}.md")


@pytest.mark.parametrize("seed", range(100, 100 + HISTORIES))
def test_a_run_breaks_no_link_and_changes_nothing_of_the_persons(
    seed: int, tmp_path: Path
) -> None:
    year = HarderYear(Notebook(tmp_path), seed)
    year.book.vault.mkdir()
    for _ in range(STEPS):
        before = year.files()
        year.book.both()
        after = year.files()
        assert broken(after) <= broken(before), broken(after) - broken(before)
        for path, data in year.theirs.items():
            if data == before.get(path) and b"typed" in data:
                assert after.get(path) == data, f"{path} was changed"
        for text in year.typed:
            assert any(text.encode() in data for data in after.values()), f"{text!r} is lost"
        if not year.may_be_twice:
            found = identifiers(year.book.vault)
            assert len(found) == len(set(found)), "two pages of one note"
        year.book.sync()
        assert year.files() == after, "a second run changed something"
        year.act()
