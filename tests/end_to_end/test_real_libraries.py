"""`rootcellar export` over real Photos libraries, as a person runs it."""

import hashlib
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

FIXTURES = Path(
    os.environ.get("ROOTCELLAR_FIXTURES", Path(__file__).parents[3] / "shared" / "fixtures")
)
LIBRARIES = sorted(
    [*FIXTURES.glob("homes/*/Pictures/*.photoslibrary"), *FIXTURES.glob("photos/*.photoslibrary")]
)
GENERATOR = FIXTURES.parent / "bench" / "scale_photos.py"

pytestmark = pytest.mark.skipif(
    not LIBRARIES, reason=f"no real libraries in {FIXTURES} (set ROOTCELLAR_FIXTURES)"
)


class Person:
    """Somebody with a home, an archive, and a state of their own."""

    def __init__(self, root: Path, *libraries: Path) -> None:
        self.root = root
        self.home = root / "home"
        self.temporary = root / "temporary"
        self.temporary.mkdir(parents=True)
        (self.home / "Pictures").mkdir(parents=True)
        for library in libraries:
            (self.home / "Pictures" / library.name).symlink_to(library)

    def run(self, *arguments: str, archive: str = "archive") -> tuple[int, dict]:
        """Run an export and return its exit code and report."""
        done = subprocess.run(
            [
                *(str(Path(sys.executable).parent / "rootcellar"), "export", "--json"),
                *("--home", str(self.home), "--archive", str(self.root / archive)),
                *arguments,
            ],
            env={
                **os.environ,
                "ROOTCELLAR_STATE": str(self.root / "state"),
                "ROOTCELLAR_CACHE": str(self.root / "cache"),
                "ROOTCELLAR_SETTINGS": str(self.root / "settings.toml"),
                "TMPDIR": str(self.temporary),
            },
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.stderr == ""
        assert list(self.temporary.iterdir()) == []  # whatever a library puts there is removed
        return done.returncode, json.loads(done.stdout)

    def counts(self, *arguments: str, archive: str = "archive") -> dict[str, int]:
        """Run an export and return the counts that are not zero."""
        _, report = self.run(*arguments, archive=archive)
        photos = report["exporters"]["photos"]
        names = ("new", "changed", "moved", "unchanged", "gone", "kept")
        return {name: photos[name] for name in names if photos[name]}


def tree(folder: Path) -> dict[str, str]:
    """Return path and sha256 of every file of an archive that is not the program's own."""
    return {
        path.relative_to(folder).as_posix(): sha256(path)
        for path in sorted(folder.rglob("*"))
        if path.is_file() and ".rootcellar" not in path.parts and path.name != "STATUS.txt"
    }


def sha256(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def listing(folder: Path) -> dict[str, tuple[int, int, str]]:
    """Return every entry of a folder: its size, its mtime, its content."""
    found = {}
    for path in sorted(folder.rglob("*")):
        status = path.lstat()
        content = sha256(path) if path.is_file() else ""
        found[path.relative_to(folder).as_posix()] = (status.st_size, status.st_mtime_ns, content)
    return found


def media(library: Path) -> set[str]:
    """Return the sha256 of every file of a library that is a resource of an asset."""
    return {
        sha256(path)
        for folder in ("originals", "resources/renders")
        for path in (library / folder).rglob("*")
        if path.is_file() and not path.name.startswith(".")
    }


@pytest.mark.parametrize("library", LIBRARIES, ids=lambda path: path.stem)
def test_a_real_library_comes_out_whole_and_a_second_run_changes_nothing(
    library: Path, tmp_path: Path
) -> None:
    person = Person(tmp_path, library)
    before = listing(library)
    code, report = person.run()
    assert code in (0, 3)
    assert (code == 3) == bool(report["exporters"]["photos"]["absent"])
    archive = tree(tmp_path / "archive")
    assert media(library) <= set(archive.values())
    new = report["exporters"]["photos"]["new"]
    assert person.counts() == {"unchanged": new}
    assert tree(tmp_path / "archive") == archive
    assert listing(library) == before
    assert person.counts(archive="other") == {"new": new}
    assert tree(tmp_path / "other") == archive
    assert not any((tmp_path / "cache").rglob("database-*"))


def test_two_libraries_in_one_home_go_into_one_archive(tmp_path: Path) -> None:
    person = Person(tmp_path, *LIBRARIES)
    (person.home / "Pictures" / "the same again").symlink_to(LIBRARIES[0])
    total = person.counts()["new"]
    apart = 0
    for number, library in enumerate(LIBRARIES):
        apart += Person(tmp_path / str(number), library).counts()["new"]
    assert total == apart
    assert person.counts() == {"unchanged": total}


@pytest.fixture
def grown(tmp_path: Path) -> Person:
    """A home with a library of 300 assets, which can be changed."""
    person = Person(tmp_path)
    library = person.home / "Pictures" / "Grown.photoslibrary"
    options = ["--count", "300", "--edited", "0.2", "--live", "0.3"]
    command = [sys.executable, str(GENERATOR), "grow", str(LIBRARIES[0]), str(library), *options]
    subprocess.run(command, check=True, capture_output=True)
    return person


def mutate(person: Person, **changes: int) -> dict[str, list[str]]:
    """Change the library as Photos would; return the touched keys by kind of change."""
    library = person.home / "Pictures" / "Grown.photoslibrary"
    options = [f"--{verb.replace('_', '-')}={count}" for verb, count in changes.items()]
    command = [sys.executable, str(GENERATOR), "mutate", str(library), *options, "--seed", "7"]
    return json.loads(subprocess.run(command, check=True, capture_output=True).stdout)


@pytest.mark.skipif(not GENERATOR.exists(), reason="no generator beside the fixtures")
def test_each_kind_of_change_is_found_and_nothing_else_is_touched(grown: Person) -> None:
    first = grown.counts()["new"]
    archive = grown.root / "archive"
    before = tree(archive)
    changes = ("title", "favorite", "keyword", "album", "edit", "replace_original", "trash")
    done = mutate(grown, **dict.fromkeys(changes, 2), delete=2, add=3, rename_album=1)
    touched = sum(len(done[verb]) for verb in changes)
    assert grown.counts() == {
        "new": 3,
        "changed": touched,
        "gone": 2,
        "unchanged": first - touched - 2,
    }
    after = tree(archive)
    written = {path for path in after if before.get(path) != after[path]}
    pictures = {path for path in written if path.endswith((".jpeg", ".JPG", ".jpg", ".mov"))}
    again = {path for path in pictures if path in before}
    assert len(again) == len(done["edit"]) + len(done["replace_original"])
    former = {path.stem for path in (archive / ".rootcellar" / "history").rglob("*.*")}
    assert {before[path] for path in again} <= former
    lines = [
        json.loads(line)
        for path in archive.rglob("metadata.jsonl")
        for line in path.read_text().splitlines()
    ]
    assert {line["key"] for line in lines if line["gone"]} == set(done["delete"])
    for line in lines:
        for file in line["files"]:
            assert after[file["path"]] == file["sha256"]
    assert not set(before) - set(after) - {p for p in before if p.startswith("Photos/Albums/")}
    assert grown.counts() == {"unchanged": first + 3 - 2}  # those gone are not in the source


@pytest.mark.skipif(not GENERATOR.exists(), reason="no generator beside the fixtures")
def test_a_mass_deletion_stops_at_the_brake_until_it_is_accepted(grown: Person) -> None:
    first = grown.counts()["new"]
    archive = grown.root / "archive"
    before = tree(archive)
    mutate(grown, delete=80)
    code, report = grown.run()
    assert code == 4
    assert report["outcome"] == "brake"
    assert report["exporters"]["photos"]["gone"] == 0
    assert tree(archive) == before
    assert grown.counts("--accept-losses") == {"gone": 80, "unchanged": first - 80}


def test_another_library_in_the_same_place_writes_nothing(tmp_path: Path) -> None:
    person = Person(tmp_path, LIBRARIES[0])
    person.run()
    before = tree(tmp_path / "archive")
    (person.home / "Pictures" / LIBRARIES[0].name).unlink()
    (person.home / "Pictures" / LIBRARIES[0].name).symlink_to(LIBRARIES[1])
    code, report = person.run()
    assert (code, report["outcome"]) == (4, "brake")
    assert "not the library" in report["exporters"]["photos"]["message"]
    assert tree(tmp_path / "archive") == before


def test_a_state_that_was_lost_is_rebuilt_and_everything_is_unchanged(tmp_path: Path) -> None:
    person = Person(tmp_path, LIBRARIES[0])
    new = person.counts()["new"]
    before = listing(tmp_path / "archive" / "Photos")
    shutil.rmtree(tmp_path / "state")
    _, report = person.run()
    assert report["exporters"]["photos"]["unchanged"] == new
    assert "rebuilt" in report["notes"][0]
    assert listing(tmp_path / "archive" / "Photos") == before
