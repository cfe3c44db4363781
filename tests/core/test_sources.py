"""A Mac home as a source: every library is found once, and what keeps us from looking is told."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from rootcellar.api import Store
from rootcellar.errors import UsageError
from rootcellar.sources.home import (
    DEPTH,
    Access,
    FoundStores,
    HomeFolder,
    open_capture,
)
from rootcellar.sources.scratch import scratch_root, sweep_scratch
from rootcellar_photos import Photos

NOBODY = 65534


def is_crate(folder: Path) -> bool:
    return (folder / "crate.txt").is_file()


CRATES = Store("crate", "Pictures", recognise=is_crate)
FONTS = Store("fonts", "Library/Fonts")


@pytest.fixture
def home(tmp_path: Path) -> Path:
    (tmp_path / "home" / "Pictures").mkdir(parents=True)
    return tmp_path / "home"


def crate(path: Path) -> Path:
    path.mkdir(parents=True)
    (path / "crate.txt").write_text("apples")
    return path


def search(home: Path, *named: str) -> FoundStores:
    return HomeFolder(home).stores((CRATES,), named)


def paths(found: FoundStores) -> list[Path]:
    return [store.path for store in found.stores]


# -- what is found -----------------------------------------------------------------------------


@pytest.mark.parametrize(
    "name",
    ["Photos Library.photoslibrary", "Fotos-Mediathek.photoslibrary", "写真.photoslibrary", "odd"],
)
def test_a_library_is_known_by_what_is_in_it_whatever_its_name(name: str, home: Path) -> None:
    library = crate(home / "Pictures" / name)
    assert paths(search(home)) == [library]


def test_photos_libraries_with_localised_names_are_found(home: Path) -> None:
    for name in ("Photothèque.photoslibrary", "照片图库.photoslibrary"):
        database = home / "Pictures" / name / "database"
        database.mkdir(parents=True)
        (database / "Photos.sqlite").write_bytes(b"")
    (home / "Pictures" / "Empty.photoslibrary").mkdir()
    found = HomeFolder(home).stores(Photos.reads)
    assert {"Photothèque.photoslibrary", "照片图库.photoslibrary"} <= {
        store.path.name for store in found.stores
    }


def test_several_libraries_come_in_the_order_of_their_paths(home: Path) -> None:
    second = crate(home / "Pictures" / "b")
    first = crate(home / "Pictures" / "a" / "deep")
    assert paths(search(home)) == [first, second]


def test_nothing_inside_a_library_is_looked_at(home: Path) -> None:
    library = crate(home / "Pictures" / "a")
    crate(library / "inner")
    assert paths(search(home)) == [library]


def test_hidden_folders_and_packages_of_other_programs_are_left_alone(home: Path) -> None:
    for name in (".Trash", "Capture One.app", "iMovie.imovielibrary", "Old.LRDATA"):
        crate(home / "Pictures" / name / "inner")
    assert search(home) == FoundStores()
    assert search(home).access is Access.ABSENT


def test_a_library_is_searched_for_some_folders_deep_and_no_deeper(home: Path) -> None:
    folder = home / "Pictures"
    for number in range(DEPTH):
        folder = folder / str(number)
    near = crate(folder)
    crate(home / "Pictures" / "other" / "1" / "2" / "3" / "4" / "5" / "6")
    assert paths(search(home)) == [near]


def test_a_home_without_pictures_has_no_library(tmp_path: Path) -> None:
    assert search(tmp_path) == FoundStores()


def test_a_store_with_a_place_of_its_own_is_found_there(home: Path) -> None:
    found = HomeFolder(home).stores((FONTS, CRATES))
    assert found.stores == ()
    (home / "Library" / "Fonts").mkdir(parents=True)
    library = crate(home / "Pictures" / "a")
    found = HomeFolder(home).stores((FONTS, CRATES))
    assert paths(found) == [home / "Library" / "Fonts", library]
    assert [store.store for store in found.stores] == [FONTS, CRATES]


# -- links -------------------------------------------------------------------------------------


def test_a_link_to_a_library_elsewhere_is_followed(home: Path, tmp_path: Path) -> None:
    library = crate(tmp_path / "drive" / "a")
    (home / "Pictures" / "a").symlink_to(library)
    assert paths(search(home)) == [library]


def test_pictures_may_itself_be_a_link(home: Path, tmp_path: Path) -> None:
    library = crate(tmp_path / "drive" / "a")
    (home / "Pictures").rmdir()
    (home / "Pictures").symlink_to(tmp_path / "drive")
    assert paths(search(home)) == [library]


def test_the_same_library_found_twice_is_one(home: Path) -> None:
    library = crate(home / "Pictures" / "a")
    (home / "Pictures" / "b").symlink_to(library)
    (home / "Pictures" / "c").symlink_to(home / "Pictures" / "b")
    assert paths(search(home)) == [library]
    assert paths(search(home, "Pictures/a", "Pictures/b", str(library))) == [library]


def test_loops_of_links_come_to_an_end(home: Path) -> None:
    library = crate(home / "Pictures" / "deep" / "a")
    (home / "Pictures" / "deep" / "up").symlink_to("..")
    (home / "Pictures" / "self").symlink_to("self")
    (home / "Pictures" / "one").symlink_to("two")
    (home / "Pictures" / "two").symlink_to("one")
    (home / "Pictures" / "dangling").symlink_to("nowhere")
    assert paths(search(home)) == [library]
    assert search(home).problems == ()


@pytest.mark.parametrize("target", ["/", "..", "../.."])
def test_a_link_to_the_home_or_above_is_not_followed(target: str, home: Path) -> None:
    crate(home.parent / "beside" / "a")  # would be found through the link
    library = crate(home / "Pictures" / "z")
    (home / "Pictures" / "link").symlink_to(target)
    assert paths(search(home)) == [library]


def test_a_home_may_be_named_through_a_link(home: Path, tmp_path: Path) -> None:
    library = crate(home / "Pictures" / "a")
    (tmp_path / "link").symlink_to(home)
    assert paths(search(tmp_path / "link")) == [library]


# -- named libraries ---------------------------------------------------------------------------


def test_named_libraries_are_looked_at_instead_of_a_search(home: Path, tmp_path: Path) -> None:
    crate(home / "Pictures" / "a")
    inside = crate(home / "Movies" / "b")
    outside = crate(tmp_path / "drive" / "c")
    assert paths(search(home, "Movies/b", str(outside))) == sorted([inside, outside])


def test_a_named_library_that_is_not_there_is_told_and_the_others_are_read(home: Path) -> None:
    library = crate(home / "Pictures" / "a")
    found = search(home, "Pictures/a", "/Volumes/Gone/b")
    assert paths(found) == [library]
    (problem,) = found.problems
    assert problem.message == "The crate /Volumes/Gone/b is not there."
    assert "Connect the drive" in problem.hint
    assert found.access is Access.READABLE
    assert search(home, "/Volumes/Gone/b").access is Access.FORBIDDEN


def test_a_named_library_that_is_a_file_is_told(home: Path) -> None:
    (home / "Pictures" / "a").write_text("no folder")
    assert "Pictures/a is not there" in search(home, "Pictures/a").problems[0].message


def test_a_kind_that_cannot_be_recognised_is_told(home: Path) -> None:
    def recognise(folder: Path) -> bool:
        raise ValueError("brambles")

    found = HomeFolder(home).stores((Store("wild", "Pictures", recognise=recognise), FONTS))
    (problem,) = found.problems
    assert problem.message == f"{home}/Pictures cannot be looked at: ValueError: brambles."
    assert "fault of the exporter" in problem.hint


# -- homes -------------------------------------------------------------------------------------


def test_a_home_that_is_not_there_is_told(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"There is no home .*/none\.") as caught:
        HomeFolder(tmp_path / "none")
    assert "connect the drive" in caught.value.hint


def test_a_home_that_is_a_file_is_told(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(UsageError, match="is a file; a Mac home is a folder") as caught:
        HomeFolder(tmp_path / "file")
    assert "Pictures and Library" in caught.value.hint


def test_a_home_that_is_itself_a_library_holds_none(tmp_path: Path) -> None:
    library = crate(tmp_path / "a")
    assert search(library) == FoundStores()


def test_a_copied_home_is_not_live(home: Path) -> None:
    assert not HomeFolder(home).is_live


def as_nobody(code: str) -> dict[str, object]:
    """Run a piece of Python as an unprivileged user and return the JSON it prints."""
    if os.geteuid() != 0:
        drop = ""
    else:
        drop = f"import os; os.setgroups([]); os.setgid({NOBODY}); os.setuid({NOBODY})\n"
    # Modules are loaded before the privileges go: they may lie where only root can look.
    first = (
        "import json\nfrom pathlib import Path\nimport rootcellar.api\n"
        "from rootcellar.sources.home import HomeFolder\n"
        "from rootcellar.api import Store\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", first + drop + code], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


@pytest.fixture
def open_home(tmp_path: Path) -> Path:
    """A home that another user can reach: pytest's own folders are closed to them."""
    import tempfile

    with tempfile.TemporaryDirectory() as folder:
        home = Path(folder).resolve() / "home"
        (home / "Pictures").mkdir(parents=True)
        Path(folder).chmod(0o755)
        yield home
        for path in home.rglob("*"):
            path.chmod(0o755)


LOOK = """
found = HomeFolder(Path({home!r})).stores((
    Store("crate", "Pictures", recognise=lambda folder: (folder / "crate.txt").is_file()),
    Store("fonts", "Library/Fonts"),
), {named!r})
print(json.dumps({{
    "stores": [str(store.path) for store in found.stores],
    "problems": [problem.message for problem in found.problems],
    "access": found.access,
}}))
"""


def look(home: Path, *named: str) -> dict[str, object]:
    return as_nobody(LOOK.format(home=str(home), named=named))


def test_a_folder_that_may_not_be_opened_is_told_and_the_others_are_searched(
    open_home: Path,
) -> None:
    library = crate(open_home / "Pictures" / "b")
    (open_home / "Pictures" / "a").mkdir(mode=0o700)
    (open_home / "Pictures" / "a").chmod(0)
    assert look(open_home) == {
        "stores": [str(library)],
        "problems": [f"{open_home}/Pictures/a cannot be opened: Permission denied."],
        "access": "readable",
    }


@pytest.mark.parametrize("mode", [0o000, 0o444, 0o111])
def test_a_closed_pictures_folder_is_forbidden_and_not_absent(mode: int, open_home: Path) -> None:
    crate(open_home / "Pictures" / "b")
    (open_home / "Pictures").chmod(mode)
    told = look(open_home)
    assert told["stores"] == []
    assert told["access"] == "forbidden"
    assert "Permission denied" in str(told["problems"])


def test_a_closed_library_folder_is_forbidden_and_not_absent(open_home: Path) -> None:
    (open_home / "Library" / "Fonts").mkdir(parents=True)
    (open_home / "Library").chmod(0)
    told = look(open_home)
    assert told["access"] == "forbidden"
    assert "Permission denied" in str(told["problems"])


def test_a_closed_home_is_forbidden_and_not_absent(open_home: Path) -> None:
    crate(open_home / "Pictures" / "b")
    open_home.chmod(0)
    told = look(open_home)
    assert told["access"] == "forbidden"
    assert "Permission denied" in str(told["problems"])


def test_a_named_library_behind_a_closed_folder_is_told(open_home: Path) -> None:
    library = crate(open_home / "Pictures" / "closed" / "b")
    library.parent.chmod(0)
    told = look(open_home, str(library))
    assert told["stores"] == []
    assert told["access"] == "forbidden"


# -- scratch -----------------------------------------------------------------------------------


@pytest.fixture
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("ROOTCELLAR_CACHE", str(tmp_path / "cache"))
    return tmp_path / "cache" / "scratch"


def test_scratch_is_private_and_gone_afterwards(cache: Path, home: Path) -> None:
    with open_capture(HomeFolder(home), (), None) as capture:
        assert capture.scratch.parent == cache == scratch_root()
        assert capture.scratch.stat().st_mode & 0o777 == 0o700
        (capture.scratch / "slice").write_text("private")
    assert list(cache.iterdir()) == []


def test_scratch_is_gone_after_an_error_too(cache: Path, home: Path) -> None:
    with pytest.raises(ValueError, match="oh"), open_capture(HomeFolder(home), (), None) as one:
        (one.scratch / "slice").write_text("private")
        raise ValueError("oh")
    assert list(cache.iterdir()) == []


HOLD = """
import os, sys
from pathlib import Path
from rootcellar.sources.home import HomeFolder, open_capture
with open_capture(HomeFolder(Path({home!r})), (), None) as capture:
    (capture.scratch / "slice").write_text("private")
    print("ready", flush=True)
    sys.stdin.readline()
"""


@pytest.mark.parametrize("killed", [True, False])
def test_the_scratch_of_a_killed_run_is_swept_and_a_living_runs_stays(
    killed: bool, cache: Path, home: Path
) -> None:
    run = subprocess.Popen(
        [sys.executable, "-c", HOLD.format(home=str(home))],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    )
    with run:
        assert run.stdout is not None
        assert run.stdout.readline() == b"ready\n"
        if killed:
            run.kill()
            run.wait()
        (folder,) = [path for path in cache.iterdir() if path.is_dir()]
        assert sweep_scratch() == int(killed)
        assert folder.exists() is not killed
        run.kill()
    assert sweep_scratch() == int(not killed)
    assert list(cache.iterdir()) == []


def test_sweeping_where_nothing_was_ever_made_does_nothing(cache: Path) -> None:
    assert sweep_scratch() == 0
    assert not cache.exists()
