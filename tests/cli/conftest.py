"""The real command, in a process and a world of its own; every JSON document is validated."""

import ctypes
import json
import os
import subprocess
import sys
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from referencing import Registry, Resource

sys.path.insert(0, str(Path(__file__).parents[1] / "schedule"))

from rootcellar.sample import make_home

SCHEMAS = Path(__file__).parents[2] / "docs" / "reference" / "schemas"
SHAPES = {
    "export": "report",
    "adopt": "report",
    "status": "status",
    "doctor": "doctor",
    "exporters": "exporters",
    "rebuild": "rebuild",
    "obsidian": "obsidian",
    "render": "render",
    "resolve": "resolve",
    "run": "run",
    "schedule": "schedule",
    "restore": "restore",
    "verify": "verify",
    "snapshot create": "snapshot",
    "snapshot list": "snapshots",
    "snapshot show": "contents",
    "snapshot diff": "difference",
    "snapshot prune": "prune",
    "snapshot export": "interchange",
}
"""Which schema the document of each command follows; those that do nothing follow `error`."""
ROOTCELLAR = str(Path(sys.executable).parent / "rootcellar")
DROP_FROM_BOUNDING_SET, OVERRIDE, READ_SEARCH = 24, 1, 2
"""Of prctl(2) and capabilities(7): what lets root pass closed doors."""

# A quick exporter of text files, for what has nothing to do with Photos.
GARDEN = """
import sys, time
from rootcellar.api import Absent, CopyOf, Exporter, File, Item, Sighting, Store

class Garden(Exporter):
    name = "garden"
    title = "Garden"
    reads = (Store("Garden", "Garden"),)

    def items(self, capture):
        folder = capture.stores[0].path
        for path in sorted(folder.glob("*.txt")):
            if path.stem == "slow":
                print("waiting for go", file=sys.stderr, flush=True)
                while not (folder / "go").exists():
                    time.sleep(0.02)
            if path.stem == "loud":
                print("la la la")
            status = path.stat()
            content = CopyOf(path)
            if status.st_size == 6 and path.read_bytes() == b"absent":
                content = Absent("only in the neighbour's garden", "Ask the neighbour.")
            look = f"{status.st_size} {status.st_mtime_ns}"
            sighting = Sighting(path.stem, path.stem, path.stem, look)
            yield Item(sighting, {"bytes": status.st_size}, (File("original", ".txt", content),))
            if path.stem == "twice":
                yield Item(sighting, {}, ())
"""


def without_override() -> None:
    """Let closed files be closed for the process to come, also where root runs the tests."""
    if os.geteuid() == 0:
        library = ctypes.CDLL(None)
        for capability in (OVERRIDE, READ_SEARCH):
            assert library.prctl(DROP_FROM_BOUNDING_SET, capability, 0, 0, 0) == 0


@cache
def schema(name: str) -> jsonschema.Draft202012Validator:
    """Return the validator of one of the published schemas."""
    value = json.loads((SCHEMAS / f"{name}.json").read_text())
    every = [json.loads(path.read_text()) for path in SCHEMAS.glob("*.json")]
    named = [(one["$id"], Resource.from_contents(one)) for one in every]
    jsonschema.Draft202012Validator.check_schema(value)
    checker = jsonschema.Draft202012Validator.FORMAT_CHECKER
    return jsonschema.Draft202012Validator(
        value,
        registry=Registry().with_resources(named),
        format_checker=checker,
    )


@dataclass(frozen=True)
class Done:
    """What a command printed, and its exit code; `document` is its JSON document."""

    code: int
    out: str
    err: str

    @property
    def document(self) -> dict[str, Any]:
        value: dict[str, Any] = json.loads(self.out)
        return value


@dataclass(frozen=True)
class World:
    """A folder that holds a home, perhaps an archive, and what rootcellar keeps of its own."""

    root: Path

    @property
    def home(self) -> Path:
        return self.root / "home"

    @property
    def archive(self) -> Path:
        return self.root / "archive"

    @property
    def settings(self) -> Path:
        return self.root / "config" / "settings.toml"

    @property
    def environment(self) -> dict[str, str]:
        own = {
            "HOME": str(self.home),
            "PYTHONPATH": str(self.root / "site"),
            "ROOTCELLAR_STATE": str(self.root / "state"),
            "ROOTCELLAR_CACHE": str(self.root / "cache"),
            "ROOTCELLAR_SETTINGS": str(self.settings),
        }
        return {**os.environ, **own}

    def plant(self, name: str, text: str = "pear") -> Path:
        """Put a text file into the garden of the home."""
        (self.home / "Garden").mkdir(parents=True, exist_ok=True)
        path = self.home / "Garden" / f"{name}.txt"
        path.write_text(text)
        return path

    def plug_in(self, name: str, code: str, kind: str) -> None:
        """Install an exporter."""
        site = self.root / "site"
        info = site / f"made_up_{name}-1.dist-info"
        info.mkdir(parents=True)
        (site / f"made_up_{name}.py").write_text(code)
        (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: made-up-{name}\nVersion: 1")
        (info / "entry_points.txt").write_text(
            f"[rootcellar.exporters]\n{name} = made_up_{name}:{kind}\n"
        )

    def settle(self, text: str) -> None:
        """Write the settings file."""
        self.settings.parent.mkdir(exist_ok=True)
        self.settings.write_text(text)

    def start(self, *arguments: str | Path, **options: Any) -> subprocess.Popen[str]:
        """Start the command, and return its process."""
        return subprocess.Popen(
            [ROOTCELLAR, *map(str, arguments)],
            env=self.environment,
            cwd=self.root,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            preexec_fn=without_override,
            **options,
        )

    def run(self, *arguments: str | Path, timeout: float = 60, **options: Any) -> Done:
        """Run the command; its JSON document must follow the published schema."""
        with self.start(*arguments, **options) as process:
            try:
                out, err = process.communicate(timeout=timeout)
            finally:
                process.kill()
        done = Done(process.returncode, out, err)
        if "--json" in arguments:
            value = done.document
            words = [str(word) for word in arguments]
            command = words[0] if words[0] in SHAPES else " ".join(words[:2])
            shape = "error" if value.keys() == {"outcome", "error"} else SHAPES[command]
            shape = "drill" if "drilled" in value else shape
            schema(shape).validate(value)
        return done

    def export(self, *arguments: str | Path, **options: Any) -> Done:
        """Export the home into the archive, and print a JSON document."""
        places = ("--home", self.home, "--archive", self.archive)
        return self.run("export", *places, "--json", *arguments, **options)

    def tree(self) -> dict[str, bytes | None]:
        """Return everything below the root but scratch, locks and the state (SQLite's own)."""
        kept = {}
        for path in sorted(self.root.rglob("*")):
            name = path.relative_to(self.root).as_posix()
            if name.split("/")[0] not in ("cache", "state"):
                kept[name] = path.read_bytes() if path.is_file() else None
        return kept


@pytest.fixture
def world(tmp_path: Path) -> World:
    """A home with nothing in it but Pictures."""
    world = World(tmp_path)
    (world.home / "Pictures").mkdir(parents=True)
    return world


@pytest.fixture
def garden(world: World) -> World:
    """A world with an installed exporter of gardens, and two pears in the home's."""
    world.plug_in("garden", GARDEN, "Garden")
    world.plant("pear")
    world.plant("plum", "plum")
    return world


@pytest.fixture
def sample(tmp_path: Path) -> World:
    """A world with the sample home."""
    world = World(tmp_path)
    make_home(world.home)
    return world
