"""Vaults as people have them: linked folders, canvases, folders renamed, journals lost."""

import json
import shutil
from dataclasses import replace
from typing import Any

from notebook import FOLDER, Notebook, dangling, identifiers

from rootcellar.vault.linking import targets_of_canvas


def change(notebook: Notebook, name: str, **values: Any) -> None:
    note = notebook.notes[name]
    notebook.notes[name] = replace(note, revision=note.revision + 60, **values)


def texts(notebook: Notebook) -> str:
    return "\n".join((notebook.vault / page).read_text() for page in notebook.pages())


def test_a_linked_folder_that_goes_round_in_a_circle_does_no_harm(notebook: Notebook) -> None:
    notebook.vault.mkdir()
    (notebook.vault / "around").symlink_to(".")
    (notebook.vault / "nowhere").symlink_to("not there")
    assert notebook.both().new == 3
    assert notebook.both().unchanged == 3


def test_pages_in_a_linked_folder_are_kept_up_to_date(notebook: Notebook) -> None:
    elsewhere = notebook.root / "elsewhere"
    elsewhere.mkdir()
    notebook.vault.mkdir()
    (notebook.vault / FOLDER).symlink_to(elsewhere)
    (notebook.vault / "Also").symlink_to(elsewhere)
    assert notebook.both().new == 3
    change(notebook, "jam", text="Stir slowly")
    report = notebook.both()
    assert (report.changed, report.unchanged, report.deleted) == (1, 2, [])
    assert "Stir slowly" in (elsewhere / "iCloud/Recipes/Apple jam.md").read_text()


def test_a_page_that_a_canvas_shows_keeps_its_name(notebook: Notebook) -> None:
    notebook.both()
    page = notebook.page("Apple pie")
    path = page.relative_to(notebook.vault).as_posix()
    canvas = notebook.vault / "Board.canvas"
    canvas.write_text(json.dumps({"nodes": [{"type": "file", "file": path}], "edges": []}))
    change(notebook, "pie", title="Apple tart")
    assert notebook.both().stayed == [path]
    assert page.exists()
    canvas.unlink()
    assert notebook.both().moved == 1
    assert notebook.page("Apple tart").exists()


def test_a_canvas_shows_files_and_texts_with_links() -> None:
    nodes = [{"type": "file", "file": "a/b.md"}, {"type": "text", "text": "see [[c|d]]"}, {}]
    assert list(targets_of_canvas(json.dumps({"nodes": nodes}))) == ["a/b.md", "c"]
    for odd in ("", "[]", '{"nodes": 1}', '{"nodes": [1]}'):
        assert list(targets_of_canvas(odd)) == []


def test_a_page_goes_along_as_soon_as_nothing_links_to_it(notebook: Notebook) -> None:
    notebook.both()
    own = notebook.vault / "Own.md"
    own.write_text("[[Apple pie]]")
    change(notebook, "pie", title="Apple tart")
    assert len(notebook.both().stayed) == 1
    own.write_text("nothing")
    report = notebook.both()
    assert (report.moved, report.stayed) == (1, [])
    assert notebook.page("Apple tart").exists()
    assert not dangling(notebook.vault)


def test_pages_follow_when_the_folder_of_the_notes_is_renamed(notebook: Notebook) -> None:
    notebook.both()
    (notebook.vault / FOLDER).rename(notebook.vault / "Imported")
    notebook.both()
    assert all(page.startswith("Imported/") for page in notebook.pages())
    assert not dangling(notebook.vault)
    change(notebook, "jam", text="Stir slowly", title="Quince jam")
    report = notebook.both()
    assert (report.moved, report.edited, report.beside) == (1, [], [])
    assert report.folder == "Imported"
    assert (notebook.vault / "Imported/iCloud/Recipes/Quince jam.md").exists()
    assert not (notebook.vault / FOLDER).exists()
    assert len(list(notebook.vault.rglob("*.png"))) == 1
    assert not dangling(notebook.vault)


def test_after_a_lost_journal_what_changed_meanwhile_comes_beside(notebook: Notebook) -> None:
    notebook.both()
    shutil.rmtree(notebook.vault / FOLDER / ".rootcellar")
    change(notebook, "jam", text="Stir slowly")
    report = notebook.both()
    assert report.beside == [f"{FOLDER}/iCloud/Recipes/Apple jam (from Apple Notes).md"]
    assert "Stir slowly" in texts(notebook)
    assert notebook.both().beside == []
    assert len(identifiers(notebook.vault)) == 3


def test_after_a_lost_journal_a_page_that_was_edited_alone_gets_none_beside(
    notebook: Notebook,
) -> None:
    notebook.both()
    shutil.rmtree(notebook.vault / FOLDER / ".rootcellar")
    page = notebook.page("Apple jam")
    page.write_text(page.read_text() + "\nmine\n")
    report = notebook.both()
    assert (len(report.edited), report.beside) == (1, [])
