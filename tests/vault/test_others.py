"""A vault in which others are at work: while a run writes, and with files that are no pages."""

from pathlib import Path
from typing import Any

import pytest
from notebook import FOLDER, Note, Notebook, dangling

from rootcellar.archive.layout import RECORDS
from rootcellar.errors import UsageError
from rootcellar.vault import archived, writing


def meanwhile(patch: pytest.MonkeyPatch, act: Any) -> None:
    """Do something when all has been looked at and nothing is renamed yet."""
    really_save = writing.save

    def save(*arguments: Any) -> None:
        really_save(*arguments)
        act()

    patch.setattr(writing, "save", save)


def test_what_is_typed_while_a_run_is_at_work_is_kept(
    notebook: Notebook, monkeypatch: pytest.MonkeyPatch
) -> None:
    notebook.notes = {name: Note(name, "Notes", "one") for name in ("changed", "moved")}
    notebook.both()
    pages = [notebook.page("changed"), notebook.page("moved")]
    notebook.notes["changed"] = Note("changed", "Notes", "two", revision=2)
    notebook.notes["moved"] = Note("away", "Jars", "two", revision=2)
    notebook.export()
    with monkeypatch.context() as patch:
        meanwhile(patch, lambda: [page.write_text(page.read_text() + "mine") for page in pages])
        report = notebook.sync()
    assert sorted(report.busy) == [f"{FOLDER}/iCloud/Notes/{page.name}" for page in pages]
    assert (report.changed, report.moved) == (0, 0)
    assert all("mine" in page.read_text() for page in pages)
    again = notebook.sync()
    assert (len(again.edited), len(again.beside), again.busy) == (2, 2, [])
    assert all("mine" in page.read_text() for page in pages)


def test_a_version_edited_while_a_newer_one_is_laid_is_kept_and_the_newer_one_comes(
    notebook: Notebook, monkeypatch: pytest.MonkeyPatch
) -> None:
    notebook.notes = {"jam": Note("Jam", "Notes", "one")}
    notebook.both()
    notebook.page("Jam").write_text(notebook.page("Jam").read_text() + "mine")
    for text in ("two", "three"):
        notebook.notes["jam"] = Note("Jam", "Notes", text, revision=len(text))
        notebook.export()
        if text == "two":
            (path,) = notebook.sync().beside
    beside = notebook.vault / path
    with monkeypatch.context() as patch:
        meanwhile(patch, lambda: beside.write_text("also mine"))
        report = notebook.sync()
    assert (report.beside, report.busy) == ([], [path])
    (other,) = notebook.sync().beside
    assert beside.read_text() == "also mine"
    assert "three" in (notebook.vault / other).read_text()
    assert notebook.sync().beside == []


def test_files_that_appear_while_a_run_is_at_work_are_kept(
    notebook: Notebook, monkeypatch: pytest.MonkeyPatch
) -> None:
    notebook.notes = {"jam": Note("Jam", "Notes", "one", picture=b"theirs")}
    notebook.export()
    page = notebook.vault / FOLDER / "iCloud/Notes/Jam.md"
    file = notebook.vault / FOLDER / "attachments/Jam - image.png"

    def act() -> None:
        for path in (page, file):
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(b"mine")

    with monkeypatch.context() as patch:
        meanwhile(patch, act)
        report = notebook.sync()
    assert (report.new, report.files, len(report.busy)) == (0, 0, 2)
    assert notebook.sync().new == 1
    assert page.read_bytes() == file.read_bytes() == b"mine"
    assert len(notebook.pages()) == 2
    assert not dangling(notebook.vault)
    assert b"theirs" in [path.read_bytes() for path in file.parent.iterdir()]


def test_an_archive_in_the_vault_is_not_taken_for_pages(notebook: Notebook) -> None:
    notebook.notes = {"jam": Note("Jam", "Notes", "one")}
    notebook.export()
    notebook.vault.mkdir()
    inner = notebook.vault / "Archive"
    (notebook.root / "archive").rename(inner)
    (notebook.root / "archive").symlink_to(inner)
    before = {path: path.read_bytes() for path in inner.rglob("*.md")}
    assert notebook.sync().new == 1
    assert notebook.sync().unchanged == 1
    assert {path: path.read_bytes() for path in inner.rglob("*.md")} == before


def test_links_to_files_and_folders_that_lead_in_circles_do_no_harm(notebook: Notebook) -> None:
    notebook.notes = {"jam": Note("Jam", "Notes", "one"), "pie": Note("Pie", "Notes", "one")}
    notebook.export()
    folder = notebook.vault / FOLDER / "iCloud/Notes"
    folder.mkdir(parents=True)
    kept = notebook.root / "elsewhere.md"
    kept.write_text("mine")
    (folder / "Jam.md").symlink_to(kept)
    (folder / "Pie.md").mkdir()
    for name in ("a", "b"):
        (notebook.vault / name).symlink_to(notebook.vault)
    assert notebook.sync().new == 2
    assert notebook.sync().unchanged == 2
    assert (folder / "Jam.md").is_symlink()
    assert kept.read_text() == "mine"
    assert not list((folder / "Pie.md").iterdir())


def test_a_file_where_a_folder_of_notes_belongs_is_named(notebook: Notebook) -> None:
    notebook.notes = {"jam": Note("Jam", "Notes", "one")}
    notebook.export()
    (notebook.vault / FOLDER).mkdir(parents=True)
    (notebook.vault / FOLDER / "iCloud").write_text("mine")
    with pytest.raises(UsageError, match="iCloud is a file"):
        notebook.sync()
    assert (notebook.vault / FOLDER / "iCloud").read_text() == "mine"


def test_the_records_of_a_folder_are_read_as_often_however_many_notes_it_has(
    notebook: Notebook, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(writing, "BATCH", 2)
    read: list[str] = []
    really = archived.read_lines

    def read_lines(disk: Any, path: str) -> Any:
        read.append(path)
        return really(disk, path)

    monkeypatch.setattr(archived, "read_lines", read_lines)
    notebook.notes = {f"n{number}": Note(f"Note {number}") for number in range(12)}
    notebook.both()
    path = f"Notes/iCloud/Notes/{RECORDS}"
    assert read == [path, path]
    read.clear()
    assert notebook.sync().unchanged == 12
    assert read == [path]


def test_every_page_of_a_batch_is_there(notebook: Notebook, monkeypatch: Any) -> None:
    monkeypatch.setattr(writing, "BATCH", 5)
    notebook.notes = {
        f"n{number}": Note(
            f"Note {number}", "Notes" if number % 2 else "Jars", picture=b"%d" % number
        )
        for number in range(13)
    }
    report = notebook.both()
    assert (report.new, report.files) == (13, 13)
    assert len(notebook.pages()) == 13
    assert not dangling(notebook.vault)
    assert not list(Path(notebook.vault / FOLDER / ".rootcellar").glob("parts/*"))
