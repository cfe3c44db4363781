"""Notes exported whole: pages, files, links, what changes, what is missing, what is locked."""

import base64
import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
import yaml
from notes_world import World, counts

from rootcellar.sample.notes_content import CLOUD, PASSWORD, identifier, sample_store
from rootcellar.sample.notes_store import NEW, OLD, Layout
from rootcellar.testing import check_exporter
from rootcellar_notes import Notes
from rootcellar_notes.locked import Locked, Scheme, Unlocker

SECRET = b"third flowerpot"


@pytest.fixture
def sample(world: World) -> World:
    world.fill()
    return world


# -- the contract ------------------------------------------------------------------------------


@pytest.mark.parametrize("layout", [NEW, OLD], ids=["new", "old"])
def test_the_contract_is_kept(world: World, layout: Layout) -> None:
    world.fill(layout)
    assert len(check_exporter(Notes(), world.home)) == 11


@pytest.mark.parametrize("layout", [NEW, OLD], ids=["new", "old"])
def test_both_layouts_of_a_container_give_the_same_archive(world: World, layout: Layout) -> None:
    world.fill(layout)
    report = world.export()
    assert report["new"] == 11
    names = {
        path.relative_to(world.archive / "Notes" / "iCloud").with_suffix("").as_posix()
        for path in (world.archive / "Notes" / "iCloud").rglob("*")
        if path.suffix not in ("", ".jsonl", ".json")
    }
    assert {
        "Recipes/Apple pie",
        "Recipes/Apple pie - image",
        "Recipes/Preserves/Storing apples - image",
        "Notes/Orchard plan - Drawing",
        "Notes/Orchard plan - plan page 1",
        "Notes/Orchard plan - plan page 1 (original)",
        "Notes/Market day - Recording",
        "Recently Deleted/Old list",
    } <= names


# -- what is there -----------------------------------------------------------------------------


def test_equal_names_of_files_never_cross_notes(sample: World) -> None:
    sample.export()
    shown = [
        (sample.archive / "Notes/iCloud" / name).read_bytes()
        for name in (
            "Recipes/Apple pie - image.jpeg",
            "Recipes/Preserves/Storing apples - image.jpeg",
        )
    ]
    assert shown[0] != shown[1]
    for name, data in zip(("pie", "store"), shown, strict=True):
        (held,) = (sample.container / f"Accounts/{CLOUD}/Media/{identifier(f'M{name}')}").rglob(
            "*.jpeg"
        )
        assert held.read_bytes() == data


def test_the_properties_of_a_page_are_yaml(sample: World) -> None:
    sample.sql(
        "UPDATE ZICCLOUDSYNCINGOBJECT SET Z_OPT = 9, "
        "ZTITLE1 = 'a: \"b\" #c\u0085\u2028 - [x] \x7f' "
        f"WHERE ZIDENTIFIER = '{identifier('Apple pie')}'"
    )
    sample.export()
    pages = [path.read_text() for path in (sample.archive / "Notes").rglob("*.md")]
    found = {}
    for page in pages:
        assert page.startswith("---\n")
        properties = yaml.safe_load(page.split("\n---\n", 1)[0].removeprefix("---\n"))
        found[properties["apple-notes-id"]] = properties
    pie = found[identifier("Apple pie")]
    assert pie["title"] == 'a: "b" #c\u0085\u2028 - [x] \x7f'
    assert pie["tags"] == ["orchard"]
    assert pie["pinned"] is True
    assert pie["created"] == "2026-08-11T17:00:00Z"


def test_links_lead_to_the_other_page_and_follow_it(sample: World) -> None:
    sample.export()
    assert "[Storing apples](Preserves/Storing%20apples.md)" in sample.page(
        "iCloud/Recipes/Apple pie"
    )
    sample.sql(
        "UPDATE ZICCLOUDSYNCINGOBJECT SET ZTITLE1 = 'Keeping apples', Z_OPT = 9 "
        f"WHERE ZIDENTIFIER = '{identifier('Storing')}'"
    )
    assert counts(sample.export()) == {"moved": 1, "changed": 1}
    assert "(Preserves/Keeping%20apples.md)" in sample.page("iCloud/Recipes/Apple pie")
    assert not (sample.archive / "Notes/iCloud/Recipes/Preserves/Storing apples.md").exists()


def test_the_record_holds_what_the_page_cannot_say(sample: World) -> None:
    sample.export()
    supper = sample.record("iCloud/Recipes/Harvest supper")["record"]["shared"]
    assert supper["owner"]["name"] == "Rosa Quince"
    assert supper["owner"]["email"] == "rosa@example.org"
    assert [one["name"] for one in supper["participants"]] == ["Ada Medlar"]
    assert supper["url"].startswith("https://www.icloud.com/")
    market = sample.record("iCloud/Notes/Market day")["record"]
    said = market["attachments"][0]["recording"]["segments"]
    assert [one["text"] for one in said] == ["Two crates left.", "Sold."]
    mention = sample.record("iCloud/Recipes/Preserves/Storing apples")["record"]["mentions"]
    assert mention == [{"name": "Rosa Quince", "user": "_made_up_user"}]
    assert sample.record("iCloud/Recipes/Apple pie")["refers_to"] == [identifier("Storing")]


def test_folders_and_what_smart_ones_look_for_are_told(sample: World) -> None:
    sample.export()
    folders = json.loads((sample.archive / "Notes/iCloud/Folders.json").read_text())["record"][
        "folders"
    ]
    smart = {one["title"]: one.get("query") for one in folders if one.get("kind") == "smart"}
    assert smart == {"Orchard": {"type": "ICQuery", "and": [{"tag": "ORCHARD"}]}}
    assert not (sample.archive / "Notes/iCloud/Orchard").exists()


def test_what_is_only_in_the_log_is_read(sample: World) -> None:
    sample.export()
    assert "Only in the log so far" in sample.page("iCloud/Notes/Written last")
    (sample.container / "NoteStore.sqlite-wal").unlink()
    assert counts(sample.export()) == {"gone": 1}


def test_a_pretend_iphone_is_read(world: World, tmp_path: Path) -> None:
    home = tmp_path / "mobile"
    sample_store(NEW).write(home / "Containers/Shared/AppGroup" / identifier("a group"))
    assert len(check_exporter(Notes(), home)) == 11


# -- what changes ------------------------------------------------------------------------------


def test_a_second_run_does_nothing(sample: World) -> None:
    sample.export()
    before = sample.everything()
    report = sample.export()
    assert counts(report) == {}
    assert report["files"] == 0
    assert len(sample.everything()) == len(before)


def test_counters_that_rise_without_a_change_rewrite_nothing(sample: World) -> None:
    sample.export()
    sample.sql("UPDATE ZICCLOUDSYNCINGOBJECT SET Z_OPT = Z_OPT + 1")
    assert counts(sample.export()) == {}


def test_a_note_put_into_the_trash_and_then_purged(sample: World) -> None:
    sample.export()
    trash = "(SELECT Z_PK FROM ZICCLOUDSYNCINGOBJECT WHERE ZFOLDERTYPE = 1)"
    sample.sql(
        f"UPDATE ZICCLOUDSYNCINGOBJECT SET ZFOLDER = {trash}, Z_OPT = 7 "
        f"WHERE ZIDENTIFIER = '{identifier('Harvest supper')}'"
    )
    assert counts(sample.export()) == {"moved": 1}
    assert sample.record("iCloud/Recently Deleted/Harvest supper")["in_trash"] is True
    sample.sql(
        "UPDATE ZICCLOUDSYNCINGOBJECT SET ZMARKEDFORDELETION = 1, ZTITLE1 = NULL "
        f"WHERE ZIDENTIFIER = '{identifier('Harvest supper')}'"
    )
    assert counts(sample.export()) == {"gone": 1}
    assert "Bring a chair" in sample.page("iCloud/Recently Deleted/Harvest supper")


def test_a_renamed_folder_moves_its_notes(sample: World) -> None:
    sample.export()
    sample.sql("UPDATE ZICCLOUDSYNCINGOBJECT SET ZTITLE2 = 'Jams' WHERE ZTITLE2 = 'Preserves'")
    assert counts(sample.export()) == {"moved": 1, "changed": 1}
    assert (sample.archive / "Notes/iCloud/Recipes/Jams/Storing apples - image.jpeg").is_file()


def test_a_file_that_arrives_from_icloud_is_taken_by_an_idle_run(sample: World) -> None:
    report = sample.export()
    (absent,) = [one for one in report["absent"] if "stall.jpeg" in one["reason"]]
    assert absent["reason"] == "“stall.jpeg” is only in iCloud."
    assert "<em>stall.jpeg: only in iCloud</em>" in sample.page("iCloud/Notes/Market day")
    folder = sample.container / f"Accounts/{CLOUD}/Media/{identifier('Mmarket photo')}"
    arrived = folder / f"1_{identifier('Gmarket photo')}" / "stall.jpeg"
    arrived.parent.mkdir(parents=True)
    arrived.write_bytes(b"a picture")
    assert counts(sample.export()) == {"changed": 1}
    assert (
        sample.archive / "Notes/iCloud/Notes/Market day - stall.jpeg"
    ).read_bytes() == b"a picture"
    assert "![stall.jpeg](Market%20day%20-%20stall.jpeg)" in sample.page("iCloud/Notes/Market day")


def test_a_page_that_someone_edited_is_kept(sample: World) -> None:
    sample.export()
    page = sample.archive / "Notes/iCloud/Recipes/Harvest supper.md"
    page.write_text("mine")
    sample.sql(
        f"UPDATE ZICCLOUDSYNCINGOBJECT SET ZISPINNED = 1, Z_OPT = 5 "
        f"WHERE ZIDENTIFIER = '{identifier('Harvest supper')}'"
    )
    assert sample.export()["kept"] == 1
    assert page.read_text() == "mine"


def test_own_templates_render_pages_without_the_source(sample: World, tmp_path: Path) -> None:
    sample.export()
    own = tmp_path / "own" / "notes"
    own.mkdir(parents=True)
    (own / "note.md").write_text("{{ record.title }}: {{ record | markdown(files, links) }}")
    sample.settings.write_text(f'templates = "{tmp_path}/own"\n')
    assert sample.export()["changed"] == 11
    assert sample.page("iCloud/Recipes/Apple pie").startswith("Apple pie: # Apple pie")
    assert "(Preserves/Storing%20apples.md)" in sample.page("iCloud/Recipes/Apple pie")


# -- locked notes ------------------------------------------------------------------------------


@pytest.fixture
def passwords(sample: World) -> Callable[..., Path]:
    def write(*lines: str) -> Path:
        path = sample.root / "passwords"
        path.write_text("\n".join(lines) + "\n")
        path.chmod(0o600)
        sample.settle(f'locked = "plain"\npasswords = "{path}"')
        return path

    return write


def test_nothing_of_a_locked_note_reaches_the_archive(sample: World) -> None:
    report = sample.export()
    assert "The note is locked." in [one["reason"] for one in report["absent"]]
    assert SECRET not in sample.everything()
    assert b"how to keep them" not in sample.everything()


def test_a_locked_note_is_kept_as_locked_as_it_is_and_opens_in_twenty_years(sample: World) -> None:
    sample.settle('locked = "encrypted"')
    report = sample.export()
    assert "Cellar key" not in [one["title"] for one in report["absent"]]
    assert SECRET not in sample.everything()
    kept = json.loads((sample.archive / "Notes/iCloud/Notes/Cellar key.locked.json").read_text())
    part = {
        name: base64.b64decode(value) if isinstance(value, str) and name != "scheme" else value
        for name, value in kept.items()
    }
    text = Unlocker([PASSWORD]).open(Locked(**{**part, "scheme": Scheme(kept["scheme"])}))
    page = Path(__file__).parents[3] / "docs/how-to/archive-locked-notes.md"
    script = page.read_text().split("```python\n")[1].split("```")[0]
    script = script.replace("getpass.getpass()", repr(PASSWORD))
    where = sample.archive / "Notes/iCloud/Notes/Cellar key.locked.json"
    command = [sys.executable, "-c", script, where, sample.root / "out"]
    subprocess.run(command, capture_output=True, check=True)
    assert SECRET in (sample.root / "out" / "text").read_bytes()
    assert text.startswith(b"\x1f\x8b")


def test_a_locked_note_is_opened_where_its_owner_says_so(
    sample: World, passwords: Callable[..., Path]
) -> None:
    passwords("not this one", PASSWORD)
    sample.export()
    assert "Under the third flowerpot." in sample.page("iCloud/Notes/Cellar key")
    assert PASSWORD.encode() not in sample.everything()


def test_the_right_password_given_later_opens_it_then(
    sample: World, passwords: Callable[..., Path]
) -> None:
    passwords("wrong")
    report = sample.export()
    reasons = [one["reason"] for one in report["absent"]]
    assert "The note stays locked. None of the passwords opens it." in reasons
    passwords("wrong", PASSWORD)
    assert counts(sample.export()) == {"changed": 1}
    assert "Under the third flowerpot." in sample.page("iCloud/Notes/Cellar key")


@pytest.mark.parametrize("harm", ["missing", "readable"])
def test_opened_notes_are_not_taken_for_locked_when_the_passwords_are_away(
    sample: World, passwords: Callable[..., Path], harm: str
) -> None:
    path = passwords(PASSWORD)
    sample.export()
    sample.sql("UPDATE ZICCLOUDSYNCINGOBJECT SET Z_OPT = Z_OPT + 1")
    path.unlink() if harm == "missing" else path.chmod(0o644)
    report = sample.export(codes=(1,))
    assert "passwords" in report["message"]
    assert "Under the third flowerpot." in sample.page("iCloud/Notes/Cellar key")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ('locked = "plain"', "or name a file"),
        ('locked = "open"', "'skip', 'encrypted', 'plain'"),
        ('locked = "plain"\npasswords = "there"', "or a whole path"),
    ],
)
def test_settings_that_cannot_be_meant_are_refused(sample: World, text: str, said: str) -> None:
    sample.settle(text)
    report = sample.export(codes=(2,))
    assert said in report["error"]["message"]
