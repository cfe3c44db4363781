"""Bad input: each kind costs what it must, is told with a next step, and nothing else is lost."""

import os
import sqlite3
import time
from pathlib import Path

import pytest
from reminders_world import GARDEN, World

from rootcellar.errors import RootcellarError
from rootcellar.sample.core_data import keyed_archive
from rootcellar.sample.reminders_content import RemindersStore, encoded, uuid
from rootcellar.sample.reminders_models import NEW
from rootcellar.sources.capture import FoundStore
from rootcellar.sources.home import HomeFolder, open_capture
from rootcellar_reminders import Reminders
from rootcellar_reminders.store.colours import colour_of, emblem_of
from rootcellar_reminders.store.filters import filter_of
from rootcellar_reminders.store.merged_text import text_of_document
from rootcellar_reminders.store.recurrence import rule_of
from rootcellar_reminders.store.when import of_components

ALL = 10


@pytest.fixture
def world(tmp_path: Path) -> World:
    return World(tmp_path).fill()


def test_a_store_without_its_model_is_said(tmp_path: Path) -> None:
    world = World(tmp_path).fill(cached=False)
    report = world.export()
    assert report.new == ALL
    assert any("keeps no model" in note for note in world.notes)


def test_a_broken_model_is_said_and_done_without(world: World) -> None:
    world.sql("UPDATE Z_MODELCACHE SET Z_CONTENT = ?", b"\xff" * 30)
    report = world.export()
    assert report.new == ALL
    assert any("model cannot be read" in note for note in world.notes)


def test_rows_of_an_unknown_entity_are_counted(world: World) -> None:
    world.sql("INSERT INTO ZREMCDOBJECT (Z_PK, Z_ENT) VALUES (900, 99), (901, 99)")
    report = world.export()
    assert report.new == ALL
    assert any("2 rows are of kinds" in note for note in world.notes)


def test_an_account_without_lists_has_its_own_file_alone(world: World) -> None:
    RemindersStore(NEW, account_name="Empty", account=uuid("Empty")).write(world.container)
    assert world.export().new == ALL
    there = [path.name for path in (world.archive / "Reminders/Empty").iterdir()]
    assert there == ["Lists.json"]


def test_reminders_that_are_steps_of_each_other_are_all_there(world: World) -> None:
    world.sql(
        "UPDATE ZREMCDREMINDER SET ZPARENTREMINDER = (SELECT Z_PK FROM ZREMCDREMINDER WHERE "
        "ZTITLE = 'Sharpen the saw') WHERE ZTITLE = 'Prune the pear tree'"
    )
    world.sql("UPDATE ZREMCDREMINDER SET ZPARENTREMINDER = Z_PK WHERE ZTITLE = 'Sow broad beans'")
    assert world.export().new == ALL
    assert len(world.reminders()) == 8
    assert world.text(f"{GARDEN}.md").count("- [") == 7
    assert "parent" not in world.reminders()["Sow broad beans"]


def test_groups_that_lie_in_each_other_end(world: World) -> None:
    world.sql(
        "UPDATE ZREMCDBASELIST SET ZPARENTLIST = (SELECT Z_PK FROM ZREMCDBASELIST WHERE "
        "ZNAME = 'Garden / Orchard') WHERE ZNAME = 'House'"
    )
    assert world.export().new == ALL


def test_a_broken_keyed_archive_is_kept_as_it_is(world: World) -> None:
    broken = keyed_archive("REMColor", {"hex": "x"})[:-20]
    world.sql("UPDATE ZREMCDBASELIST SET ZCOLOR = ? WHERE ZNAME = 'Groceries'", broken)
    report = world.export()
    assert report.new == ALL
    assert "base64" in world.list("Groceries")["list"]["color"]["raw"]
    assert any(note.startswith("1 value says") for note in world.notes)


def test_a_rule_that_nobody_understands_is_kept_and_counted(world: World) -> None:
    world.sql("UPDATE ZREMCDOBJECT SET ZFREQUENCY = 42 WHERE ZFREQUENCY = 3")
    world.export()
    rule = world.reminders()["Sow broad beans"]["rrule"]
    assert rule["raw"]["frequency"] == 42
    assert "ical" not in rule
    assert "RRULE" not in world.text(f"{GARDEN}.ics")
    assert any(note.startswith("1 rule says") for note in world.notes)


def test_reminders_without_a_list_have_a_file_of_their_own(world: World) -> None:
    world.sql("UPDATE ZREMCDREMINDER SET ZLIST = 4711 WHERE ZTITLE = 'Apples'")
    world.sql("UPDATE ZREMCDREMINDER SET ZLIST = NULL WHERE ZTITLE LIKE 'Flour%'")
    assert world.export().new == ALL
    assert len(world.reminders("Without a list")) == 2


def test_two_reminders_with_one_identifier_are_both_there(world: World) -> None:
    world.sql("UPDATE ZREMCDREMINDER SET ZCKIDENTIFIER = 'A', ZIDENTIFIER = NULL WHERE ZLIST = 3")
    assert world.export().new == ALL


def test_a_reminder_without_any_identifier_is_there(world: World) -> None:
    world.sql(
        "UPDATE ZREMCDREMINDER SET ZCKIDENTIFIER = NULL, ZIDENTIFIER = NULL, "
        "ZDACALENDARITEMUNIQUEIDENTIFIER = NULL WHERE ZTITLE = 'Apples'"
    )
    assert world.export().new == ALL


def test_odd_values_cost_no_reminder(world: World) -> None:
    world.sql(
        "UPDATE ZREMCDREMINDER SET ZDUEDATE = 1e300, ZCREATIONDATE = 'soon', ZPRIORITY = 'high', "
        "ZFLAGGED = 'x', ZTITLE = x'ff41', ZNOTES = 7, ZCONTACTHANDLES = x'00', ZTIMEZONE = 3"
    )
    world.sql(
        "UPDATE ZREMCDOBJECT SET ZALARMUID = 3, ZLATITUDE = 'north', ZDATECOMPONENTSDATA = 9"
    )
    assert world.export().new == ALL


def test_a_store_that_is_no_database_is_told_and_the_others_are_read(world: World) -> None:
    world.export()
    shed = world.container / "Stores" / "Data-SHED.sqlite"
    shed.write_bytes(b"not a database" * 100)
    past = time.time() - 60
    os.utime(shed, (past, past))
    report = world.export()
    assert report.outcome == "partial"
    assert report.unchanged == ALL
    assert any("Data-SHED.sqlite" in one.title for one in report.failed)
    assert all(one.hint for one in report.failed)


def test_nothing_is_taken_for_gone_while_a_store_cannot_be_read(world: World) -> None:
    world.export()
    world.database.write_bytes(b"not a database" * 100)
    world.database.with_name(f"{world.database.name}-wal").unlink()
    other = RemindersStore(NEW, account_name="Shed", account=uuid("Shed"))
    other.reminder("Oil the hinges", other.list("Tools", 1))
    other.write(world.container)
    report = world.export()
    assert (report.new, report.gone) == (1, 0)
    assert not any(one.get("gone") for one in world.list()["reminders"])


def test_a_container_without_a_store_fails_with_a_hint(tmp_path: Path) -> None:
    world = World(tmp_path)
    (world.container / "Stores").mkdir(parents=True)
    report = world.export()
    assert report.outcome == "failed"
    assert "without a store" in report.message
    assert "Open Reminders" in report.hint


def test_a_store_of_an_unknown_version_fails_with_a_hint(world: World) -> None:
    world.sql("UPDATE Z_PRIMARYKEY SET Z_NAME = 'REMXTask' WHERE Z_NAME = 'REMCDReminder'")
    report = world.export()
    assert report.outcome == "failed"
    assert "Update rootcellar" in report.hint


def test_a_store_as_good_as_empty_is_nothing_to_tell(world: World) -> None:
    local = world.container / "Stores" / "Data-local.sqlite"
    with sqlite3.connect(local) as connection:
        connection.execute("CREATE TABLE Z_PRIMARYKEY (Z_ENT, Z_NAME, Z_SUPER, Z_MAX)")
    connection.close()
    report = world.export()
    assert report.new == ALL
    assert not world.notes


def test_a_container_that_may_not_be_looked_at_says_so(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    world.export()
    scandir = os.scandir

    def closed(path: object) -> object:
        if str(path).endswith("Stores"):
            raise PermissionError(13, "Permission denied", str(path))
        return scandir(path)  # type: ignore[arg-type]

    monkeypatch.setattr(os, "scandir", closed)
    home = HomeFolder(world.home)
    found = home.stores(Reminders.reads)
    assert found.access == "forbidden"
    assert "cannot be opened" in found.problems[0].message
    assert found.problems[0].hint
    with (
        open_capture(home, (FoundStore(Reminders.reads[0], world.container),), None) as capture,
        pytest.raises(RootcellarError) as caught,
    ):
        list(Reminders().survey(capture))
    assert "doctor" in caught.value.hint


# -- values ------------------------------------------------------------------------------------


def test_colours_and_emblems_in_every_form() -> None:
    assert colour_of(keyed_archive("REMColor", {"ckSymbolicColorName": "blue"})) == {
        "name": "blue"
    }
    assert colour_of(b"\x00\x01") == {"raw": {"base64": "AAE="}}
    assert emblem_of('{"Emblem":"cart"}') == {"symbol": "cart"}
    assert emblem_of("leaf") == {"symbol": "leaf"}
    assert emblem_of(None) is None


def test_a_filter_in_a_keyed_archive_is_told_in_words() -> None:
    asked = '{"operation":"or","priorities":[1,5],"flagged":true}'
    found = filter_of(keyed_archive("REMCustomSmartListFilterDescriptor", {"json": asked}))
    assert found is not None
    assert found["words"] == "priority high or medium or flagged"
    unknown = filter_of(b"\xff\xfe")
    assert unknown is not None
    assert unknown["words"] == "a filter that is not known here"


def test_days_of_a_rule_are_read_from_json_and_from_keyed_archives() -> None:
    row = {
        "FREQUENCY": 2,
        "INTERVAL": 1,
        "DAYSOFTHEWEEK": encoded([{"dayOfTheWeek": 6, "weekNumber": -1}]),
    }
    assert rule_of(row, None)["ical"] == "FREQ=MONTHLY;BYDAY=-1FR"
    archived = keyed_archive("REMDays", {"x": 1})
    assert "ical" not in rule_of({**row, "DAYSOFTHEWEEK": archived}, None)


@pytest.mark.parametrize(
    ("components", "expected"),
    [
        ({"year": 2026, "month": 2, "day": 30}, None),
        ({"hour": 7}, None),
        ("tomorrow", None),
        ({"NS.year": 2026, "NS.month": 5, "NS.day": 6, "NS.hour": 2**63 - 1},
         {"kind": "date", "value": "2026-05-06"}),
        ({"year": 2026, "month": 5, "day": 6, "hour": 7, "timeZone": {"NS.name": "Asia/Tokyo"}},
         {"kind": "instant", "value": "2026-05-05T22:00:00Z", "tz": "Asia/Tokyo"}),
        ({"year": 2026, "month": 5, "day": 6, "hour": 7, "timeZone": {"identifier": "Mars/X"}},
         {"kind": "floating", "value": "2026-05-06T07:00:00", "tz": "Mars/X"}),
    ],
)  # fmt: skip
def test_date_components(components: object, expected: object) -> None:
    assert of_components(components) == expected


def test_a_text_is_read_from_its_document_where_there_is_no_other() -> None:
    import gzip

    def field(number: int, data: bytes) -> bytes:
        return bytes([number << 3 | 2, len(data)]) + data

    document = gzip.compress(field(2, field(3, field(2, "Größe".encode()))))
    assert text_of_document(document) == "Größe"
    assert text_of_document(document[:-9]) == ""
    assert text_of_document(b"\xff\xff") == ""
    assert text_of_document(None) == ""
