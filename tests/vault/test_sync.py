"""Pages in a vault: brought there, kept up to date, and left alone where they are a person's."""

import json
from pathlib import Path
from typing import Any

import pytest
from notebook import FOLDER, Note, Notebook, dangling, identifiers

from rootcellar.sample.notes_content import identifier
from rootcellar.vault import journal as journals


def test_notes_come_into_the_vault_with_links_and_pictures(notebook: Notebook) -> None:
    report = notebook.both()
    assert (report.new, report.files) == (3, 1)
    page = notebook.page("Apple pie").read_text()
    assert page.startswith(f'---\napple-notes-id: "{identifier("pie")}"\n')
    assert 'tags: ["baking"]' in page
    assert f"[[{FOLDER}/iCloud/Recipes/Apple jam|see jam]]" in page
    assert f"![[{FOLDER}/attachments/Apple pie - image.png]]" in page
    assert not dangling(notebook.vault)
    assert sorted(identifiers(notebook.vault)) == sorted(map(identifier, notebook.notes))


def test_a_second_run_writes_nothing(notebook: Notebook) -> None:
    notebook.both()
    before = {path: path.stat().st_mtime_ns for path in notebook.vault.rglob("*.md")}
    report = notebook.both()
    assert (report.unchanged, report.new, report.changed, report.files) == (3, 0, 0, 0)
    assert {path: path.stat().st_mtime_ns for path in notebook.vault.rglob("*.md")} == before


def test_a_note_changed_in_notes_is_changed_in_the_vault(notebook: Notebook) -> None:
    notebook.both()
    notebook.notes["jam"] = Note("Apple jam", "Recipes", "Stir well", revision=2)
    report = notebook.both()
    assert (report.changed, report.unchanged) == (1, 2)
    assert "Stir well" in notebook.page("Apple jam").read_text()


def test_a_renamed_note_takes_its_page_and_the_links_to_it_along(notebook: Notebook) -> None:
    notebook.both()
    notebook.notes["jam"] = Note("Quince jam", "Jars", "Stir", "", ("pie",), revision=2)
    report = notebook.both()
    assert (report.moved, report.changed, report.unchanged) == (1, 1, 1)
    assert f"{FOLDER}/iCloud/Jars/Quince jam.md" in notebook.pages()
    assert "Jars/Quince jam|" in notebook.page("Apple pie").read_text()
    assert len(notebook.pages()) == 3
    assert not dangling(notebook.vault)


def test_a_title_that_only_changes_its_case_leaves_one_page(notebook: Notebook) -> None:
    notebook.both()
    notebook.notes["list"] = Note("SHOPPING", "Notes", "Sugar", revision=2)
    notebook.both()
    assert f"{FOLDER}/iCloud/Notes/SHOPPING.md" in notebook.pages()
    assert len(notebook.pages()) == 3


def test_a_page_that_was_edited_is_never_overwritten(notebook: Notebook) -> None:
    notebook.both()
    page = notebook.page("Shopping")
    page.write_text(page.read_text() + "\nMy own line\n")
    report = notebook.both()
    assert (report.edited, report.beside) == ([f"{FOLDER}/iCloud/Notes/Shopping.md"], [])
    notebook.notes["list"] = Note("Shopping", "Notes", "Sugar and salt", revision=2)
    report = notebook.both()
    assert report.beside == [f"{FOLDER}/iCloud/Notes/Shopping (from Apple Notes).md"]
    assert "My own line" in page.read_text()
    newer = notebook.page("Shopping (from Apple Notes)").read_text()
    assert "Sugar and salt" in newer
    assert "apple-notes-id" not in newer
    assert f"[[{FOLDER}/iCloud/Notes/Shopping]]" in newer
    assert notebook.both().beside == []
    assert not dangling(notebook.vault)


def test_a_newer_version_takes_the_place_of_the_one_before_unless_that_was_edited(
    notebook: Notebook,
) -> None:
    notebook.both()
    page = notebook.page("Shopping")
    page.write_text("mine")
    for revision, text in ((2, "Salt"), (3, "Flour")):
        notebook.notes["list"] = Note("Shopping", "Notes", text, revision=revision)
        notebook.both()
    beside = notebook.page("Shopping (from Apple Notes)")
    assert "Flour" in beside.read_text()
    beside.write_text("also mine")
    notebook.notes["list"] = Note("Shopping", "Notes", "Yeast", revision=4)
    notebook.both()
    assert beside.read_text() == "also mine"
    assert "Yeast" in notebook.page("Shopping (from Apple Notes) 2").read_text()


def test_a_page_that_takes_the_newer_version_over_is_kept_up_to_date_again(
    notebook: Notebook,
) -> None:
    notebook.both()
    page = notebook.page("Shopping")
    before = page.read_bytes()
    page.write_text("mine")
    assert notebook.sync().edited
    page.write_bytes(before)
    assert not notebook.sync().edited
    notebook.notes["list"] = Note("Shopping", "Notes", "Yeast", revision=2)
    assert notebook.both().changed == 1


def test_a_page_moved_in_obsidian_is_followed(notebook: Notebook) -> None:
    notebook.both()
    (notebook.vault / "Kitchen").mkdir()
    notebook.page("Apple jam").rename(notebook.vault / "Kitchen/Jam.md")
    report = notebook.both()
    assert report.changed == 2  # the page that links to it, and its own alias
    assert "[[Kitchen/Jam|see jam]]" in notebook.page("Apple pie").read_text()
    notebook.notes["jam"] = Note("Quince jam", "Jars", "Stir", "", ("pie",), revision=2)
    notebook.both()
    assert "Stir" in (notebook.vault / "Kitchen/Jam.md").read_text()
    assert 'aliases: ["Quince jam"]' in (notebook.vault / "Kitchen/Jam.md").read_text()
    assert len(notebook.pages()) == 3
    assert not dangling(notebook.vault)


def test_pages_that_change_places_in_obsidian_are_followed_at_once(notebook: Notebook) -> None:
    notebook.notes = {
        "jam": Note("Jam", "Notes", "stir", "", ("pie",)),
        "pie": Note("Pie", "Notes", "bake it", "", ("jam",)),
    }
    notebook.both()
    jam, pie = notebook.page("Jam"), notebook.page("Pie")
    jam.rename(notebook.vault / "away")
    pie.rename(jam)
    (notebook.vault / "away").rename(pie)
    report = notebook.sync()
    assert (report.deleted, report.new) == ([], 0)
    assert ("stir" in pie.read_text(), "bake" in jam.read_text()) == (True, True)
    assert "Notes/Pie|see jam]]" in jam.read_text()
    assert notebook.sync().unchanged == 2


def test_a_page_deleted_in_obsidian_is_not_made_again_unless_asked_for(
    notebook: Notebook,
) -> None:
    notebook.both()
    notebook.page("Apple jam").unlink()
    report = notebook.both()
    assert (report.deleted, report.new) == (["Apple jam"], 0)
    assert not dangling(notebook.vault)
    notebook.notes["jam"] = Note("Apple jam", "Recipes", "Stir more", revision=2)
    assert notebook.both().deleted == ["Apple jam"]
    report = notebook.sync(restore_deleted=True)
    assert (report.new, report.deleted) == (1, [])
    assert "Stir more" in notebook.page("Apple jam").read_text()


def test_a_page_taken_out_of_obsidians_trash_is_kept_up_to_date_again(
    notebook: Notebook,
) -> None:
    notebook.both()
    page = notebook.page("Apple jam")
    (notebook.vault / ".trash").mkdir()
    page.rename(notebook.vault / ".trash/Apple jam.md")
    assert notebook.sync().deleted == ["Apple jam"]
    (notebook.vault / ".trash/Apple jam.md").rename(notebook.vault / "Apple jam.md")
    assert notebook.sync().deleted == []
    notebook.notes["jam"] = Note("Apple jam", "Recipes", "Stir more", revision=2)
    notebook.both()
    assert "Stir more" in (notebook.vault / "Apple jam.md").read_text()


def test_a_note_gone_from_notes_stays_in_the_vault_and_says_so(notebook: Notebook) -> None:
    notebook.both()
    del notebook.notes["list"]
    report = notebook.both()
    assert report.gone == 1
    assert "gone: true" in notebook.page("Shopping").read_text()
    assert notebook.both().gone == 0


def test_trashed_notes_come_not_in_and_stay_when_they_are_there(notebook: Notebook) -> None:
    notebook.notes["list"].trashed = True
    assert notebook.both().new == 2
    notebook.notes["jam"].trashed = True
    notebook.notes["jam"].revision = 2
    notebook.both()
    assert "trashed: true" in notebook.page("Apple jam").read_text()
    assert not dangling(notebook.vault)


def test_files_of_others_keep_their_names_and_their_bytes(notebook: Notebook) -> None:
    place = notebook.vault / FOLDER / "iCloud/Notes"
    place.mkdir(parents=True)
    (place / "shopping.md").write_text("my own list")
    (notebook.vault / FOLDER / "attachments").mkdir()
    mine = notebook.vault / FOLDER / "attachments/Apple pie - image.png"
    mine.write_bytes(b"my own picture")
    notebook.both()
    assert (place / "shopping.md").read_text() == "my own list"
    assert mine.read_bytes() == b"my own picture"
    assert len(notebook.pages()) == 4
    assert not dangling(notebook.vault)


def test_a_page_that_something_of_the_persons_links_to_is_not_renamed(
    notebook: Notebook,
) -> None:
    notebook.both()
    (notebook.vault / "Diary.md").write_text("Today: [[Apple jam]]")
    notebook.notes["jam"] = Note("Quince jam", "Recipes", "Stir", "", ("pie",), revision=2)
    report = notebook.both()
    assert report.stayed == [f"{FOLDER}/iCloud/Recipes/Apple jam.md"]
    assert 'aliases: ["Quince jam"]' in notebook.page("Apple jam").read_text()
    assert not dangling(notebook.vault)


def test_equal_titles_and_titles_that_differ_in_case_get_a_page_each(notebook: Notebook) -> None:
    notebook.notes = {
        name: Note(title, text=name)
        for name, title in (("a", "To do"), ("b", "To do"), ("c", "TO DO"), ("d", "To do?"))
    }
    notebook.both()
    assert len({page.casefold() for page in notebook.pages()}) == 4
    assert notebook.both().unchanged == 4


@pytest.mark.parametrize(
    ("setting", "place"),
    [
        ("/", "Apple pie - image.png"),
        ("./", f"{FOLDER}/iCloud/Recipes/Apple pie - image.png"),
        ("./files", f"{FOLDER}/iCloud/Recipes/files/Apple pie - image.png"),
        ("Media/Notes", "Media/Notes/Apple pie - image.png"),
        *(
            (odd, f"{FOLDER}/attachments/Apple pie - image.png")
            for odd in (17, "../out", "Media/../../out", "./../../../../out", ".hidden", "a\0b")
        ),
    ],
)
def test_attachments_go_where_the_vault_says(setting: Any, place: str, notebook: Notebook) -> None:
    (notebook.vault / ".obsidian").mkdir(parents=True)
    app = notebook.vault / ".obsidian/app.json"
    app.write_text(json.dumps({"attachmentFolderPath": setting}))
    notebook.both()
    assert (notebook.vault / place).read_bytes() == b"picture 1"
    assert not dangling(notebook.vault)


def test_a_lost_journal_makes_no_duplicates(notebook: Notebook) -> None:
    notebook.both()
    edited = notebook.page("Shopping")
    edited.write_text(edited.read_text() + "mine")
    before = notebook.pages()
    (notebook.vault / FOLDER / ".rootcellar/vault.json").unlink()
    report = notebook.both()
    assert notebook.pages() == before
    assert (report.unchanged, report.new, report.files) == (2, 0, 0)
    assert report.edited == [f"{FOLDER}/iCloud/Notes/Shopping.md"]
    notebook.notes["jam"] = Note("Apple jam", "Recipes", "Stir more", revision=2)
    assert notebook.both().changed == 1


def test_a_page_of_another_importer_is_recognised_and_left_alone(notebook: Notebook) -> None:
    notebook.vault.mkdir()
    page = notebook.vault / "Imported.md"
    page.write_text(f"---\napple-notes-id: {identifier('jam').lower()}\n---\nStir\n")
    report = notebook.both()
    assert (report.new, report.edited, report.beside) == (2, ["Imported.md"], [])
    assert "[[Imported|see jam]]" in notebook.page("Apple pie").read_text()
    assert not dangling(notebook.vault)


def test_only_what_is_chosen_comes_in(notebook: Notebook) -> None:
    notebook.export()
    assert notebook.sync(tags=("#Baking",)).new == 1
    assert notebook.sync(folders=("recipes",), not_tags=("baking",)).new == 1
    assert notebook.sync(not_folders=("Recipes",), accounts=("icloud",)).new == 1
    assert notebook.sync(accounts=("elsewhere",)).unchanged == 3


def test_a_changed_template_renders_every_page_again(notebook: Notebook, tmp_path: Path) -> None:
    notebook.both()
    notebook.template = tmp_path / "templates"
    (notebook.template / "obsidian").mkdir(parents=True)
    own = (
        "---\napple-notes-id: {{ record.identifier | yaml }}\n---\nMy page of {{ record.title }}\n"
    )
    (notebook.template / "obsidian/note.md").write_text(own)
    assert notebook.sync().changed == 3
    assert "My page of Apple jam" in notebook.page("Apple jam").read_text()


class Killed(BaseException):
    """Stands for a kill: nothing after it is done."""


@pytest.mark.parametrize("step", range(20))
def test_a_run_that_is_cut_off_anywhere_is_finished_by_the_next(
    step: int, notebook: Notebook, monkeypatch: pytest.MonkeyPatch
) -> None:
    notebook.both()
    mine = notebook.page("Shopping")
    mine.write_text("mine")
    notebook.notes["jam"] = Note("Quince jam", "Jars", "Stir", "", ("pie",), b"new", revision=2)
    notebook.notes["list"] = Note("Shopping", "Notes", "Salt", revision=2)
    notebook.notes["new"] = Note("New", "Notes", "Here", "", ("jam",))
    notebook.export()
    left = [step]

    def counted(call: Any) -> Any:
        def counting(self: Any, *arguments: Any) -> Any:
            if left[0] == 0:
                raise Killed
            left[0] -= 1
            return call(self, *arguments)

        return counting

    with monkeypatch.context() as patch:
        for name in ("rename", "rename_to_free", "exchange", "unlink", "flush"):
            patch.setattr(journals.Disk, name, counted(getattr(journals.Disk, name)))
        try:
            notebook.sync()
        except Killed:
            pass
        else:
            assert step > 8
    notebook.sync()
    assert notebook.sync().unchanged == 3
    assert mine.read_text() == "mine"
    assert "Salt" in notebook.page("Shopping (from Apple Notes)").read_text()
    assert len(notebook.pages()) == 5
    assert not dangling(notebook.vault)
    assert len(set(identifiers(notebook.vault))) == len(identifiers(notebook.vault)) == 3
