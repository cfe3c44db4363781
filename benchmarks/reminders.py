"""Reminders: a made-up store of any size, exported whole, untouched, and after small changes.

The floor is a loop that writes titles and due dates alone, as JSON and with icalendar as VTODO.
"""

import argparse
import os
import sqlite3
import sys
import tempfile
import time
from pathlib import Path

from benchmarks.measuring import Measure, limited, measure
from rootcellar.sample.core_data import Value
from rootcellar.sample.reminders_content import RemindersStore, encoded, seconds, uuid

GROUP = Path("Library") / "Group Containers" / "group.com.apple.reminders"
SECONDS = {"first": 5.0, "untouched": 0.3}
MEGABYTES = 120
A_LIST = 1_000
"""Reminders in each list."""

FLOOR = """
import json, sqlite3, sys
from datetime import UTC, datetime, timedelta
from icalendar import Calendar, Todo
store = sqlite3.connect(f"file:{sys.argv[1]}?immutable=1", uri=True)
calendar, listed = Calendar(), []
for uid, title, due in store.execute("SELECT ZCKIDENTIFIER, ZTITLE, ZDUEDATE FROM ZREMCDREMINDER"):
    one = Todo()
    one.add("uid", uid)
    one.add("summary", title)
    if due:
        one.add("due", datetime(2001, 1, 1, tzinfo=UTC) + timedelta(seconds=due))
    calendar.add_component(one)
    listed.append({"id": uid, "title": title, "due": due})
open(sys.argv[2] + ".json", "w").write(json.dumps(listed, indent=1))
open(sys.argv[2] + ".ics", "wb").write(calendar.to_ical())
"""


def grow(home: Path, count: int) -> Path:
    """Make a home with `count` reminders, and return it."""
    store = RemindersStore()
    for start in range(0, count, A_LIST):
        _fill(store, start, min(A_LIST, count - start))
    store.write(home / GROUP / "Container_v1")
    return home


def _fill(store: RemindersStore, start: int, count: int) -> None:
    titles = [f"Errand {start + at} in the orchard" for at in range(count)]
    order = encoded([uuid(f"reminder {title}") for title in titles])
    within = store.list(
        f"List {start // A_LIST}", start // A_LIST + 1, reminderIDsMergeableOrdering_v2_JSON=order
    )
    label = store.rows.add("REMCDHashtagLabel", name=f"tag{start // A_LIST}")
    for at, title in enumerate(titles):
        facts: dict[str, Value] = {"notes": "Take the long ladder.\nAnd the red basket."}
        if at % 2:
            facts |= {"dueDate": seconds(2026, 1 + at % 12, 5, 9, 30), "timeZone": "Europe/Berlin"}
        if at % 5 == 0:
            facts |= {"completed": 1, "completionDate": seconds(2026, 2, 3)}
        one = store.reminder(title, within, **facts)
        if at % 2:
            store.alarm(one, "TimeInterval", timeInterval=-900.0)
        if at % 4 == 0:
            store.add("REMCDHashtag", reminder=one, hashtagLabel=label)
        if at % 10 == 1:
            store.add("REMCDRecurrenceRule", reminder=one, frequency=1, interval=1)


def reorder(home: Path, count: int) -> None:
    """Turn the order of some lists round, which leaves no other trace."""
    with _opened(home) as connection:
        rows = connection.execute(
            "SELECT Z_PK, ZREMINDERIDSMERGEABLEORDERING_V2_JSON FROM ZREMCDBASELIST LIMIT ?",
            (count,),
        ).fetchall()
        for pk, order in rows:
            turned = order.decode().strip("[]").split(",")[::-1]
            connection.execute(
                "UPDATE ZREMCDBASELIST SET ZREMINDERIDSMERGEABLEORDERING_V2_JSON = ? "
                "WHERE Z_PK = ?",
                (f"[{','.join(turned)}]".encode(), pk),
            )
    connection.close()


def rename(home: Path, count: int) -> None:
    """Give some reminders other titles."""
    with _opened(home) as connection:
        connection.execute(
            "UPDATE ZREMCDREMINDER SET ZTITLE = ZTITLE || '!' WHERE Z_PK % 199 = 0 AND Z_PK <= ?",
            (count * 199,),
        )
    connection.close()


def _opened(home: Path) -> sqlite3.Connection:
    (path,) = (home / GROUP / "Container_v1" / "Stores").glob("Data-*.sqlite")
    return sqlite3.connect(path)


def _let_settle(home: Path) -> None:
    """Let the store be a few seconds old: one just written may change again without a sign."""
    past = time.time() - 60
    for path in (home / GROUP / "Container_v1" / "Stores").iterdir():
        if path.stat().st_mtime > past:
            os.utime(path, (past, past))


def ours(home: Path, archive: Path, scratch: Path) -> Measure:
    """Run one export."""
    _let_settle(home)
    rootcellar = str(Path(sys.executable).parent / "rootcellar")
    command = [rootcellar, "export", "reminders", "--home", str(home), "--archive", str(archive)]
    return measure(command, scratch)


def compare(count: int, scratch: Path) -> list[str]:
    """Return the lines of the table for a store of `count` reminders."""
    home, archive = grow(scratch / "home", count), scratch / "archive"
    (path,) = (home / GROUP / "Container_v1" / "Stores").glob("Data-*.sqlite")
    least = measure([sys.executable, "-c", FLOOR, str(path), str(scratch / "floor")], scratch)
    first = ours(home, archive, scratch)
    untouched = min((ours(home, archive, scratch) for _ in range(3)), key=lambda one: one.wall)
    rename(home, 20)
    renamed = ours(home, archive, scratch)
    reorder(home, 1)
    reordered = ours(home, archive, scratch)
    return [
        f"{count:,} reminders",
        _row("titles and dates alone", least),
        _row("first export", first, SECONDS["first"]),
        _row("nothing changed", untouched, SECONDS["untouched"]),
        _row("20 other titles", renamed),
        _row("one list in another order", reordered),
    ]


def _row(name: str, one: Measure, wanted: float = 0) -> str:
    return limited(name, one, wanted, MEGABYTES)


def main(arguments: list[str]) -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--count", type=int, action="append", help="reminders; default 20000")
    chosen = parser.parse_args(arguments)
    for count in chosen.count or [20_000]:
        with tempfile.TemporaryDirectory() as folder:
            for line in compare(count, Path(folder)):
                print(line, flush=True)
