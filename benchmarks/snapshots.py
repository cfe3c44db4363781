"""Snapshots beside restic, borg and `rsync --link-dest`: whole processes over the same archive.

The archive is a real one, exported by a small exporter of plain files: by default 100,000 files of
2 to 20 kB in dated folders, and 200 of 5 MB. Peers that are not installed are left out, and named.
"""

import argparse
import os
import random
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path

from benchmarks.measuring import Measure, environment, measure

COUNT = 100_000
LARGE = 200
LARGE_BYTES = 5_000_000
A_FOLDER = 7
CHANGES = 100
TIMES = 3
MEGABYTES = 60
"""What a snapshot without changes may take."""
EXPORTER = """
from rootcellar.api import CopyOf, Exporter, File, Item, Sighting, Store

class Tree(Exporter):
    name = "tree"
    title = "Tree"
    reads = (Store("Tree", "Tree"),)

    def sighting(self, root, path):
        place = path.relative_to(root).as_posix()
        status = path.stat()
        look = f"{status.st_size} {status.st_mtime_ns}"
        return Sighting(place, path.name, place.removesuffix(path.suffix), look)

    def survey(self, capture):
        root = capture.stores[0].path
        yield from (self.sighting(root, path) for path in sorted(root.rglob("*.*")))

    def read(self, capture, keys):
        root = capture.stores[0].path
        for path in (root / key for key in keys):
            file = File("original", path.suffix, CopyOf(path))
            yield Item(self.sighting(root, path), {}, (file,))
"""


def plant(root: Path, count: int, large: int) -> None:
    """Fill a folder with files, half of them random bytes, half text."""
    chance = random.Random(1)
    words = [f"word{number}" for number in range(1000)]
    for number in range(count):
        folder = root / f"{2000 + number // A_FOLDER // 365}" / f"{number // A_FOLDER:05}"
        if number % A_FOLDER == 0:
            folder.mkdir(parents=True)
        size = chance.randrange(2000, 20000)
        if number % 2:
            data = chance.randbytes(size)
        else:
            data = " ".join(chance.choices(words, k=size // 7)).encode()
        (folder / f"{number:06}.dat").write_bytes(data)
    folder = root / "large"
    folder.mkdir()
    for number in range(large):
        (folder / f"{number:03}.dat").write_bytes(chance.randbytes(LARGE_BYTES))


def change(root: Path) -> None:
    """Change a hundred files: most rewritten, two large ones patched, two gone, two new."""
    chance = random.Random(2)
    small = sorted(root.glob("2*/*/*.dat"))
    some = chance.sample(small, CHANGES - 4)
    for path in some[2:]:
        path.write_bytes(chance.randbytes(5000))
    for path in some[:2]:
        path.unlink()
    for number in (0, 1):
        with (root / "large" / f"{number:03}.dat").open("r+b") as file:
            file.seek(4096)
            file.write(chance.randbytes(4096))
        (small[0].parent / f"new{number}.dat").write_bytes(chance.randbytes(5000))


class Ours:
    """rootcellar on one archive."""

    def __init__(self, scratch: Path) -> None:
        self.scratch = scratch
        self.home = scratch / "home"
        self.archive = scratch / "archive"
        info = scratch / "site" / "bench_tree-1.dist-info"
        info.mkdir(parents=True)
        (info.parent / "bench_tree.py").write_text(EXPORTER)
        (info / "METADATA").write_text("Metadata-Version: 2.1\nName: bench-tree\nVersion: 1\n")
        (info / "entry_points.txt").write_text("[rootcellar.exporters]\ntree = bench_tree:Tree\n")
        os.environ["PYTHONPATH"] = str(info.parent)

    def run(self, *arguments: str) -> Measure:
        """Run one command of ours."""
        command = str(Path(sys.executable).parent / "rootcellar")
        return measure([command, *arguments, "--archive", str(self.archive)], self.scratch)

    def export(self) -> Measure:
        """Bring the archive up to date."""
        return self.run("export", "tree", "--home", str(self.home))

    def newest(self) -> tuple[int, int]:
        """Return the size of the newest manifest and how many entries it has."""
        from rootcellar.archive.disk import Disk
        from rootcellar.archive.manifests import path_of, read
        from rootcellar.snapshots.chain import read_chain

        disk = Disk(self.archive)
        name = read_chain(disk).order[-1]
        return (self.archive / path_of(name)).stat().st_size, len(read(disk, name).entries)


class Peer:
    """A peer: how it makes its repository, a snapshot, and checks all that it holds."""

    def __init__(self, name: str, scratch: Path, archive: Path) -> None:
        self.name = name
        self.scratch = scratch
        self.archive = archive
        self.store = scratch / name
        self.number = 0

    @property
    def is_here(self) -> bool:
        """Whether the program is installed."""
        return shutil.which(self.name) is not None

    def prepare(self) -> None:
        """Make the repository and the first snapshot."""
        os.environ |= {
            "RESTIC_PASSWORD": "bench",
            "RESTIC_CACHE_DIR": str(self.scratch / "restic-cache"),
            "BORG_BASE_DIR": str(self.scratch / "borg-base"),
            "BORG_UNKNOWN_UNENCRYPTED_REPO_ACCESS_IS_OK": "yes",
        }
        make: dict[str, list[str]] = {
            "restic": ["restic", "-r", str(self.store), "init"],
            "borg": ["borg", "init", "-e", "none", str(self.store)],
            "rsync": ["mkdir", str(self.store)],
        }
        subprocess.run(make[self.name], check=True, capture_output=True)
        self.snapshot()

    def snapshot(self) -> Measure:
        """Make a snapshot."""
        self.number += 1
        tree = str(self.archive / "Tree")
        base = f"--link-dest={self.store}/{self.number - 1}"
        commands: dict[str, list[str]] = {
            "restic": ["restic", "-r", str(self.store), "backup", "-q", tree],
            "borg": ["borg", "create", f"{self.store}::{self.number}", tree],
            "rsync": ["rsync", "-a", base, f"{tree}/", f"{self.store}/{self.number}/"],
        }
        return measure(commands[self.name], self.scratch)

    def check(self) -> Measure:
        """Read everything again."""
        commands: dict[str, list[str]] = {
            "restic": ["restic", "-r", str(self.store), "check", "--read-data", "-q"],
            "borg": ["borg", "check", "--verify-data", str(self.store)],
            "rsync": ["rsync", "-anc", f"{self.archive}/Tree/", f"{self.store}/{self.number}/"],
        }
        return measure(commands[self.name], self.scratch)


def best_in_turn(runs: dict[str, Callable[[], Measure]], times: int) -> dict[str, Measure]:
    """Return the quickest run of each; they take turns, as the machine may be busy for a while."""
    found = [{name: run() for name, run in runs.items()} for _ in range(times)]
    return {name: min((one[name] for one in found), key=lambda one: one.wall) for name in runs}


def compare(count: int, large: int, times: int, scratch: Path) -> list[str]:
    """Return the lines of the table; what is repeated is done `times` times."""
    ours = Ours(scratch)
    plant(ours.home / "Tree", count, large)
    lines = [f"{count:,} small files and {large} large ones"]
    lines.append(_row("first export", ours.export()))
    peers = [Peer(name, scratch, ours.archive) for name in ("restic", "borg", "rsync")]
    lines += [f"{peer.name} is not installed" for peer in peers if not peer.is_here]
    peers = [peer for peer in peers if peer.is_here]
    for peer in peers:
        peer.prepare()
    find = ["find", str(ours.archive), "-printf", "%p %s %T@\n"]
    idle = best_in_turn(
        {
            "trusted": lambda: ours.run("snapshot", "create", "--trusted"),
            "walked": lambda: ours.run("snapshot", "create"),
            "find": lambda: measure(find, scratch),
            **{peer.name: peer.snapshot for peer in peers},
        },
        times,
    )
    trusted, walked, floor = (idle.pop(name) for name in ("trusted", "walked", "find"))
    checks = best_in_turn(
        {"ours": lambda: ours.run("verify"), **{peer.name: peer.check for peer in peers}}, times
    )
    verify = checks.pop("ours")
    lines.append(_row("nothing changed, trusted", trusted, idle, {"restic": 40}))
    lines.append(_row("nothing changed, walked", walked, idle, {"restic": 4}))
    ratio = walked.wall / floor.wall
    lines.append(_limit(f"find -printf {floor.wall:.2f} s", ratio, 2.5, "x as long"))
    lines.append(_limit("its memory", walked.memory, MEGABYTES, "MB"))
    lines.append(_row("everything read again", verify, checks, {"restic": 2.5}))
    change(ours.home / "Tree")
    lines.append(_row(f"export of {CHANGES} changes", ours.export()))
    size, entries = ours.newest()
    told = f"manifest {size:,} bytes, {entries} paths"
    lines.append(_limit(told, size / CHANGES, 100, "bytes a change"))
    after = {peer.name: peer.snapshot() for peer in peers}
    lines += [f"{'':<28}{name} {one.wall:.2f} s" for name, one in after.items()]
    return lines


def _limit(what: str, found: float, wanted: float, unit: str) -> str:
    met = "yes" if found <= wanted else "NO"
    return f"{'':<28}{what}: {found:.1f} {unit} (wanted at most {wanted:g}: {met})"


def _row(
    name: str,
    ours: Measure,
    theirs: dict[str, Measure] | None = None,
    wanted: dict[str, float] | None = None,
) -> str:
    line = f"{name:<28}{ours.wall:7.2f} s {ours.cpu:6.2f} s CPU {ours.memory:5.0f} MB"
    for peer, one in (theirs or {}).items():
        ratio = one.wall / ours.wall
        line += f"   {peer} {one.wall:.2f} s {ratio:.1f} x"
        if wanted and peer in wanted:
            line += f" (wanted {wanted[peer]:g}: {'yes' if ratio >= wanted[peer] else 'NO'})"
    return line


def main(arguments: Sequence[str]) -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--files", type=int, default=COUNT, help=f"small files; default {COUNT}")
    parser.add_argument("--large", type=int, default=LARGE, help=f"large ones; default {LARGE}")
    parser.add_argument("--times", type=int, default=TIMES, help=f"runs of each; default {TIMES}")
    chosen, _ = parser.parse_known_args(arguments)
    with tempfile.TemporaryDirectory() as folder:
        os.environ |= environment(Path(folder))
        for line in compare(chosen.files, chosen.large, chosen.times, Path(folder)):
            print(line, flush=True)


if __name__ == "__main__":
    main(sys.argv[1:])
