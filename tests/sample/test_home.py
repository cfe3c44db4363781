"""The sample home: the same bytes every time, quickly, and only where there is room for it."""

import subprocess
import sys
from pathlib import Path

import pytest

from rootcellar.errors import RootcellarError
from rootcellar.sample import make_home

LIBRARY = "Pictures/Photos Library.photoslibrary"


def everything(folder: Path) -> dict[str, tuple[float, bytes | None]]:
    """Return time and content of all that is below a folder."""
    return {
        str(path.relative_to(folder)): (
            path.stat().st_mtime,
            path.read_bytes() if path.is_file() else None,
        )
        for path in folder.rglob("*")
    }


def test_two_homes_are_the_same_to_the_byte_and_the_second(tmp_path: Path) -> None:
    first, second = make_home(tmp_path / "first"), make_home(tmp_path / "second")
    assert everything(first) == everything(second)
    assert len(everything(first)) > 150


@pytest.mark.parametrize("zone", ["Asia/Tokyo", "America/New_York"])
def test_the_zone_of_the_machine_does_not_show(tmp_path: Path, zone: str) -> None:
    script = (
        "import sys; from pathlib import Path; from rootcellar.sample import make_home; "
        "make_home(Path(sys.argv[1]))"
    )
    environment = {"TZ": zone, "PYTHONPATH": ":".join(sys.path), "PYTHONHASHSEED": "7"}
    command = [sys.executable, "-c", script, str(tmp_path / "there")]
    subprocess.run(command, check=True, env=environment)
    assert everything(tmp_path / "there") == everything(make_home(tmp_path / "here"))


def test_only_the_standard_library_is_imported() -> None:
    script = """
import sys
before = set(sys.modules)
import rootcellar.sample
new = {name.partition(".")[0] for name in set(sys.modules) - before}
print(" ".join(sorted(new - sys.stdlib_module_names)))
"""
    environment = {"PYTHONPATH": ":".join(sys.path)}
    run = subprocess.run(
        [sys.executable, "-c", script], check=True, env=environment, capture_output=True, text=True
    )
    assert run.stdout.split() == ["rootcellar"]


def test_an_empty_folder_is_used(tmp_path: Path) -> None:
    folder = tmp_path / "home"
    folder.mkdir()
    assert make_home(folder) == folder
    assert (folder / LIBRARY / "database" / "Photos.sqlite").is_file()


def test_a_folder_with_something_in_it_is_refused_and_left_alone(tmp_path: Path) -> None:
    (tmp_path / "letter.txt").write_text("dear diary")
    with pytest.raises(RootcellarError) as caught:
        make_home(tmp_path)
    assert caught.value.hint
    assert [path.name for path in tmp_path.iterdir()] == ["letter.txt"]


def test_a_file_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "home"
    file.write_text("not a folder")
    with pytest.raises(RootcellarError):
        make_home(file)


def test_nothing_of_the_machine_is_in_the_home(tmp_path: Path) -> None:
    home = make_home(tmp_path / "home")
    for path in home.rglob("*"):
        assert str(tmp_path) not in str(path.relative_to(home))
        if path.is_file():
            assert str(tmp_path).encode() not in path.read_bytes()
