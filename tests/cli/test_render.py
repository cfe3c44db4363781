"""`rootcellar render` and `resolve`: pages made again from records, and edited ones settled."""

from pathlib import Path
from typing import Any

import pytest

from rootcellar.sample import make_home


@pytest.fixture
def page(world: Any) -> Path:
    """The page of a note, in an archive whose source is gone."""
    make_home(world.root / "made")
    (world.home / "Pictures").rmdir()
    world.home.rmdir()
    (world.root / "made").rename(world.home)
    world.export("notes")
    (world.home / "Library").rename(world.root / "gone")
    found: Path = world.archive / "Notes/iCloud/Recipes/Apple pie.md"
    return found


def own_template(world: Any, text: str = "My own {{ record.title }}") -> None:
    folder = world.root / "templates" / "notes"
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "note.md").write_text(text)
    world.settle(f'templates = "{folder.parent}"')


def test_a_changed_template_is_rendered_without_the_source(world: Any, page: Path) -> None:
    own_template(world)
    done = world.run("render", "--archive", world.archive)
    assert done.code == 0, done.err
    assert "11 items whose pages came out otherwise" in done.out
    assert page.read_text() == "My own Apple pie"
    again = world.run("render", "notes", "--archive", world.archive, "--json").document
    assert again["exporters"]["notes"] == {"changed": 0, "unchanged": 11, "kept": 0}


def test_pages_that_were_edited_stay(world: Any, page: Path) -> None:
    page.write_text("mine")
    own_template(world)
    found = world.run("render", "--archive", world.archive, "--json").document
    assert found["exporters"]["notes"] == {"changed": 10, "unchanged": 1, "kept": 1}
    assert page.read_text() == "mine"


def test_theirs_makes_the_page_again_and_keeps_what_was_written(world: Any, page: Path) -> None:
    before = page.read_text()
    page.write_text("mine")
    done = world.run("resolve", page, "--theirs", "--archive", world.archive)
    assert done.code == 0, done.err
    assert page.read_text() == before
    history = (world.archive / ".rootcellar/history").rglob("*.md")
    assert "mine" in [path.read_text() for path in history]
    assert world.run("rebuild", "--archive", world.archive).code == 0


def test_mine_stays_and_is_told_of_no_more(world: Any, page: Path) -> None:
    page.write_text("mine")
    own_template(world)
    world.run("render", "--archive", world.archive)
    status = world.run("status", "--archive", world.archive, "--json").document
    assert status["exporters"]["notes"]["kept"] == 1
    name = "Notes/iCloud/Recipes/Apple pie.md"
    done = world.run("resolve", name, "--mine", "--archive", world.archive, "--json")
    assert (done.document["path"], done.document["settled"]) == (name, "mine")
    status = world.run("status", "--archive", world.archive, "--json").document
    assert status["exporters"]["notes"]["kept"] == 0
    assert page.read_text() == "mine"


def test_what_is_no_page_cannot_be_settled(world: Any, page: Path) -> None:
    done = world.run("resolve", "README.txt", "--mine", "--archive", world.archive)
    assert done.code == 2
    assert "is no page" in done.err
    done = world.run("resolve", page, "--archive", world.archive)
    assert done.code == 2
    assert "--mine or --theirs" in done.err


def test_a_broken_template_changes_nothing(world: Any, page: Path) -> None:
    before = page.read_text()
    own_template(world, "{{ record.title")
    done = world.run("render", "--archive", world.archive)
    assert done.code == 2
    assert "is wrong in line 1" in done.err
    assert page.read_text() == before
