"""Calendar files, read back by two other libraries; and times, wherever the export runs."""

import os
import time
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import unquote
from zoneinfo import ZoneInfo

import icalendar
import pytest
import vobject
from hypothesis import given
from hypothesis import strategies as st
from reminders_world import GARDEN, World

from rootcellar.sample.core_data import Model
from rootcellar.sample.reminders_content import RemindersStore, seconds
from rootcellar.sample.reminders_models import NEW, OLD
from rootcellar_reminders.views import calendar, table, tasks

ZONES = ["UTC", "Europe/Berlin", "America/New_York", "Asia/Kolkata", "Pacific/Apia"]
BERLIN = ZoneInfo("Europe/Berlin")
DUE: dict[str, tuple[dict[str, Any], dict[str, str], datetime | date, str]] = {
    # title: (columns, what the record says, what a calendar says, what a page says)
    "winter in Berlin": (
        {"dueDate": seconds(2026, 3, 28, 23, 30), "timeZone": "Europe/Berlin"},
        {"kind": "instant", "value": "2026-03-28T23:30:00Z", "tz": "Europe/Berlin"},
        datetime(2026, 3, 29, 0, 30, tzinfo=BERLIN),
        "2026-03-29 00:30 Europe/Berlin",
    ),
    "summer in Berlin": (
        {"dueDate": seconds(2026, 3, 29, 1, 30), "timeZone": "Europe/Berlin"},
        {"kind": "instant", "value": "2026-03-29T01:30:00Z", "tz": "Europe/Berlin"},
        datetime(2026, 3, 29, 3, 30, tzinfo=BERLIN),
        "2026-03-29 03:30 Europe/Berlin",
    ),
    "the first half past two": (
        {"dueDate": seconds(2026, 10, 25, 0, 30), "timeZone": "Europe/Berlin"},
        {"kind": "instant", "value": "2026-10-25T00:30:00Z", "tz": "Europe/Berlin"},
        datetime(2026, 10, 25, 2, 30, tzinfo=BERLIN),
        "2026-10-25 02:30 Europe/Berlin",
    ),
    "the second half past two": (
        {"dueDate": seconds(2026, 10, 25, 1, 30), "timeZone": "Europe/Berlin"},
        {"kind": "instant", "value": "2026-10-25T01:30:00Z", "tz": "Europe/Berlin"},
        datetime(2026, 10, 25, 1, 30, tzinfo=UTC),
        "2026-10-25 02:30 Europe/Berlin",
    ),
    "in a zone nobody knows": (
        {"dueDate": seconds(2026, 5, 1, 12), "timeZone": "Mars/Olympus"},
        {"kind": "instant", "value": "2026-05-01T12:00:00Z", "tz": "Mars/Olympus"},
        datetime(2026, 5, 1, 12, tzinfo=UTC),
        "2026-05-01 12:00 UTC",
    ),
    "floating": (
        {"dueDate": seconds(2026, 3, 29, 2, 30)},
        {"kind": "floating", "value": "2026-03-29T02:30:00"},
        datetime.fromisoformat("2026-03-29T02:30"),
        "2026-03-29 02:30",
    ),
    "all day": (
        {"dueDate": seconds(2026, 10, 25), "allDay": 1},
        {"kind": "date", "value": "2026-10-25"},
        date(2026, 10, 25),
        "2026-10-25",
    ),
    "all day, entered in a zone": (
        {"dueDate": seconds(2026, 3, 29), "allDay": 1, "timeZone": "Asia/Tokyo"},
        {"kind": "date", "value": "2026-03-29", "tz": "Asia/Tokyo"},
        date(2026, 3, 29),
        "2026-03-29",
    ),
}


@pytest.fixture(params=ZONES)
def zone(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """Let this machine be in each zone in turn."""
    monkeypatch.setenv("TZ", request.param)
    time.tzset()
    yield request.param
    monkeypatch.undo()
    time.tzset()


@pytest.mark.parametrize("model", [OLD, NEW], ids=["one table", "own tables"])
def test_due_dates_keep_their_meaning_wherever_the_export_runs(
    tmp_path: Path, zone: str, model: Model
) -> None:
    store = RemindersStore(model)
    within = store.list("Times", 1)
    for title, (columns, *_) in DUE.items():
        store.reminder(title, within, **columns)
    world = World(tmp_path)
    store.write(world.container)
    world.export()
    page = world.text("Times.md")
    due = {str(one["SUMMARY"]): one["DUE"].dt for one in todos(world.text("Times.ics"))}
    for title, (_, record, said, words) in DUE.items():
        assert world.reminders("Times")[title]["due"] == record, zone
        assert due[title] == said
        assert type(due[title]) is type(said)
        assert (
            getattr(due[title], "utcoffset", lambda: None)()
            == getattr(said, "utcoffset", lambda: None)()
        )
        assert f"- [ ] {title} · due {words}\n" in page


def test_every_byte_is_the_same_wherever_the_export_runs(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    worlds = []
    for name in ZONES:
        monkeypatch.setenv("TZ", name)
        time.tzset()
        world = World(tmp_path / name.replace("/", "-")).fill()
        world.export()
        worlds.append({path: data for path, (data, _) in world.everything().items()})
    monkeypatch.undo()
    time.tzset()
    assert all(world == worlds[0] for world in worlds)
    assert os.environ.get("TZ", "") not in ZONES[1:]


# -- read back ---------------------------------------------------------------------------------


def todos(text: str) -> list[icalendar.Todo]:
    return list(icalendar.Calendar.from_ical(text).walk("VTODO"))


def test_what_a_calendar_can_carry_comes_back_equal(tmp_path: Path) -> None:
    world = World(tmp_path).fill()
    world.export()
    for name in (GARDEN, "Groceries"):
        back = {str(one["UID"]): one for one in todos(world.text(f"{name}.ics"))}
        shown = [one for one in world.list(name)["reminders"] if not one.get("deleted")]
        assert [one["id"] for one in shown] == list(back)
        for one in shown:
            compare(one, back[one["id"]])


def compare(one: dict[str, Any], back: icalendar.Todo) -> None:
    """Compare a record with a VTODO, in every field that it carries."""
    assert str(back["SUMMARY"]) == one["title"]
    assert str(back.get("DESCRIPTION", "")) == one.get("notes", "")
    assert int(back.get("PRIORITY", 0)) == one["priority"]
    assert (str(back["STATUS"]) == "COMPLETED") is one["completed"]
    for name, key in (("CREATED", "created"), ("LAST-MODIFIED", "modified"),
                      ("COMPLETED", "completed_at")):  # fmt: skip
        assert (back[name].dt if name in back else None) == instant(one.get(key))
    tags = [str(tag) for tag in back["CATEGORIES"].cats] if "CATEGORIES" in back else []
    assert tags == one.get("tags", [])
    assert str(back.get("RELATED-TO", "")) == one.get("parent", "")
    if "rrule" in one:
        assert back["RRULE"].to_ical().decode() == one["rrule"]["ical"]
    links = [link["url"] for link in one.get("links", ())]
    assert str(back.get("URL", "")) == (one.get("url") or (links[0] if links else ""))
    attached = back.get("ATTACH", [])
    attached = attached if isinstance(attached, list) else [attached]
    assert [str(url) for url in attached if url.params.get("FMTTYPE") == "text/html"] == links
    files = [url for url in attached if "FILENAME" in url.params]
    assert [unquote(str(url)) for url in files] == [
        file["path"].removeprefix("Reminders/iCloud/") for file in one.get("files", ())
    ]
    compare_alarms(one, list(back.walk("VALARM")))


def compare_alarms(one: dict[str, Any], back: list[icalendar.Alarm]) -> None:
    alarms = one.get("alarms", [])
    assert len(back) == len(alarms) + len(one.get("early", ()))
    for alarm, read in zip(alarms, back, strict=False):
        assert str(read["UID"]) == alarm["id"]
        trigger = read["TRIGGER"].dt
        if alarm["type"] == "relative":
            assert trigger == timedelta(seconds=alarm["seconds"])
        elif alarm["type"] == "date":
            assert trigger == instant(alarm["when"]["value"])
        elif alarm["type"] == "location":
            where = str(read["X-APPLE-STRUCTURED-LOCATION"])
            assert where == f"geo:{alarm['latitude']},{alarm['longitude']}"
            assert read["X-APPLE-STRUCTURED-LOCATION"].params["X-TITLE"] == alarm["title"]
        if at := alarm.get("acknowledged"):
            assert read["ACKNOWLEDGED"].dt == instant(at)


def instant(value: str | None) -> datetime | None:
    return datetime.fromisoformat(value) if value else None


def test_another_library_reads_the_same(tmp_path: Path) -> None:
    world = World(tmp_path).fill()
    world.export()
    text = world.text(f"{GARDEN}.ics")
    ours = {str(one["UID"]): one for one in todos(text)}
    theirs = {one.uid.value: one for one in vobject.readOne(text).vtodo_list}
    assert theirs.keys() == ours.keys()
    for uid, one in ours.items():
        other = theirs[uid]
        assert other.summary.value == str(one["SUMMARY"])
        assert other.status.value == str(one["STATUS"])
        if "DESCRIPTION" in one:
            assert other.description.value == str(one["DESCRIPTION"])
        if "DUE" in one:
            there, here = other.due.value, one["DUE"].dt
            assert (there == here) or there.replace(tzinfo=None) == here.replace(tzinfo=None)
        if "RRULE" in one:
            assert other.rrule.value == one["RRULE"].to_ical().decode()
        assert len(getattr(other, "valarm_list", [])) == len(one.walk("VALARM"))


words_ = st.text(st.characters(exclude_categories=["Cs"]), max_size=200)


@given(
    title=words_, notes=words_, tags=st.lists(words_.filter(str.strip), max_size=3), name=words_
)
def test_any_text_comes_back(title: str, notes: str, tags: list[str], name: str) -> None:
    one = {
        "id": "A", "title": title, "notes": notes, "tags": tags, "completed": False,
        "attachments": [{"id": "f", "file": name}],
        "files": [{"role": "f", "href": "a%20b.png", "path": "x", "size": 1, "sha256": ""}],
    }  # fmt: skip
    text = str(calendar({"list": {"name": name}}, [one]))
    assert all(len(line.encode()) <= 75 for line in text.split("\r\n"))
    assert "\n" not in text.replace("\r\n", "")
    (back,) = todos(text)
    assert str(back["SUMMARY"]) == plain(title)
    assert str(back.get("DESCRIPTION", "")) == plain(notes)
    listed = [str(tag) for tag in back["CATEGORIES"].cats] if tags else []
    assert listed == [plain(tag) for tag in tags]
    assert table({}, [one])
    assert str(tasks({"list": {"name": name}}, [one]))


def plain(text: str) -> str:
    """Return a text as a calendar can hold it: with one kind of line end, without controls."""
    for end in ("\r\n", "\r", "\x85", "\u2028", "\u2029"):
        text = text.replace(end, "\n")
    return "".join(
        one for one in text if one in "\n\t" or not ("\x00" <= one < " " or one == "\x7f")
    )


def test_a_rule_has_the_start_that_calendars_want() -> None:
    one = {
        "id": "A", "title": "Water", "completed": False,
        "due": {"kind": "date", "value": "2026-03-29"},
        "rrule": {"frequency": "daily", "interval": 1, "ical": "FREQ=DAILY"},
    }  # fmt: skip
    (back,) = todos(str(calendar({}, [one])))
    assert back["DTSTART"].dt == back["DUE"].dt == date(2026, 3, 29)


def test_a_start_by_the_clock_on_the_wall_is_in_the_zone_of_the_due_date() -> None:
    one = {
        "id": "A", "title": "Water", "completed": False,
        "due": {"kind": "instant", "value": "2026-03-30T07:00:00Z", "tz": "Europe/Berlin"},
        "start": {"kind": "floating", "value": "2026-03-28T09:00:00"},
    }  # fmt: skip
    (back,) = todos(str(calendar({}, [one])))
    assert back["DTSTART"].dt == datetime(2026, 3, 28, 9, tzinfo=BERLIN)


def test_nothing_in_a_title_is_taken_for_markdown() -> None:
    from markdown_it import MarkdownIt

    title = "# &copy; *not* _this_ <b>or</b> [that](x) `code` | 1. ~~no~~"
    one = {"id": "A", "title": title, "notes": "- not a list\n1. nor this", "completed": False}
    page = str(tasks({"list": {"name": title}}, [one]))
    html = MarkdownIt("gfm-like", {"linkify": False}).render(page)
    for mark in ("<em>", "<b>", "<a ", "<code>", "<s>", "<ol>"):
        assert mark not in html
    assert html.count("<ul>") == 1
    assert html.count("<h1>") == 1
    assert html.count("&amp;copy;") == 2


def test_a_long_page_is_the_same_in_pieces(tmp_path: Path) -> None:
    world = World(tmp_path)
    store = RemindersStore(NEW)
    many = store.list("Many", 1)
    for at in range(2_500):  # more than a template writes at a time
        store.reminder(f"Äpfel {at} 🍎", many)
    store.write(world.container)
    assert world.export().new == 2_500
    page, told = world.text("Many.md"), world.list("Many")
    assert page == str(tasks(told, told["reminders"]))
    assert world.text("Many.ics") == str(calendar(told, told["reminders"]))
    assert page.count("Äpfel") == world.text("Many.ics").count("BEGIN:VTODO") == 2_500
