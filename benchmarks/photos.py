"""Photos against `osxphotos export` of the same library, whole processes, in one run."""

import argparse
import shutil
import sys
import tempfile
from pathlib import Path

from benchmarks.measuring import Measure, grow, measure, mutate, row

BIN = Path(sys.executable).parent
WANTED = {
    1_000: {"first": 8, "untouched": 40},
    10_000: {"first": 10, "untouched": 300, "touched": 100, "changes": 60},
    30_000: {"first": 15, "untouched": 1000, "touched": 300, "changes": 200},
}
CHANGES = ("title", "favorite", "keyword", "album", "rename_album", "edit", "replace_original")
EACH = 10
"""So many changes of every kind are made at once."""
CPU = 4
"""A first export may cost so many times the CPU time of writing the same files, and no more."""
FLOOR = """
import hashlib, os, sys
from pathlib import Path
source, target = Path(sys.argv[1]), Path(sys.argv[2])
parts = target / "parts"
parts.mkdir(parents=True)
def flush(batch):
    os.sync()
    for part, path in batch:
        os.renames(part, path)
    parts.mkdir(exist_ok=True)
    os.sync()
batch, buffer = [], memoryview(bytearray(1 << 20))
for folder, _, names in os.walk(source):
    for name in names:
        part = parts / str(len(batch))
        digest = hashlib.sha256()
        with open(os.path.join(folder, name), "rb", 0) as come, open(part, "xb", 0) as go:
            while count := come.readinto(buffer):
                digest.update(buffer[:count])
                go.write(buffer[:count])
        batch.append((part, target / os.path.relpath(os.path.join(folder, name), source)))
        if len(batch) == 500:
            flush(batch)
            batch = []
flush(batch)
"""
"""Writes the files of an archive once more: by part, hash and rename, a flush for every 500."""
SMALL = 2_000
"""Up to so many assets a first export is short enough to be measured three times."""
ENDINGS = ("trash", "delete", "add")


def ours(home: Path, archive: Path, scratch: Path) -> Measure:
    """Run one export of ours; absent originals (exit 3) are part of the library."""
    command = [str(BIN / "rootcellar"), "export", "--home", str(home), "--archive", str(archive)]
    return measure(command, scratch, allowed=(0, 3))


def theirs(home: Path, target: Path, scratch: Path, *, update: bool) -> Measure:
    """Run one `osxphotos export --update` with XMP sidecars."""
    target.mkdir(exist_ok=True)
    library = home / "Pictures" / "Photos Library.photoslibrary"
    command = [str(BIN / "osxphotos"), "export", str(target), "--library", str(library)]
    command += ["--sidecar", "xmp", "--directory", "{created.year}/{created.mm}"]
    return measure([*command, *(["--update"] if update else [])], scratch, allowed=(0, 1))


def compare(count: int, scratch: Path) -> list[str]:
    """Return the lines of the table for a library of `count` assets."""
    home = grow(scratch / "home", count, edited=0.1, live=0.3)
    archive, target = scratch / "archive", scratch / "osxphotos"
    wanted = WANTED.get(count, {})
    lines = [f"{count:,} assets, 10 % edited, 30 % live"]
    first, peer = _first(home, archive, target, rounds=3 if count <= SMALL else 1)
    lines.append(row("first export", first, peer, wanted.get("first", 0)))
    lines.append(_floor(first, archive, scratch))
    peer = theirs(home, target, scratch, update=True)
    untouched = min((ours(home, archive, scratch) for _ in range(3)), key=lambda one: one.wall)
    lines.append(row("nothing changed", untouched, peer, wanted.get("untouched", 0)))
    mutate(home, favorite=1)
    ours(home, archive, scratch)
    _touch(home)
    lines.append(
        row(
            "nothing changed, log touched",
            ours(home, archive, scratch),
            peer,
            wanted.get("touched", 0),
        )
    )
    mutate(home, **dict.fromkeys((*CHANGES, *ENDINGS), EACH))
    changed = ours(home, archive, scratch)
    peer = theirs(home, target, scratch, update=True)
    lines.append(row("ten changes of every kind", changed, peer, wanted.get("changes", 0)))
    return lines


def _floor(first: Measure, archive: Path, scratch: Path) -> str:
    """Return the line that compares CPU time with that of a loop that only writes."""
    copy = scratch / "floor"
    floor = measure([sys.executable, "-c", FLOOR, str(archive / "Photos"), str(copy)], scratch)
    shutil.rmtree(copy)
    ratio = first.cpu / floor.cpu
    return (
        f"{'  CPU time of that':<34} {first.cpu:8.2f} s     floor {floor.cpu:8.2f} s   "
        f"{ratio:7.1f} x  wanted at most {CPU}: {'yes' if ratio <= CPU else 'NO'}"
    )


def _first(home: Path, archive: Path, target: Path, rounds: int) -> tuple[Measure, Measure]:
    """Return the medians of first exports of both, in turn, each into a new folder."""
    mine, others = [], []
    scratch = archive.parent
    for _ in range(rounds):
        for left in (archive, target, scratch / "state"):
            shutil.rmtree(left, ignore_errors=True)
        mine.append(ours(home, archive, scratch))
        others.append(theirs(home, target, scratch, update=False))
    return _median(mine), _median(others)


def _median(measures: list[Measure]) -> Measure:
    return sorted(measures, key=lambda one: one.wall)[len(measures) // 2]


def _touch(home: Path) -> None:
    database = home / "Pictures" / "Photos Library.photoslibrary" / "database" / "Photos.sqlite"
    database.touch()


def main(arguments: list[str]) -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--count", type=int, action="append", help="assets; default 1000")
    chosen = parser.parse_args(arguments)
    for count in chosen.count or [1_000]:
        with tempfile.TemporaryDirectory() as folder:
            for line in compare(count, Path(folder)):
                print(line, flush=True)
