"""Only the archive's room writes files and only the state's room writes SQLite: told by the
interpreter itself, for a whole run in a process of its own (promise 1, and the floor plan).
"""

import json
import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest
from mac_frameworks import holds_attributes
from orchard import Farm

LISTENER = """
import json, os, sys
events = []
told = []  # the handle of an opening that is about to be told without it
WRITING = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_APPEND
CHANGES = {
    "os.mkdir": 2, "os.rmdir": 1, "os.remove": 1, "os.rename": 2, "os.truncate": 0, "os.link": 2,
    "os.symlink": 2, "os.chmod": 2, "os.chown": 3, "os.utime": 3, "os.setxattr": None,
    "os.removexattr": None, "shutil.move": None, "shutil.rmtree": 1, "shutil.copyfile": None,
}

def place(path, handle=-1):
    path = os.fsdecode(path) if isinstance(path, (str, bytes, os.PathLike)) else f"fd {path}"
    if isinstance(handle, int) and handle >= 0:
        path = os.path.join(os.readlink(f"/proc/self/fd/{handle}"), path)
    return os.path.abspath(path)

def listen(event, arguments):
    if event == "open":
        path, mode, flags = arguments
        if isinstance(path, int):
            return  # a handle that is open already
        if told:
            told.pop()
        elif flags & WRITING or (isinstance(mode, str) and set(mode) & set("wax+")):
            events.append([event, place(path)])
    elif event == "sqlite3.connect":
        events.append([event, place(arguments[0])])
    elif event in CHANGES:
        handle = CHANGES[event]
        last = arguments[handle] if handle is not None and len(arguments) > handle else -1
        events.append([event, place(arguments[0], last)])
        if event == "os.rename":
            events.append([event, place(arguments[1], arguments[3])])
    elif event in ("subprocess.Popen", "os.system", "socket.connect"):
        events.append([event, str(arguments[0])])
"""

PROGRAM = """
import sys
from pathlib import Path
sys.dont_write_bytecode = True
sys.path.insert(0, {core!r})
import sqlite3, orchard, rootcellar.engine.running
root = Path(sys.argv[1])
farm = orchard.Farm(root)
really_open = os.open

def opening(path, flags, mode=0o777, *, dir_fd=None):  # the event does not tell the handle
    if dir_fd is not None:
        told.append(dir_fd)
        if flags & WRITING:
            events.append(["relative", place(path, dir_fd)])
    return really_open(path, flags, mode, dir_fd=dir_fd)

os.open = opening
sys.addaudithook(listen)
{action}
report = farm.export()
print(json.dumps({{"outcome": report.outcome, "events": events}}))
"""


@dataclass(frozen=True)
class Heard:
    """What a run did to the file system: (event, absolute path) in order."""

    outcome: str
    events: list[tuple[str, Path]]

    def below(self, folder: Path) -> list[tuple[str, Path]]:
        return [(event, path) for event, path in self.events if path.is_relative_to(folder)]


def listened(farm: Farm, action: str = "") -> Heard:
    """Run one export in a process of its own, and return what was heard of it."""
    if not Path("/proc/self/fd").exists():
        pytest.skip("where a handle leads is told by /proc")
    program = LISTENER + PROGRAM.format(core=str(Path(__file__).parent), action=action)
    done = subprocess.run(
        [sys.executable, "-c", program, str(farm.root)],
        capture_output=True,
        text=True,
        check=True,
        cwd="/",
        env={**os.environ, "PYTHONDONTWRITEBYTECODE": "1"},
    )
    told = json.loads(done.stdout)
    return Heard(told["outcome"], [(event, Path(path)) for event, path in told["events"]])


@pytest.fixture
def planted(farm: Farm) -> Farm:
    for one in range(12):
        farm.plant(f"k{one}", b"apple %d" % one, place=f"{one % 3}/Apple", text="crisp")
    farm.album("1", "Harvest", "k1", "k2")
    return farm


def test_an_export_writes_in_the_archive_beside_the_state_and_in_scratch_only(
    planted: Farm,
) -> None:
    allowed = [planted.archive, planted.state_path.parent, planted.root / "scratch"]
    for lost in (4, 5):
        heard = listened(planted)
        assert heard.outcome == "ok"
        assert heard.below(planted.archive)
        strays = [
            (event, path)
            for event, path in heard.events
            if event != "subprocess.Popen"
            and not any(path.is_relative_to(folder) for folder in allowed)
            # asked for, but there already
            and not (event == "os.mkdir" and path in (planted.root, planted.store, planted.home))
        ]
        assert strays == []
        planted.plant("k3", b"riper", place="2/Apple")
        planted.fell(f"k{lost}")


def test_nothing_below_the_home_is_opened_for_writing_or_by_sqlite(planted: Farm) -> None:
    before = {path: path.stat().st_mtime_ns for path in planted.home.rglob("*")}
    heard = listened(planted)
    touched = [(event, path) for event, path in heard.below(planted.home) if event != "os.mkdir"]
    assert touched == []
    assert {path: path.stat().st_mtime_ns for path in planted.home.rglob("*")} == before


def test_no_database_is_opened_but_the_state(planted: Farm) -> None:
    heard = listened(planted)
    opened = [path for event, path in heard.events if event == "sqlite3.connect"]
    assert opened == [planted.state_path]


def test_all_writing_to_the_archive_is_relative_to_its_handle(planted: Farm) -> None:
    heard = listened(planted)
    by_path = [
        path
        for event, path in heard.below(planted.archive)
        if event == "open" and path != planted.archive
    ]
    assert by_path == []
    assert [path for event, path in heard.events if event == "relative"]


def test_no_process_is_started_and_nobody_is_called(planted: Farm) -> None:
    heard = listened(planted)
    assert not {event for event, _ in heard.events} & {"subprocess.Popen", "socket.connect"}


LABELLING = """
import os, rootcellar.archive.finder as finders
from rootcellar.api import Labels
from rootcellar.labels import Borne, Tag

class Stand:
    def read(self, path):
        names = [name for name in os.listxattr(path) if name.startswith("user.tag.")]
        return Borne(tuple(Tag(name.removeprefix("user.tag.")) for name in names))

    def write(self, path, before, after):
        for tag in after.tags:
            os.setxattr(path, f"user.tag.{tag.name}", b"")

finders.OSXMetadata = Stand
orchard.Orchard.labelled = ("original",)
orchard.Orchard.labels = lambda self, record: Labels(("crisp",))
really_task = farm.task
farm.task = lambda **options: really_task(labels=("tags",), **options)
"""


def test_labels_alone_are_given_by_path_and_only_in_the_archive(planted: Farm) -> None:
    if not holds_attributes(planted.root):
        pytest.skip("no extended attributes here")
    heard = listened(planted, LABELLING)
    by_path = {(event, path) for event, path in heard.events if event == "os.setxattr"}
    probe = planted.archive / ".rootcellar" / "parts" / "label"
    pictures = set(planted.archive.rglob("*.bin"))
    assert {path for _, path in by_path} == pictures | {probe}
    assert not probe.exists()
    writing = {event for event, path in heard.below(planted.archive) if event != "open"}
    assert "os.setxattr" in writing
    opened = [
        path
        for event, path in heard.below(planted.archive)
        if event == "open" and path != planted.archive
    ]
    assert opened == []


@pytest.mark.parametrize(
    "action",
    [
        "(farm.home / 'Orchard' / 'note.txt').write_text('x')",
        "sqlite3.connect(farm.home / 'Orchard' / 'k1.bin').close()",
        "os.utime(farm.home / 'Orchard' / 'k1.bin')",
    ],
)
def test_control_what_touches_the_home_is_heard(planted: Farm, action: str) -> None:
    heard = listened(planted, action)
    assert [event for event, _ in heard.below(planted.home) if event != "os.mkdir"]
