"""Notes against the floor: a loop that reads, unpacks and decodes each text and writes it plain.

Both run as whole processes over the same store, in one run. The floor decodes with
the same decoder as the export.
"""

import argparse
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from benchmarks.measuring import SHARED, Measure, limited, measure

GENERATOR = SHARED.parent / "bench" / "scale_notes.py"
GROUP = Path("Library") / "Group Containers" / "group.com.apple.notes"
SOURCE = SHARED / "homes" / "mac26" / GROUP
SECONDS = {10_000: {"first": 8.0, "untouched": 0.5, "touched": 1.0}}
MEGABYTES = 150
FLOORS = 4
"""How many times the floor a first export may take."""

FLOOR = """
import sqlite3, sys
from pathlib import Path
from rootcellar_notes.body import decode_body
target = Path(sys.argv[2])
target.mkdir()
store = sqlite3.connect(f"file:{sys.argv[1]}?immutable=1", uri=True)
for key, data in store.execute("SELECT Z_PK, ZDATA FROM ZICNOTEDATA WHERE ZDATA IS NOT NULL"):
    (target / f"{key}.txt").write_text(decode_body(data).text)
"""


def grow(home: Path, count: int) -> Path:
    """Make a home with `count` notes, and return it."""
    (home / GROUP).parent.mkdir(parents=True)
    _generate(SOURCE, home / GROUP, str(count))
    return home


def touch(home: Path, count: int, seed: int) -> None:
    """Change notes as Notes would."""
    _generate(SOURCE, home / GROUP, "0", "--touch", str(count), "--seed", str(seed))


def _generate(*arguments: str | Path) -> None:
    command = [sys.executable, str(GENERATOR), *map(str, arguments)]
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


def ours(home: Path, archive: Path, scratch: Path) -> Measure:
    """Run one export; what is absent (exit 3) is part of the store."""
    rootcellar = str(Path(sys.executable).parent / "rootcellar")
    command = [rootcellar, "export", "notes", "--home", str(home), "--archive", str(archive)]
    return measure(command, scratch, allowed=(0, 3))


def floor(home: Path, target: Path, scratch: Path) -> Measure:
    """Run the floor."""
    store = str(home / GROUP / "NoteStore.sqlite")
    return measure([sys.executable, "-c", FLOOR, store, str(target)], scratch)


def compare(count: int, scratch: Path) -> list[str]:
    """Return the lines of the table for a store of `count` notes."""
    home, archive = grow(scratch / "home", count), scratch / "archive"
    wanted = SECONDS.get(count, {})
    least = floor(home, scratch / "floor", scratch)
    first = ours(home, archive, scratch)
    untouched = min((ours(home, archive, scratch) for _ in range(3)), key=lambda one: one.wall)
    touched = []
    for seed in (1, 2, 3):
        touch(home, 100, seed)
        touched.append(ours(home, archive, scratch))
    shutil.rmtree(scratch / "floor")
    ratio = first.wall / least.wall
    middle = sorted(touched, key=lambda one: one.wall)[1]
    return [
        f"{count:,} notes",
        _row("the floor", least),
        _row("first export", first, wanted.get("first", 0))
        + f"   {ratio:.1f} x the floor, wanted {FLOORS}: {'yes' if ratio <= FLOORS else 'NO'}",
        _row("nothing changed", untouched, wanted.get("untouched", 0)),
        _row("100 touched", middle, wanted.get("touched", 0)),
    ]


def _row(name: str, one: Measure, wanted: float = 0) -> str:
    return limited(name, one, wanted, MEGABYTES)


def main(arguments: list[str]) -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--count", type=int, action="append", help="notes; default 1000")
    chosen = parser.parse_args(arguments)
    for count in chosen.count or [1_000]:
        with tempfile.TemporaryDirectory() as folder:
            for line in compare(count, Path(folder)):
                print(line, flush=True)
