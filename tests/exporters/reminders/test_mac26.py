"""The made-up store of macOS 26 among the fixtures, exported whole."""

import hashlib
import json
import os
import shutil
from pathlib import Path

import jsonschema
import pytest
from reminders_world import World

REPOSITORY = Path(__file__).resolve().parents[3]
SHARED = Path(os.environ.get("ROOTCELLAR_FIXTURES", REPOSITORY.parent / "shared" / "fixtures"))
GROUP = "Library/Group Containers/group.com.apple.reminders"
SCHEMA = json.loads((REPOSITORY / "docs/reference/schemas/reminders-list.json").read_text())
LIST = "Garden - Keller 🌱"

pytestmark = pytest.mark.fixtures


@pytest.fixture
def world(tmp_path: Path) -> World:
    shared = SHARED if (SHARED / "homes").is_dir() else SHARED / "fixtures"
    source = shared / "homes" / "mac26" / GROUP
    if not source.is_dir():
        pytest.skip(f"no store of Reminders at {source}; set ROOTCELLAR_FIXTURES")
    world = World(tmp_path)
    shutil.copytree(source, world.home / GROUP)
    return world


def test_all_of_it_is_there(world: World) -> None:
    report = world.export()
    assert (report.new, report.outcome) == (9, "partial")
    found = world.reminders(LIST)
    assert list(found) == [
        "Floating due", "Undated, high, flagged, urgent", "Subtask one", "Subtask two",
        "Due with zone", "All-day due", "Done", "Deleted one", "Only in the WAL",
    ]  # fmt: skip
    assert found["Floating due"]["due"] == {"kind": "floating", "value": "2026-07-04T09:00:00"}
    assert found["All-day due"]["due"] == {"kind": "date", "value": "2026-03-29"}
    assert found["All-day due"]["display_date"] == {"kind": "date", "value": "2026-03-29"}
    zoned = found["Due with zone"]
    assert zoned["due"] == {
        "kind": "instant", "value": "2026-11-01T08:30:00Z", "tz": "Europe/Berlin"
    }  # fmt: skip
    assert [one["type"] for one in zoned["alarms"]] == ["date", "relative", "location", "vehicle"]
    assert zoned["section"]["name"] == "Beds"
    assert found["Undated, high, flagged, urgent"]["tags"] == ["soil", "Größe"]
    assert found["All-day due"]["rrule"]["ical"].startswith(
        "FREQ=WEEKLY;INTERVAL=2;UNTIL=20270101"
    )


def test_the_attachment_has_its_digest_and_the_missing_one_is_named(world: World) -> None:
    report = world.export()
    one = world.reminders(LIST)["Undated, high, flagged, urgent"]
    (file,) = one["files"]
    data = (world.archive / file["path"]).read_bytes()
    assert hashlib.sha512(data).hexdigest() == one["attachments"][0]["sha512"]
    assert one["attachments"][1]["missing"]
    assert ["missing.jpg" in gap.reason for gap in report.absent] == [True]
    assert report.absent[0].hint


def test_lists_groups_and_smart_lists_each_have_a_file(world: World) -> None:
    world.export()
    names = {path.stem for path in world.lists.glob("*.json")}
    assert names == {LIST, "House", "Tagged soil", "Lists"}
    for name in names - {"Lists"}:
        jsonschema.Draft202012Validator(SCHEMA).validate(world.list(name))
    assert world.list("Tagged soil")["list"]["smart_filter"]["words"] == "tagged #soil and flagged"


def test_the_store_is_left_as_it_was(world: World) -> None:
    before = {path: path.read_bytes() for path in world.home.rglob("*") if path.is_file()}
    world.export()
    assert {path: path.read_bytes() for path in world.home.rglob("*") if path.is_file()} == before
