"""Made-up years of one vault: someone uses Notes, and Obsidian, and neither knows of the other."""

import os
import random
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from notebook import NEWER, Note, Notebook, dangling, identifiers

from rootcellar.sample.notes_content import identifier

pytestmark = pytest.mark.faults
MANY = os.environ.get("ROOTCELLAR_FAULTS") == "all"
HISTORIES = int(os.environ.get("ROOTCELLAR_HISTORIES", 60 if MANY else 6))
STEPS = 9
LONG = "x" * 200
TITLES = ("To do", "to do", "Apple pie", "Pie: the best?", "[[Odd]] title", "Résumé", "CON", LONG)
FOLDERS = ("Notes", "Recipes", "recipes 2", "Jars & more")


class Year:
    """One history: changes on both sides, and what must be true after each run."""

    def __init__(self, book: Notebook, seed: int) -> None:
        self.book = book
        self.random = random.Random(seed)
        self.made = 0
        self.typed: dict[str, str] = {}
        """Texts that the person typed in Obsidian, with the page in which each must be found."""
        self.deleted: set[str] = set()
        self.refused = ""
        """Newer versions that the person has deleted."""
        for _ in range(4):
            self.write()

    def step(self) -> None:
        """Do two or three things, on either side."""
        for _ in range(self.random.randint(1, 3)):
            self.random.choice(self.actions())()

    def actions(self) -> list[Callable[[], None]]:
        in_notes = [self.write, self.rewrite, self.rename, self.move, self.retag, self.trash]
        in_notes += [self.delete, self.link, self.draw]
        return [*in_notes, self.edit, self.edit, self.shift, self.throw_away, self.own, self.redo]

    # -- in Notes ----------------------------------------------------------------------------

    def one(self) -> str | None:
        names = sorted(self.book.notes)
        return self.random.choice(names) if names else None

    def change(self, **values: object) -> None:
        if name := self.one():
            note = self.book.notes[name]
            self.book.notes[name] = replace(note, revision=note.revision + 1, **values)  # type: ignore[arg-type]

    def write(self) -> None:
        self.made += 1
        others = tuple(name for name in [self.one()] if name)
        title, folder = self.random.choice(TITLES), self.random.choice(FOLDERS)
        self.book.notes[f"note {self.made}"] = Note(title, folder, f"text {self.made}", "", others)

    def rewrite(self) -> None:
        self.made += 1
        self.change(text=f"text {self.made}")

    def rename(self) -> None:
        self.change(title=self.random.choice(TITLES))

    def move(self) -> None:
        self.change(folder=self.random.choice(FOLDERS))

    def retag(self) -> None:
        self.change(tag=self.random.choice(("", "baking", "a/b")))

    def trash(self) -> None:
        self.change(trashed=self.random.random() < 0.5)

    def delete(self) -> None:
        name = self.one()
        if name and len(self.book.notes) > 1:
            del self.book.notes[name]

    def link(self) -> None:
        if name := self.one():
            self.change(links=(name,))

    def draw(self) -> None:
        self.made += 1
        self.change(picture=b"picture" * self.made)

    # -- in Obsidian -------------------------------------------------------------------------

    def some_page(self) -> Path | None:
        pages = self.book.pages()
        return self.book.vault / self.random.choice(pages) if pages else None

    def edit(self) -> None:
        if page := self.some_page():
            self.made += 1
            self.typed[f"typed {self.made}."] = page.relative_to(self.book.vault).as_posix()
            page.write_text(f"{page.read_text()}\ntyped {self.made}.\n")

    def shift(self) -> None:
        """Move a page to another folder; Obsidian then mends every link to it."""
        page = self.some_page()
        if page is None:
            return
        self.made += 1
        old = page.relative_to(self.book.vault).as_posix()
        new = f"Mine/Moved {self.made}.md"
        (self.book.vault / new).parent.mkdir(exist_ok=True)
        page.rename(self.book.vault / new)
        self.typed = {text: new if at == old else at for text, at in self.typed.items()}
        for other in self.book.pages():
            path = self.book.vault / other
            text = path.read_text()
            mended = text.replace(f"[[{old[:-3]}|", f"[[{new[:-3]}|")
            mended = mended.replace(f"[[{old[:-3]}]]", f"[[{new[:-3]}]]")
            if mended != text:
                path.write_text(mended)

    def throw_away(self) -> None:
        page = self.some_page()
        if page is None:
            return
        old = page.relative_to(self.book.vault).as_posix()
        self.deleted |= {old[:-3].casefold()}
        if NEWER in old:
            self.refused += page.read_text()
        self.typed = {text: at for text, at in self.typed.items() if at != old}
        page.unlink()

    def own(self) -> None:
        """Write a page of one's own, which links to another."""
        self.made += 1
        target = self.some_page()
        link = f"[[{target.relative_to(self.book.vault).as_posix()[:-3]}]]" if target else ""
        (self.book.vault / "Mine").mkdir(parents=True, exist_ok=True)
        path = f"Mine/Own {self.made}.md"
        self.typed[f"typed {self.made}."] = path
        (self.book.vault / path).write_text(f"typed {self.made}. {link}\n")

    def redo(self) -> None:
        """Change the template: every page comes out otherwise."""
        folder = self.book.root / f"templates {self.made}"
        (folder / "obsidian").mkdir(parents=True, exist_ok=True)
        self.made += 1
        (folder / "obsidian/note.md").write_text(
            "---\n{% if not newer_than %}\n"
            "apple-notes-id: {{ record.identifier | yaml }}\n{% endif %}\n"
            f"made: {self.made}\n---\n"
            '{{ record | markdown(files, links, "obsidian") }}\n'
        )
        self.book.template = folder

    # -- what must be true -------------------------------------------------------------------

    def check(self) -> None:
        vault = self.book.vault
        for text, page in self.typed.items():
            assert text in (vault / page).read_text(), f"{page} lost {text!r}"
        found = identifiers(vault)
        assert len(found) == len(set(found)), "two pages of one note"
        wrong = [one for one in dangling(vault) if not self._is_theirs(one)]
        assert not wrong, wrong
        self._check_texts()

    def _is_theirs(self, link: str) -> bool:
        """Return whether a link leads nowhere because the person deleted what it led to."""
        page, _, target = link.partition(": ")
        changed = any(at == page for at in self.typed.values())
        return target.casefold() in self.deleted or changed

    def _check_texts(self) -> None:
        """Require that the latest text of every note is somewhere, unless its page was deleted."""
        texts = [(self.book.vault / page).read_text() for page in self.book.pages()]
        there = set(identifiers(self.book.vault))
        for name, note in self.book.notes.items():
            if not note.trashed and identifier(name) in there:
                assert any(
                    f"{note.text}\n" in text or f"{note.text}  \n" in text
                    for text in [*texts, self.refused]
                )


@pytest.mark.parametrize("seed", range(HISTORIES))
def test_no_text_is_lost_no_page_comes_twice_and_no_link_leads_nowhere(
    seed: int, tmp_path: Path
) -> None:
    year = Year(Notebook(tmp_path), seed)
    year.book.vault.mkdir()
    for _ in range(STEPS):
        year.book.both()
        year.check()
        again = year.book.sync()
        assert (again.new, again.changed, again.moved, again.beside) == (0, 0, 0, [])
        year.step()
