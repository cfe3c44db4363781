"""Runs a command and tells its wall time, CPU time and peak memory; prints tables."""

import json
import os
import subprocess
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

SHARED = Path(os.environ.get("ROOTCELLAR_FIXTURES", "../shared/fixtures")).resolve()
GENERATOR = SHARED.parent / "bench" / "scale_photos.py"
SOURCE = SHARED / "homes" / "mac26" / "Pictures" / "Photos Library.photoslibrary"


@dataclass(frozen=True)
class Measure:
    """One command's cost: seconds of wall time and of CPU, peak memory in MB."""

    wall: float
    cpu: float
    memory: float


_MEASURED = """
import resource, subprocess, sys, json, time
began = time.monotonic()
code = subprocess.call(sys.argv[2:], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
wall = time.monotonic() - began
used = resource.getrusage(resource.RUSAGE_CHILDREN)
divisor = 1024 * 1024 if sys.platform == "darwin" else 1024
with open(sys.argv[1], "w") as file:
    json.dump([code, wall, used.ru_utime + used.ru_stime, used.ru_maxrss / divisor], file)
"""


def measure(command: Sequence[str], scratch: Path, allowed: Sequence[int] = (0,)) -> Measure:
    """Run a command in a process of its own and return its cost; raises when it fails."""
    settle()
    result = scratch / "measured.json"
    subprocess.run(
        [sys.executable, "-c", _MEASURED, str(result), *command],
        check=True,
        env=environment(scratch),
    )
    code, wall, cpu, memory = json.loads(result.read_text())
    if code not in allowed:
        raise SystemExit(f"{' '.join(command)} ended with {code}")
    return Measure(wall, cpu, memory)


def environment(scratch: Path) -> dict[str, str]:
    """Return an environment in which nothing of this person's own is read or written."""
    own = {
        "ROOTCELLAR_STATE": str(scratch / "state"),
        "ROOTCELLAR_CACHE": str(scratch / "cache"),
        "ROOTCELLAR_SETTINGS": str(scratch / "settings.toml"),
    }
    return {**os.environ, **own}


def grow(target: Path, count: int, **shares: float) -> Path:
    """Grow the real library to `count` assets in a made-up home, and return that home."""
    library = target / "Pictures" / "Photos Library.photoslibrary"
    library.parent.mkdir(parents=True)
    options = [f"--{name}={share}" for name, share in shares.items()]
    subprocess.run(
        [
            sys.executable,
            str(GENERATOR),
            "grow",
            str(SOURCE),
            str(library),
            "--count",
            str(count),
            *options,
        ],
        check=True,
        stdout=subprocess.DEVNULL,
    )
    return target


def mutate(home: Path, **changes: int) -> None:
    """Change the library as Photos would."""
    library = home / "Pictures" / "Photos Library.photoslibrary"
    options = [f"--{verb.replace('_', '-')}={count}" for verb, count in changes.items()]
    subprocess.run(
        [sys.executable, str(GENERATOR), "mutate", str(library), *options],
        check=True,
        stdout=subprocess.DEVNULL,
    )


def settle() -> None:
    """Let the disk come to rest before a measure: what others wrote is not ours to flush."""
    os.sync()
    time.sleep(0.5)


def row(name: str, ours: Measure, theirs: Measure | None = None, wanted: float = 0) -> str:
    """Return one line of a table: ours, theirs, the ratio, and whether it is what we want."""
    line = f"{name:<34} {ours.wall:8.2f} s {ours.memory:6.0f} MB"
    if theirs is None:
        return line
    ratio = theirs.wall / ours.wall
    peer = f"osxphotos {theirs.wall:8.2f} s {theirs.memory:6.0f} MB"
    verdict = f"wanted {wanted:g}: {'yes' if ratio >= wanted else 'NO'}" if wanted else ""
    return f"{line}   {peer}   {ratio:7.1f} x  {verdict}".rstrip()


def limited(name: str, one: Measure, seconds: float, megabytes: float) -> str:
    """Return one line of a table: a cost, and whether it is within what we want (0: anything)."""
    line = f"{name:<34} {one.wall:8.2f} s {one.memory:6.0f} MB"
    if seconds:
        met = one.wall <= seconds and one.memory <= megabytes
        line += f"   wanted {seconds:g} s, {megabytes:g} MB: {'yes' if met else 'NO'}"
    return line
