"""Links that lead on: in newer versions beside a page, and where Obsidian has mended them."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from notebook import FOLDER, NEWER, Notebook, dangling, identifiers

from rootcellar.vault.linking import Names, plain_digest


def change(notebook: Notebook, name: str, **values: Any) -> None:
    note = notebook.notes[name]
    notebook.notes[name] = replace(note, revision=note.revision + 60, **values)


def edit(page: Path) -> None:
    page.write_text(page.read_text() + "\nmine\n")


def rename_in_obsidian(notebook: Notebook, page: Path, name: str, link: str) -> Path:
    """Rename a page as Obsidian does: every link to it is written anew, as `link`."""
    old = page.relative_to(notebook.vault).as_posix().removesuffix(".md")
    new = notebook.vault / f"{name}.md"
    new.parent.mkdir(exist_ok=True)
    page.rename(new)
    for other in notebook.pages():
        path = notebook.vault / other
        text = path.read_text()
        path.write_text(text.replace(f"[[{old}|", f"[[{link}|"))
    return new


def with_newer_beside(notebook: Notebook) -> Path:
    notebook.both()
    edit(notebook.page("Apple jam"))
    change(notebook, "jam", text="Stir slowly")
    (beside,) = notebook.both().beside
    return notebook.vault / beside


def test_a_version_beside_a_page_follows_what_it_links_to(notebook: Notebook) -> None:
    beside = with_newer_beside(notebook)
    own = notebook.page("Apple jam")
    own.write_text(own.read_text().replace("[[", "("))  # nothing holds the pages it linked to
    change(notebook, "pie", title="Apple tart")
    report = notebook.both()
    assert (report.moved, report.changed, report.beside) == (1, 1, [])
    assert "Recipes/Apple tart" in beside.read_text()
    assert not dangling(notebook.vault)
    again = notebook.sync()
    assert (again.changed, again.unchanged) == (0, 2)


def test_a_version_beside_a_page_shows_no_link_to_a_page_that_was_deleted(
    notebook: Notebook,
) -> None:
    beside = with_newer_beside(notebook)
    notebook.page("Shopping").unlink()
    notebook.sync()
    assert "Shopping" not in beside.read_text()
    assert "mine" in notebook.page("Apple jam").read_text()


def test_a_version_that_the_person_has_changed_is_not_written_again(notebook: Notebook) -> None:
    beside = with_newer_beside(notebook)
    edit(beside)
    text = beside.read_text()
    change(notebook, "pie", title="Apple tart")
    notebook.both()
    assert beside.read_text() == text


def test_the_newer_version_takes_the_place_of_the_page_that_is_deleted_for_it(
    notebook: Notebook,
) -> None:
    beside = with_newer_beside(notebook)
    own = notebook.page("Apple jam")
    own.unlink()
    report = notebook.sync()
    assert report.deleted == []
    assert not beside.exists()
    assert "Stir slowly" in own.read_text()
    assert len(identifiers(notebook.vault)) == 3
    change(notebook, "jam", text="Stir fast")
    assert notebook.both().changed == 1
    assert "Stir fast" in own.read_text()


@pytest.mark.parametrize("link", ["Mine/Jam of plums", "Jam of plums"])
def test_a_page_whose_links_obsidian_has_mended_goes_on_being_ours(
    notebook: Notebook, link: str
) -> None:
    notebook.both()
    rename_in_obsidian(notebook, notebook.page("Apple jam"), "Mine/Jam of plums", link)
    change(notebook, "pie", text="Warm butter")
    report = notebook.both()
    assert (report.edited, report.beside) == ([], [])
    assert "Warm butter" in notebook.page("Apple pie").read_text()
    assert not dangling(notebook.vault)
    again = notebook.sync()
    assert (again.changed, again.unchanged) == (0, 3)


def test_links_as_obsidian_writes_them_are_left_when_nothing_else_has_changed(
    notebook: Notebook,
) -> None:
    notebook.both()
    rename_in_obsidian(notebook, notebook.page("Apple jam"), "Mine/Jam of plums", "Jam of plums")
    text = notebook.page("Apple pie").read_text()
    assert "[[Jam of plums|" in text
    for _ in range(2):
        assert notebook.both().edited == []
        assert notebook.page("Apple pie").read_text() == text


def test_a_link_that_leads_elsewhere_now_is_the_persons(notebook: Notebook) -> None:
    notebook.both()
    page = notebook.page("Apple pie")
    jam = notebook.page("Apple jam").relative_to(notebook.vault).as_posix()[:-3]
    page.write_text(page.read_text().replace(f"[[{jam}|", f"[[{FOLDER}/iCloud/Notes/Shopping|"))
    text = page.read_text()
    change(notebook, "pie", text="Warm butter")
    report = notebook.both()
    assert (len(report.edited), len(report.beside)) == (1, 1)
    assert page.read_text() == text
    assert NEWER in report.beside[0]


def test_a_version_beside_a_page_whose_links_obsidian_has_mended_is_the_one_renewed(
    notebook: Notebook,
) -> None:
    beside = with_newer_beside(notebook)
    rename_in_obsidian(notebook, notebook.page("Apple pie"), "Mine/Tart", "Tart")
    change(notebook, "jam", text="Stir fast")
    assert notebook.both().beside == [beside.relative_to(notebook.vault).as_posix()]
    assert "Stir fast" in beside.read_text()
    assert len(list(notebook.vault.rglob(f"*{NEWER}*"))) == 1
    assert not dangling(notebook.vault)


def test_an_attachment_that_the_person_has_moved_is_followed(notebook: Notebook) -> None:
    notebook.both()
    (picture,) = notebook.vault.rglob("*.png")
    moved = notebook.vault / "Pictures" / picture.name
    moved.parent.mkdir()
    picture.rename(moved)
    page = notebook.page("Apple pie")
    old = picture.relative_to(notebook.vault).as_posix()
    assert old in page.read_text()
    page.write_text(page.read_text().replace(old, f"Pictures/{picture.name}"))
    change(notebook, "pie", text="Warm butter")
    report = notebook.both()
    assert (report.edited, report.files) == ([], 0)
    assert f"![[Pictures/{picture.name}" in page.read_text()
    assert list(notebook.vault.rglob("*.png")) == [moved]


def test_links_are_found_by_path_from_the_folder_and_by_name() -> None:
    files = ("a/Jam.md", "b/Jam.md", "b/c/Pie.md", "x/tart.png")
    names = Names({path.casefold(): path for path in files})
    page = "b/c/Pie.md"
    assert names.find("b/Jam", page) == "b/Jam.md"
    assert names.find("../Jam.md", page) == "b/Jam.md"
    assert names.find("Pie", "a/Jam.md") == page
    assert names.find("c/Pie", "a/Jam.md") == page
    assert names.find("Tart.png", page) == "x/tart.png"
    assert names.find("nothing", page) is None


def test_what_a_page_means_is_the_same_however_its_links_are_written() -> None:
    follow = {"a/Jam": "J", "Jam": "J", "../a/Jam.md": "J", "Pie": "P"}.get
    one = plain_digest(b"see [[a/Jam#head|shown]] and [x](<a/Jam>)", follow)
    assert one == plain_digest(b"see [[Jam#head|shown]] and [x](../a/Jam.md)", follow)
    assert one != plain_digest(b"see [[Pie#head|shown]] and [x](a/Jam)", follow)
    assert one != plain_digest(b"see [[Jam#head|other]] and [x](a/Jam)", follow)
    assert one != plain_digest(b"See [[Jam#head|shown]] and [x](a/Jam)", follow)
    assert plain_digest(b"\xff [[x]]", follow) != plain_digest(b"\xfe [[x]]", follow)
