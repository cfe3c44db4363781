"""Values that are damaged or in no known form: kept as stored, told, and nothing else is lost."""

import json
import sqlite3
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from reminders_world import GARDEN, World, reminder

from rootcellar.sample.core_data import Model
from rootcellar.sample.reminders_models import NEW, OLD
from rootcellar_reminders.store.forms import FORMS, odd_columns
from rootcellar_reminders.store.recurrence import rule_of
from rootcellar_reminders.store.values import identifier
from rootcellar_reminders.store.when import of_components
from rootcellar_reminders.views import calendar

ALL = 10
MOST = 2**63 - 1


@pytest.fixture
def world(tmp_path: Path) -> World:
    return World(tmp_path).fill()


@pytest.mark.parametrize(
    ("column", "value", "kept"),
    [
        ("DUEDATE", "soon", "soon"),
        ("COMPLETIONDATE", 1e300, 1e300),
        ("PRIORITY", "high", "high"),
        ("CREATIONDATE", b"\x00", {"base64": "AA=="}),
        ("TIMEZONE", b"\x01", {"base64": "AQ=="}),
        ("DUEDATEDELTAALERTSDATA", 4, 4),
        ("CONTACTHANDLES", 2.5, 2.5),
        ("MARKEDFORDELETION", "soon", "soon"),
    ],
)
def test_a_value_in_no_known_form_is_kept_and_told(
    world: World, column: str, value: object, kept: object
) -> None:
    world.change("Sow broad beans", **{column: value})
    assert world.export().new == ALL
    found = world.reminders()["Sow broad beans"]
    assert found["raw"][column.lower()] == kept
    assert "deleted" not in found
    if column != "TIMEZONE":
        assert any(note.startswith("1 value says") for note in world.notes), world.notes


def test_a_date_of_the_year_one_is_no_date_and_no_damage() -> None:
    assert odd_columns({"DUEDATE": -63114076800.0, "STARTDATE": 5}, FORMS) == []
    assert odd_columns({"DUEDATE": -1e18, "STARTDATE": float("inf")}, FORMS) == [
        "DUEDATE",
        "STARTDATE",
    ]


def test_sections_and_order_that_cannot_be_read_are_kept_and_told(world: World) -> None:
    world.sql(
        "UPDATE ZREMCDBASELIST SET ZMEMBERSHIPSOFREMINDERSINSECTIONSASDATA = x'00ff', "
        "ZREMINDERIDSMERGEABLEORDERING_V2_JSON = '{\"a\": 1}' WHERE ZNAME = 'Garden / Orchard'"
    )
    world.export()
    raw = world.list()["list"]["raw"]
    assert raw["membershipsofremindersinsectionsasdata"] == {"base64": "AP8="}
    assert raw["reminderidsmergeableordering_v2_json"] == {"a": 1}
    assert any(note.startswith("2 values say") for note in world.notes)


def test_what_leads_nowhere_is_told_with_its_number(world: World) -> None:
    world.change("Apples", LIST=4711)
    world.change("Sharpen the saw", PARENTREMINDER=4712)
    world.sql("UPDATE ZREMCDOBJECT SET ZHASHTAGLABEL = 4713 WHERE ZHASHTAGLABEL = 1")
    world.sql("UPDATE ZREMCDOBJECT SET ZASSIGNEE = 4714 WHERE ZASSIGNEE IS NOT NULL")
    world.export()
    assert world.reminders("Without a list")["Apples"]["raw"]["list"] == 4711
    found = world.reminders()
    assert found["Sharpen the saw"]["raw"]["parentreminder"] == 4712
    assert found["Order seed potatoes"]["raw"]["hashtaglabels"] == [4713]
    assert found["Prune the pear tree"]["assignee"]["raw"]["assignee"] == 4714
    assert any(note.startswith("4 reminders refer to something") for note in world.notes)


@pytest.mark.parametrize("model", [OLD, NEW], ids=["one table", "own tables"])
def test_parts_of_no_reminder_are_counted(tmp_path: Path, model: Model) -> None:
    world = World(tmp_path).fill(model)
    table = model.table("REMCDReminder")
    column = model.columns["REMCDReminder"]["title"]
    number = model.entities["REMCDReminder"].number
    world.sql(f"DELETE FROM {table} WHERE {column} = 'Water the seedlings' AND Z_ENT = {number}")
    assert world.export().new == ALL - 1
    assert any("belong to no reminder that is there (4 alarms)" in note for note in world.notes)


def test_damaged_letters_are_told(world: World) -> None:
    world.sql("UPDATE ZREMCDREMINDER SET ZNOTES = CAST(x'ff41' AS TEXT) WHERE ZTITLE = 'Apples'")
    world.export()
    assert world.reminders("Groceries")["Apples"]["notes"] == "\ufffdA"
    assert any(note.startswith("1 reminder has letters") for note in world.notes)


@pytest.mark.parametrize("uid", ["A\x00B", "x\ufffd", "\x1b[0m", "y" * 100_000])
def test_an_identifier_that_is_damaged_is_not_used(world: World, uid: str) -> None:
    world.change("Apples", CKIDENTIFIER=uid)
    assert world.export().new == ALL
    apples = world.reminders("Groceries")["Apples"]
    assert apples["id"] == reminder("Apples")
    assert apples["raw"]["ckidentifier"] == uid


def test_an_object_may_have_no_usable_identifier() -> None:
    assert identifier({"CKIDENTIFIER": "\x01", "IDENTIFIER": b"short"}) == ""
    assert identifier({"CKIDENTIFIER": " a ", "IDENTIFIER": None}) == "a"


@pytest.mark.parametrize("damage", ["DROP TABLE Z_PRIMARYKEY", "DELETE FROM Z_PRIMARYKEY"])
def test_a_store_that_does_not_say_what_is_in_it_is_told(world: World, damage: str) -> None:
    world.export()
    world.sql(damage)
    report = world.export()
    assert report.outcome == "failed"
    assert "Z_PRIMARYKEY" in report.message
    assert "restore it from a backup" in report.hint
    assert not any(one.get("gone") for one in world.list()["reminders"])


def test_a_store_that_was_emptied_takes_nothing_away(world: World) -> None:
    world.export()
    world.database.write_bytes(b"")
    for name in (f"{world.database.name}-wal", f"{world.database.name}-shm"):
        world.database.with_name(name).unlink(missing_ok=True)
    report = world.export()
    assert (report.outcome, report.gone) == ("failed", 0)
    assert "holds no tables" in report.message


# -- links, files, persons ---------------------------------------------------------------------


def test_a_link_without_its_address_is_no_missing_file(world: World) -> None:
    world.sql("UPDATE ZREMCDOBJECT SET ZURL = x'00' WHERE ZURL IS NOT NULL")
    world.export()
    found = world.reminders()["Order seed potatoes"]
    assert found["links"][0]["url"] == ""
    assert found["links"][0]["raw"]["url"] == {"base64": "AA=="}
    assert len(found["attachments"]) == 2


def test_a_digest_that_is_none_is_kept_as_stored(world: World) -> None:
    world.sql("UPDATE ZREMCDOBJECT SET ZSHA512SUM = 'x' WHERE ZSHA512SUM IS NOT NULL")
    world.export()
    (damaged,) = (
        one
        for one in world.reminders()["Order seed potatoes"]["attachments"]
        if one["file"] == "potatoes.jpeg"
    )
    assert "sha512" not in damaged
    assert damaged["raw"]["sha512sum"] == "x"


def test_every_part_of_a_persons_name_is_kept(world: World) -> None:
    world.sql(
        "UPDATE ZREMCDOBJECT SET ZFIRSTNAME = 'Bodil', ZLASTNAME = 'Fieldhand' "
        "WHERE ZDISPLAYNAME IS NOT NULL"
    )
    world.export()
    (person,) = world.list()["list"]["shared"]["people"]
    assert person["name"] == "Bo Fieldhand"
    assert person["names"] == {"first": "Bodil", "last": "Fieldhand"}


def test_a_document_of_notes_that_cannot_be_read_is_kept(world: World) -> None:
    world.change("Apples", NOTES=None, NOTESDOCUMENT=b"\xff\x00", TITLEDOCUMENT=b"\xfe")
    world.export()
    assert world.reminders("Groceries")["Apples"]["raw"] == {"notesdocument": {"base64": "/wA="}}


# -- numbers out of range ----------------------------------------------------------------------


@pytest.mark.parametrize(
    "odd",
    [
        {"INTERVAL": 2**40},
        {"INTERVAL": "two"},
        {"INTERVAL": -1},
        {"OCCURRENCECOUNT": MOST},
        {"ENDDATE": 1e300},
        {"DAYSOFTHEMONTH": b"[true]"},
        {"DAYSOFTHEWEEK": b"[true]"},
    ],
)
def test_a_rule_with_an_impossible_part_is_not_understood(odd: dict[str, Any]) -> None:
    rule = rule_of({"FREQUENCY": 1, "INTERVAL": 2, **odd}, None)
    assert rule.keys() == {"raw"}
    assert odd.keys() <= {name.upper() for name in rule["raw"]}


def test_a_moment_beyond_the_last_year_costs_nothing(world: World) -> None:
    last = {"year": 9999, "month": 12, "day": 31, "hour": 23,
            "timeZone": {"identifier": "America/New_York"}}  # fmt: skip
    assert of_components(last) == {
        "kind": "floating", "value": "9999-12-31T23:00:00", "tz": "America/New_York",
    }  # fmt: skip
    world.change("Apples", DUEDATE=252423993599.0, TIMEZONE="Asia/Tokyo")
    world.change("Sow broad beans", DUEDATE=252423993599.0, STARTDATE=252423993599.0, ALLDAY=0,
                 TIMEZONE="America/New_York")  # fmt: skip
    world.sql("UPDATE ZREMCDOBJECT SET ZTIMEINTERVAL = 1e300 WHERE ZTIMEINTERVAL IS NOT NULL")
    told = [{"dueDateDeltaUnit": 0, "dueDateDeltaCount": 10**17},
            {"dueDateDeltaUnit": "x", "dueDateDeltaCount": 1}, 7]  # fmt: skip
    early = {"dueDateDeltaAlerts": told}
    world.change("Water the seedlings", DUEDATEDELTAALERTSDATA=json.dumps(early))
    assert world.export().outcome == "partial"  # for the file that is not here
    water = world.reminders()["Water the seedlings"]
    assert water["early"] == [{"unit": "minute", "count": 10**17}]
    assert len(water["raw"]["duedatedeltaalerts"]) == 2
    assert "DUE:99991231T235959Z" in world.text("Groceries.ics")


def test_a_place_without_coordinates_is_not_put_on_the_equator() -> None:
    alarm = {"type": "location", "proximity": "arriving", "latitude": None, "longitude": None,
             "radius": None, "title": "Barn", "address": "Lane 1"}  # fmt: skip
    one = {"id": "A", "title": "x", "alarms": [alarm]}
    text = str(calendar({"list": {}}, [one]))
    assert "geo:" not in text
    assert "X-ROOTCELLAR-PLACE:Barn\\, Lane 1" in text


def test_the_garden_stays_whole_whatever_happens_to_groceries(world: World) -> None:
    world.export()
    before = world.list()["reminders"]
    world.sql("UPDATE ZREMCDREMINDER SET ZDUEDATE = 'x', ZTITLE = NULL, ZLIST = 'y', "
              "ZCKIDENTIFIER = NULL WHERE ZTITLE = 'Apples'")  # fmt: skip
    world.export()
    assert world.list(GARDEN)["reminders"] == before


# -- what is easily forgotten ------------------------------------------------------------------


def test_columns_nobody_has_named_are_kept_of_alarms_and_of_their_triggers(world: World) -> None:
    world.sql("ALTER TABLE ZREMCDOBJECT ADD COLUMN ZHUM VARCHAR")
    world.sql("UPDATE ZREMCDOBJECT SET ZHUM = 'of a trigger' WHERE ZTIMEINTERVAL IS NOT NULL")
    world.sql(
        "UPDATE ZREMCDOBJECT SET ZHUM = 'of an alarm' WHERE ZTRIGGER = "
        "(SELECT Z_PK FROM ZREMCDOBJECT WHERE ZTIMEINTERVAL IS NOT NULL)"
    )
    world.export()
    (alarm,) = (
        one
        for one in world.reminders()["Water the seedlings"]["alarms"]
        if one["type"] == "relative"
    )
    assert alarm["raw"] == {"hum": "of an alarm", "trigger_hum": "of a trigger"}


@pytest.mark.parametrize("by", ["REMINDERIDENTIFIER BLOB", "REMINDER INTEGER"])
def test_early_reminders_may_be_rows_of_their_own(world: World, by: str) -> None:
    name = by.split()[0]
    value: object = bytes.fromhex(reminder("Apples").replace("-", ""))
    if name == "REMINDER":
        value = next(iter_numbers(world, "Apples"))
    world.sql("INSERT INTO Z_PRIMARYKEY VALUES (38, 'REMCDDueDateDeltaAlert', 0, 1)")
    world.sql(
        "UPDATE Z_MODELCACHE SET Z_CONTENT = NULL"  # no model: the table is newer than it
    )
    with sqlite3.connect(world.database) as connection:
        connection.execute(
            "CREATE TABLE ZREMCDDUEDATEDELTAALERT (Z_PK INTEGER PRIMARY KEY, Z_ENT INTEGER, "
            f"ZDUEDATEDELTAUNIT INTEGER, ZDUEDATEDELTACOUNT INTEGER, Z{by})"
        )
        connection.execute(
            "INSERT INTO ZREMCDDUEDATEDELTAALERT VALUES (1, 38, 1, -2, ?)", (value,)
        )
    connection.close()
    world.export()
    (early,) = world.reminders("Groceries")["Apples"]["early"]
    assert (early["unit"], early["count"]) == ("hour", -2)


def iter_numbers(world: World, title: str) -> Iterator[int]:
    with sqlite3.connect(world.database) as connection:
        yield from (
            pk
            for (pk,) in connection.execute(
                "SELECT Z_PK FROM ZREMCDREMINDER WHERE ZTITLE = ?", (title,)
            )
        )
    connection.close()
