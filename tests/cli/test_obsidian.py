"""`rootcellar obsidian` as a person calls it."""

from pathlib import Path
from typing import Any

import pytest

from rootcellar.sample import make_home


@pytest.fixture
def vault(world: Any) -> Path:
    """A vault, beside a home with the notes of the sample."""
    make_home(world.root / "made")
    (world.home / "Pictures").rmdir()
    world.home.rmdir()
    (world.root / "made").rename(world.home)
    vault: Path = world.root / "vault"
    vault.mkdir()
    return vault


def bring(world: Any, vault: Path, *more: str) -> dict[str, Any]:
    """Call the command, and return its JSON document."""
    places = ("--home", world.home, "--archive", world.archive, "--json")
    document: dict[str, Any] = world.run("obsidian", vault, *places, *more).document
    return document


def test_notes_come_into_a_vault_and_a_second_call_changes_nothing(
    world: Any, vault: Path
) -> None:
    done = world.run("obsidian", vault, "--home", world.home, "--archive", world.archive)
    assert done.code == 3, done.err  # one file is only in iCloud, one note is locked
    assert "10 new" in done.out
    assert (vault / "Apple Notes/iCloud/Recipes/Apple pie.md").exists()
    again = bring(world, vault)
    assert (again["unchanged"], again["new"]) == (12, 0)
    assert again["export"]["exporters"]["notes"]["files"] == 0


def test_the_archive_alone_is_enough(world: Any, vault: Path) -> None:
    world.export("notes", "reminders")
    found = bring(world, vault, "--no-export", "--folder", "notes=Old notes", "--tag", "orchard")
    assert found["new"] == 1
    assert "export" not in found
    assert (vault / "Old notes/iCloud/Recipes/Apple pie.md").exists()


def test_the_folder_that_is_told_is_the_one_the_person_renamed(world: Any, vault: Path) -> None:
    bring(world, vault)
    (vault / "Apple Notes").rename(vault / "Imported")
    bring(world, vault)  # which finds the pages again
    found = bring(world, vault)
    assert found["exporters"]["notes"]["folder"] == "Imported"
    assert "folder" not in found


def test_a_home_without_notes_leaves_those_of_the_archive(world: Any, vault: Path) -> None:
    world.export("notes", "reminders")
    (world.home / "Library").rename(world.root / "gone")
    assert bring(world, vault)["new"] == 12


def test_a_dry_run_writes_nothing(world: Any, vault: Path) -> None:
    assert bring(world, vault, "--dry-run")["dry_run"]
    assert not world.archive.exists()
    world.export("notes", "reminders")
    found = bring(world, vault, "--dry-run")
    assert found["new"] == 12
    assert not list(vault.iterdir())


def test_a_vault_that_is_not_there_is_said(world: Any) -> None:
    done = world.run("obsidian", world.root / "nowhere", "--archive", world.archive)
    assert done.code == 2
    assert "no vault" in done.err


@pytest.mark.parametrize(
    "folder", ["../outside", "a/../../outside", "/outside", ".obsidian", "a:b", "a\\b"]
)
def test_a_folder_that_is_not_below_the_vault_is_refused(
    world: Any, vault: Path, folder: str
) -> None:
    done = world.run(
        "obsidian",
        vault,
        "--home",
        world.home,
        "--archive",
        world.archive,
        "--folder",
        f"notes={folder}",
    )
    assert done.code == 2
    assert "cannot be a folder of a vault" in done.err
    assert not (vault / folder).resolve().exists()
    assert not list(vault.iterdir())
    assert not world.archive.exists()


def test_a_file_where_the_folder_would_be_is_said_and_kept(world: Any, vault: Path) -> None:
    (vault / "Apple Notes").write_text("mine")
    done = world.run("obsidian", vault, "--home", world.home, "--archive", world.archive)
    assert done.code == 2
    assert "is a file" in done.err
    assert (vault / "Apple Notes").read_text() == "mine"


def test_a_vault_whose_drive_is_not_mounted_is_waited_for(world: Any, vault: Path) -> None:
    bring(world, vault)
    vault.rename(world.root / "unmounted")
    vault.mkdir()
    done = world.run("obsidian", vault, "--home", world.home, "--archive", world.archive)
    assert done.code == 75
    assert not list(vault.iterdir())
    vault.rmdir()
    assert world.run("obsidian", vault, "--archive", world.archive).code == 75
    (world.root / "unmounted").rename(vault)
    assert bring(world, vault)["unchanged"] == 12


def test_a_vault_inside_an_archive_is_refused(world: Any, vault: Path) -> None:
    world.export("notes", "reminders")
    done = world.run("obsidian", world.archive / "Notes", "--archive", world.archive)
    assert done.code == 2
    assert "lies inside the archive" in done.err


def test_an_archive_from_another_machine_is_enough(world: Any, vault: Path) -> None:
    world.export("notes", "reminders")
    (world.home / "Library").rename(world.root / "gone")
    (world.root / "state").rename(world.root / "another machine")
    assert bring(world, vault)["new"] == 12


def test_each_kind_has_its_folder_and_can_come_alone(world: Any, vault: Path) -> None:
    found = bring(world, vault, "--only", "reminders", "--folder", "Tasks")
    assert (found["new"], list(found["exporters"])) == (2, ["reminders"])
    assert "📅 2026-03-29" in (vault / "Tasks/iCloud/Garden - Orchard.md").read_text()
    assert list(found["export"]["exporters"]) == ["reminders"]
    folders = ("--folder", "reminders=Tasks", "--folder", "notes=Old notes")
    found = bring(world, vault, *folders)
    assert (found["new"], found["unchanged"]) == (10, 2)
    assert (vault / "Old notes/iCloud/Recipes/Apple pie.md").exists()


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (("--folder", "Both"), "does not say what is to lie there"),
        (("--folder", "notes=Both", "--folder", "reminders=both"), "cannot lie in one folder"),
        (("--only", "photos"), "no pages of photos"),
        (("--only", "letters"), "no exporter named letters"),
    ],
)
def test_what_cannot_be_meant_is_said(
    world: Any, vault: Path, options: tuple[str, ...], said: str
) -> None:
    done = world.run("obsidian", vault, "--home", world.home, "--archive", world.archive, *options)
    assert done.code == 2
    assert said in done.err
    assert not list(vault.iterdir())


def test_a_template_of_ones_own_wins_for_lists(world: Any, vault: Path) -> None:
    own = world.root / "own/obsidian/reminders.md"
    own.parent.mkdir(parents=True)
    own.write_text(
        "---\napple-reminders-id: {{ record.list.id | yaml }}\n---\n"
        "{% for one in record.reminders %}\n- [ ] {{ one.title }}\n{% endfor %}\n"
    )
    settings = world.root / "own.toml"
    settings.write_text(f'templates = "{world.root / "own"}"\n')
    bring(world, vault, "--only", "reminders", "--settings", str(settings))
    text = (vault / "Apple Reminders/iCloud/Groceries.md").read_text()
    assert text.endswith("- [ ] Flour, 2 kg; not sifted\n- [ ] Apples\n")
