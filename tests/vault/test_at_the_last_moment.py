"""What a person writes into a vault while a run goes on is never written over."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from notebook import FOLDER, Note, Notebook, dangling

from rootcellar.archive import renaming
from rootcellar.archive.disk import Disk
from rootcellar.vault import writing

JUST_NOW = "typed just now\n"


@pytest.fixture
def meanwhile(monkeypatch: pytest.MonkeyPatch) -> Callable[[Callable[[], object]], None]:
    """Return what has something done between a run's last look at the pages and its writing."""

    def arrange(act: Callable[[], object]) -> None:
        really_save = writing.save

        def save(*arguments: object) -> None:
            if len(arguments) > 3 and arguments[3]:
                act()
            really_save(*arguments)  # type: ignore[arg-type]

        monkeypatch.setattr(writing, "save", save)

    return arrange


def texts(notebook: Notebook) -> str:
    return "\n".join((notebook.vault / page).read_text() for page in notebook.pages())


def append(page: Path) -> None:
    page.write_text(page.read_text() + JUST_NOW)


def test_a_page_edited_meanwhile_is_kept_and_the_newer_one_comes_beside(
    notebook: Notebook, meanwhile: Callable[[Callable[[], object]], None]
) -> None:
    notebook.both()
    page = notebook.page("Apple jam")
    notebook.notes["jam"] = Note("Apple jam", "Recipes", "Stir slowly", revision=2)
    notebook.export()
    done: list[None] = []
    meanwhile(lambda: done or done.append(append(page)))  # type: ignore[func-returns-value]
    report = notebook.sync()
    assert page.read_text().endswith(JUST_NOW)
    assert report.busy == [page.relative_to(notebook.vault).as_posix()]
    notebook.sync()
    assert page.read_text().endswith(JUST_NOW)
    assert "Stir slowly" in texts(notebook)


def test_a_page_edited_while_its_note_is_renamed_is_kept(
    notebook: Notebook, meanwhile: Callable[[Callable[[], object]], None]
) -> None:
    notebook.both()
    page = notebook.page("Apple jam")
    notebook.notes["jam"] = Note("Quince jam", "Recipes", "Stir slowly", revision=2)
    notebook.export()
    done: list[None] = []
    meanwhile(lambda: done or done.append(append(page)))  # type: ignore[func-returns-value]
    notebook.sync()
    assert page.read_text().endswith(JUST_NOW)
    notebook.sync()
    assert page.read_text().endswith(JUST_NOW)
    assert "Stir slowly" in texts(notebook)
    assert not dangling(notebook.vault)


def test_a_page_of_the_persons_that_appears_under_the_same_name_is_kept(
    notebook: Notebook, meanwhile: Callable[[Callable[[], object]], None]
) -> None:
    notebook.both()
    notebook.notes["soup"] = Note("Soup", "Notes", "Leek")
    notebook.export()
    own = notebook.vault / FOLDER / "iCloud/Notes/Soup.md"
    meanwhile(lambda: own.write_text(JUST_NOW))
    notebook.sync()
    assert own.read_text() == JUST_NOW
    notebook.sync()
    assert own.read_text() == JUST_NOW
    assert "Leek" in texts(notebook)
    assert not dangling(notebook.vault)


def test_a_file_of_the_persons_that_appears_under_an_attachments_name_is_kept(
    notebook: Notebook, meanwhile: Callable[[Callable[[], object]], None]
) -> None:
    notebook.export()
    own = notebook.vault / FOLDER / "attachments/Apple pie - image.png"

    def draw() -> None:
        own.parent.mkdir(parents=True, exist_ok=True)
        own.write_text(JUST_NOW)

    meanwhile(draw)
    notebook.sync()
    assert own.read_text() == JUST_NOW
    notebook.sync()
    assert own.read_text() == JUST_NOW
    (other,) = (path for path in own.parent.iterdir() if path != own)
    assert other.read_bytes() == notebook.notes["pie"].picture
    assert other.name in notebook.page("Apple pie").read_text()


class PowerCut(BaseException):
    """Ends a run as a power cut does."""


@pytest.mark.parametrize("title", ["Apple jam", "Quince jam"])
@pytest.mark.parametrize("is_cut_off", [False, True])
def test_a_page_edited_at_the_very_moment_at_which_it_is_replaced_is_kept(
    notebook: Notebook, monkeypatch: pytest.MonkeyPatch, title: str, is_cut_off: bool
) -> None:
    notebook.both()
    page = notebook.page("Apple jam")
    notebook.notes["jam"] = Note(title, "Recipes", "Stir slowly", revision=2)
    notebook.export()
    really = Disk.exchange
    done: list[str] = []

    def exchange(disk: Disk, one: str, other: str) -> bool:
        if is_meant := not done and "jam" in other:
            append(notebook.vault / other)
            done.append(other)
        exchanged = really(disk, one, other)
        if is_meant and is_cut_off:
            raise PowerCut
        return exchanged

    with monkeypatch.context() as patch:
        patch.setattr(Disk, "exchange", exchange)
        if is_cut_off:
            with pytest.raises(PowerCut):
                notebook.sync()
            assert not any(
                JUST_NOW in (notebook.vault / one).read_text() for one in notebook.pages()
            )
        else:
            (busy,) = notebook.sync().busy
            assert notebook.vault / busy == page
            assert page.read_text().endswith(JUST_NOW)
    notebook.sync()
    (kept,) = [one for one in notebook.pages() if JUST_NOW in (notebook.vault / one).read_text()]
    assert "Stir slowly" in texts(notebook)
    assert not dangling(notebook.vault)
    assert not list((notebook.vault / FOLDER / ".rootcellar").glob("parts"))
    assert notebook.sync().edited == [kept]


def test_a_page_that_is_moved_when_the_power_goes_is_found_by_the_next_run(
    notebook: Notebook, monkeypatch: pytest.MonkeyPatch
) -> None:
    notebook.both()
    notebook.notes["jam"] = Note("Quince jam", "Recipes", "Stir slowly", revision=2)
    notebook.export()
    really = Disk.rename_to_free

    def rename_to_free(disk: Disk, old: str, new: str) -> None:
        really(disk, old, new)
        raise PowerCut

    with monkeypatch.context() as patch:
        patch.setattr(Disk, "rename_to_free", rename_to_free)
        with pytest.raises(PowerCut):
            notebook.sync()
    report = notebook.sync()
    assert (report.edited, report.deleted) == ([], [])
    assert "Stir slowly" in notebook.page("Quince jam").read_text()
    notebook.notes["jam"] = Note("Plum jam", "Recipes", "Stir slowly", revision=3)
    assert notebook.both().moved == 1, "it is taken for moved by the person"
    assert not dangling(notebook.vault)


@pytest.mark.parametrize("functions", [None, lambda *_: -1])
def test_a_file_system_that_cannot_exchange_files_is_written_as_before(
    notebook: Notebook, monkeypatch: pytest.MonkeyPatch, functions: Any
) -> None:
    monkeypatch.setattr(renaming, "_function", lambda: functions)
    monkeypatch.setattr(renaming.ctypes, "get_errno", lambda: 22)
    notebook.both()
    own = notebook.vault / FOLDER / "iCloud/Notes/Soup.md"
    own.write_text(JUST_NOW)
    notebook.notes["jam"] = Note("Quince jam", "Recipes", "Stir slowly", revision=2)
    notebook.notes["list"] = Note("Shopping", "Notes", "Salt", revision=2)
    notebook.notes["soup"] = Note("Soup", "Notes", "Leek")
    report = notebook.both()
    assert (report.new, report.moved) == (1, 1)
    assert "Salt" in texts(notebook)
    assert own.read_text() == JUST_NOW
    assert not dangling(notebook.vault)
    assert notebook.sync().unchanged == 4
