"""Reminders exported whole: lists, records, files, what changes, what vanishes."""

import hashlib
import json
from pathlib import Path

import jsonschema
import pytest
from reminders_world import GARDEN, World, reminder

from rootcellar.sample.core_data import Model
from rootcellar.sample.reminders_content import ACCOUNT, RemindersStore, uuid
from rootcellar.sample.reminders_models import NEW, OLD
from rootcellar.testing import check_exporter
from rootcellar_reminders import Reminders
from rootcellar_reminders.settings import RemindersSettings

REPOSITORY = Path(__file__).resolve().parents[3]
SCHEMA = json.loads((REPOSITORY / "docs/reference/schemas/reminders-list.json").read_text())
LAYOUTS = pytest.mark.parametrize("model", [OLD, NEW], ids=["one table", "own tables"])
ORDER = [
    "Prune the pear tree", "Sharpen the saw", "Ask for the ladder", "Sow broad beans",
    "Order seed potatoes", "Water the seedlings", "Burn the leaves", "Bring in the pumpkins",
]  # fmt: skip


@pytest.fixture
def world(tmp_path: Path) -> World:
    return World(tmp_path).fill()


@LAYOUTS
@pytest.mark.parametrize("cached", [True, False], ids=["with its model", "without"])
def test_the_contract_is_kept(tmp_path: Path, model: Model, cached: bool) -> None:
    world = World(tmp_path).fill(model, cached=cached)
    assert len(check_exporter(Reminders(), world.home)) == 10


@LAYOUTS
def test_both_layouts_and_a_store_without_a_model_say_the_same(
    tmp_path: Path, model: Model
) -> None:
    told = World(tmp_path / "told").fill(model)
    guessed = World(tmp_path / "guessed").fill(model, cached=False)
    told.export()
    guessed.export()
    for name in (GARDEN, "Groceries"):
        with_model, without = told.list(name), guessed.list(name)
        assert with_model["source"].pop("model_version") == model.version
        without["source"].pop("model_version")
        assert with_model == without


@LAYOUTS
def test_every_list_follows_the_published_schema(tmp_path: Path, model: Model) -> None:
    world = World(tmp_path).fill(model)
    world.export()
    jsonschema.Draft202012Validator.check_schema(SCHEMA)
    validator = jsonschema.Draft202012Validator(SCHEMA)
    listed = [path for path in world.lists.glob("*.json") if path.stem != "Lists"]
    assert len(listed) == (4 if model is NEW else 3)
    for path in listed:
        validator.validate(json.loads(path.read_text()))


@LAYOUTS
def test_reminders_stand_in_the_order_of_the_list_steps_after_their_own(
    tmp_path: Path, model: Model
) -> None:
    world = World(tmp_path).fill(model)
    world.export()
    assert list(world.reminders()) == ORDER
    assert [one["order"] for one in world.reminders().values()] == list(range(8))


def test_everything_that_reminders_can_do_is_in_the_record(world: World) -> None:
    report = world.export()
    assert report.outcome == "partial"
    found = world.reminders()
    water = found["Water the seedlings"]
    assert water["flagged"]
    assert water["urgent"]
    assert [one["type"] for one in water["alarms"]] == [
        "relative", "location", "vehicle", "date"
    ]  # fmt: skip
    assert water["alarms"][3]["when"]["value"] == "2026-11-01T08:30:00Z"
    assert water["alarms"][3]["acknowledged"] == "2026-09-09T00:00:00Z"
    assert water["early"] == [{"unit": "day", "count": -1}]
    potatoes = found["Order seed potatoes"]
    assert potatoes["tags"] == ["spring", "Größe"]
    assert potatoes["links"][0]["url"] == "https://example.org/potatoes?early=1&n=3"
    assert potatoes["message_contacts"][0]["emails"] == ["bo@example.org"]
    beans = found["Sow broad beans"]
    assert beans["rrule"]["ical"] == "FREQ=YEARLY;BYMONTHDAY=29;BYMONTH=3"
    assert beans["section"]["name"] == "Beds"
    assert found["Sharpen the saw"]["parent"] == reminder("Prune the pear tree")
    assert found["Prune the pear tree"]["assignee"]["to"]["name"] == "Bo Fieldhand"
    assert found["Burn the leaves"]["deleted"]
    told = world.list()["list"]
    assert told["color"] == {"hex": "#34C759", "name": "green"}
    assert told["emblem"] == {"emoji": "🌱"}
    assert told["group_path"] == ["House"]
    assert world.list("Spring")["list"]["smart_filter"]["words"] == "tagged #spring and flagged"
    account = json.loads((world.lists / "Lists.json").read_text())["record"]
    assert [one["name"] for one in account["lists"]][-1] == "Spring"
    assert [one["title"] for one in account["templates"][0]["reminders"]] == ["Tent", "Matches"]


@LAYOUTS
def test_attached_files_lie_beside_the_list_and_what_is_missing_is_named(
    tmp_path: Path, model: Model
) -> None:
    world = World(tmp_path).fill(model)
    report = world.export()
    assert [one.title for one in report.absent] == ["Order seed potatoes"]
    assert "last year.jpeg" in report.absent[0].reason
    (file,) = world.reminders()["Order seed potatoes"]["files"]
    data = (world.archive / file["path"]).read_bytes()
    assert hashlib.sha256(data).hexdigest() == file["sha256"]
    here, missing = world.reminders()["Order seed potatoes"]["attachments"]
    assert file["role"] == here["id"]
    assert missing["missing"]
    if model is NEW:
        assert hashlib.sha512(data).hexdigest() == here["sha512"]


def test_a_file_that_is_not_what_was_put_there_is_copied_and_named(world: World) -> None:
    (file,) = (world.container / "Files").rglob("*.jpeg")
    file.write_bytes(b"something else")
    report = world.export()
    assert any("damaged" in one.reason for one in report.absent)
    (copied,) = world.reminders()["Order seed potatoes"]["files"]
    assert (world.archive / copied["path"]).read_bytes() == b"something else"


def test_a_missing_folder_of_files_costs_the_files_alone(world: World) -> None:
    import shutil

    shutil.rmtree(world.container / "Files")
    report = world.export()
    assert len(report.absent) == 2
    assert list(world.reminders()) == ORDER


def test_a_second_run_changes_nothing_with_or_without_the_state(world: World) -> None:
    world.export()
    before = world.everything()
    world.sql("UPDATE ZREMCDREMINDER SET ZTITLE = ZTITLE")
    assert world.export().unchanged == 10
    assert world.everything() == before
    world.forget()
    world.export()
    assert world.everything() == before


def test_an_unchanged_store_is_not_opened(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    world.sql("UPDATE ZREMCDREMINDER SET ZTITLE = ZTITLE")
    world.export()

    def refuse(*_: object) -> None:
        raise AssertionError("opened")

    monkeypatch.setattr("rootcellar_reminders.opening.open_stores", refuse)
    assert world.export().unchanged == 10


def test_another_order_alone_is_found(world: World) -> None:
    world.export()
    order = [reminder("Water the seedlings"), reminder("Prune the pear tree")]
    world.sql(
        "UPDATE ZREMCDBASELIST SET ZREMINDERIDSMERGEABLEORDERING_V2_JSON = ? WHERE ZNAME = ?",
        json.dumps(order).encode(),
        "Garden / Orchard",
    )
    report = world.export()
    assert (report.changed, report.unchanged) == (0, 10)
    assert list(world.reminders())[:2] == ["Water the seedlings", "Prune the pear tree"]


def test_another_section_and_another_tag_are_found(world: World) -> None:
    world.export()
    member = {"memberID": reminder("Sow broad beans"), "groupID": uuid("section Trees")}
    older = {**member, "groupID": uuid("section Beds"), "modifiedOn": 1.0}
    stale = {**member, "groupID": uuid("section Beds"), "modifiedOn": 9.0, "isObsolete": True}
    listed = {"memberships": [{**member, "modifiedOn": 2.0}, older, stale]}
    world.sql(
        "UPDATE ZREMCDBASELIST SET ZMEMBERSHIPSOFREMINDERSINSECTIONSASDATA = ? WHERE ZNAME = ?",
        json.dumps(listed).encode(),
        "Garden / Orchard",
    )
    world.sql("UPDATE ZREMCDHASHTAGLABEL SET ZNAME = 'summer' WHERE ZNAME = 'spring'")
    assert world.export().changed == 3
    assert world.reminders()["Sow broad beans"]["section"]["name"] == "Trees"
    assert "section" not in world.reminders()["Prune the pear tree"]
    assert world.reminders()["Order seed potatoes"]["tags"] == ["summer", "Größe"]


def test_what_is_purged_stays_with_its_last_state_marked_as_gone(world: World) -> None:
    world.export()
    last = world.reminders("Groceries")["Apples"]
    world.sql("DELETE FROM ZREMCDREMINDER WHERE ZTITLE = 'Apples'")
    report = world.export()
    assert (report.gone, report.unchanged) == (1, 9)
    last.pop("order")
    assert world.reminders("Groceries")["Apples"] == {**last, "gone": True}
    assert "STATUS:COMPLETED" in world.text("Groceries.ics")
    assert "~~Apples~~" in world.text("Groceries.md")
    before = world.everything()
    world.forget()
    world.export()
    assert world.everything() == before


def test_completions_of_a_reminder_that_comes_back_accumulate(world: World) -> None:
    world.export()
    for year in (2026, 2027):
        world.sql(
            "INSERT INTO ZREMCDREMINDER (Z_PK, Z_ENT, ZCKIDENTIFIER, ZTITLE, ZLIST, ZCOMPLETED, "
            "ZACCOUNT) SELECT 900 + ?, Z_ENT, ?, ZTITLE, ZLIST, 1, 1 FROM ZREMCDREMINDER "
            "WHERE ZTITLE = 'Sow broad beans' LIMIT 1",
            year,
            uuid(f"closed {year}"),
        )
        world.export()
        world.sql("DELETE FROM ZREMCDREMINDER WHERE Z_PK > 900")
    world.export()
    titles = [one["title"] for one in world.list()["reminders"]]
    assert titles.count("Sow broad beans") == 3


def test_a_list_that_is_deleted_keeps_its_file_and_its_reminders(world: World) -> None:
    world.export()
    (groceries,) = _rows(world, "SELECT Z_PK FROM ZREMCDBASELIST WHERE ZNAME = 'Groceries'")
    world.sql("DELETE FROM ZREMCDREMINDER WHERE ZLIST = ?", groceries)
    world.sql("DELETE FROM ZREMCDBASELIST WHERE ZNAME = 'Groceries'")
    report = world.export()
    assert report.gone == 2
    kept = world.list("Groceries")
    assert kept["gathering"]["gone"]
    assert [one["gone"] for one in kept["reminders"]] == [True, True]
    assert "STATUS:CANCELLED" in world.text("Groceries.ics")
    before = world.everything()
    world.sql("UPDATE ZREMCDREMINDER SET ZTITLE = ZTITLE")
    world.export()
    assert world.everything() == before


def test_a_reminder_in_another_list_is_in_that_alone(world: World) -> None:
    world.export()
    (groceries,) = _rows(world, "SELECT Z_PK FROM ZREMCDBASELIST WHERE ZNAME = 'Groceries'")
    world.change("Sow broad beans", LIST=groceries)
    world.export()
    assert "Sow broad beans" not in world.reminders()
    assert "Sow broad beans" in world.reminders("Groceries")


def test_a_list_with_another_name_is_another_place(world: World) -> None:
    world.export()
    world.sql("UPDATE ZREMCDBASELIST SET ZNAME = 'Market' WHERE ZNAME = 'Groceries'")
    world.export()
    assert set(world.reminders("Market")) == {"Apples", "Flour, 2 kg; not sifted"}
    assert not (world.lists / "Groceries.json").exists()
    assert not (world.lists / "Groceries.ics").exists()


def test_deleted_reminders_are_shown_on_request(world: World) -> None:
    world.export()
    assert "Burn the leaves" not in world.text(f"{GARDEN}.ics")
    assert "Burn the leaves" not in world.text(f"{GARDEN}.md")
    world.settings = RemindersSettings(deleted=True, csv=True)
    world.export()
    assert "Burn the leaves" in world.text(f"{GARDEN}.ics")
    assert "~~Burn the leaves~~" in world.text(f"{GARDEN}.md")
    assert "Burn the leaves" in world.text(f"{GARDEN}.csv")
    world.settings = RemindersSettings()
    world.export()
    assert not (world.lists / f"{GARDEN}.csv").exists()
    assert "Burn the leaves" not in world.text(f"{GARDEN}.ics")


def test_a_page_that_someone_edited_is_kept(world: World) -> None:
    world.export()
    page = world.lists / "Groceries.md"
    page.write_text("- [x] all bought\n")
    world.change("Apples", NOTES="the sour ones")
    world.export()
    assert page.read_text() == "- [x] all bought\n"
    assert world.reminders("Groceries")["Apples"]["notes"] == "the sour ones"


def test_stores_of_different_models_lie_side_by_side(world: World) -> None:
    shed = RemindersStore(OLD, account_name="Shed", account=uuid("Shed"))
    shed.reminder("Oil the hinges", shed.list("Tools", 1))
    shed.write(world.container)
    report = world.export()
    assert report.new == 11
    found = json.loads((world.archive / "Reminders/Shed/Tools.json").read_text())
    assert found["source"]["model_version"] == OLD.version
    assert [one["title"] for one in found["reminders"]] == ["Oil the hinges"]
    assert list(world.reminders()) == ORDER


def test_what_siri_found_in_apps_is_left_out_and_counted(world: World) -> None:
    inside = RemindersStore(NEW, account_name="LocalInternal", account=uuid("inside"))
    inside.rows.change("REMCDAccount", inside.account_row, type=5)
    inside.reminder("Flight LX 12", inside.list("SiriFoundInApps", 1))
    inside.write(world.container)
    report = world.export()
    assert (report.new, report.skipped) == (10, 1)
    assert not (world.archive / "Reminders/LocalInternal").exists()


@pytest.mark.parametrize(
    "place",
    [
        "Library/Reminders/Container_v1",
        "Containers/Shared/AppGroup/0B5C/Container_v1",
        "private/var/mobile/Library/Reminders/Container_v1",
        "private/var/mobile/Containers/Shared/AppGroup/0B5C/Container_v2",
        "HomeDomain/Library/Reminders/Container_v1",
        "AppDomainGroup-group.com.apple.reminders/Container_v1",
        "Library/Reminders/a copy",
        "Container_v1",
    ],
)
def test_the_container_is_found_wherever_a_system_keeps_it(tmp_path: Path, place: str) -> None:
    world = World(tmp_path, place).fill()
    assert world.export().new == 10


def test_the_same_store_twice_is_exported_once(world: World) -> None:
    twin = World(world.root, "Library/Reminders/Container_v1").fill()
    assert twin.export().new == 10
    assert list(world.reminders()) == ORDER


def test_the_account_of_a_store_is_in_no_other(world: World) -> None:
    world.export()
    assert world.list()["account"] == {"id": ACCOUNT, "name": "iCloud", "type": "icloud"}


def _rows(world: World, query: str) -> list[object]:
    import sqlite3
    from contextlib import closing

    with closing(sqlite3.connect(world.database)) as connection:
        return [row[0] for row in connection.execute(query)]


def test_the_worked_example_in_the_docs_is_the_sample(world: World) -> None:
    world.export()
    page = (REPOSITORY / "docs/reference/reminders-records.md").read_text()
    example = page.partition("```json\n")[2].partition("```")[0]
    assert example == world.text("Groceries.json")


def test_the_file_of_a_list_reads_field_by_field(world: World) -> None:
    """A change of one field is a change of one line."""
    world.export()
    before = world.text("Groceries.json").splitlines()
    world.change("Apples", PRIORITY=1)
    world.export()
    after = world.text("Groceries.json").splitlines()
    differing = [one for one, two in zip(before, after, strict=True) if one != two]
    assert [line.strip() for line in differing if "sha256" not in line and "size" not in line] == [
        '"priority": 9,'
    ]


def test_two_attachments_with_one_identifier_are_two_files(world: World) -> None:
    one = world.database.parent.parent / f"Files/Account-{ACCOUNT}/Attachments/second.jpeg"
    one.write_bytes(b"another picture")
    world.sql(
        "UPDATE ZREMCDOBJECT SET ZCKIDENTIFIER = 'SAME', ZFILESIZE = CASE ZFILENAME "
        "WHEN 'last year.jpeg' THEN 15 ELSE ZFILESIZE END WHERE ZFILENAME IS NOT NULL"
    )
    report = world.export()
    assert not report.absent
    found = world.reminders()["Order seed potatoes"]
    assert len({file["role"] for file in found["files"]}) == 2
    assert len({one["id"] for one in found["attachments"]}) == 2
    before = world.everything()
    world.forget()
    world.export()
    assert {name: data for name, (data, _) in world.everything().items()} == {
        name: data for name, (data, _) in before.items()
    }
