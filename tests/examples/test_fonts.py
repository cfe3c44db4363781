"""The example of a third-party exporter, installed as a package and run."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

EXAMPLE = Path(__file__).parents[2] / "examples" / "rootcellar_fonts"


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder into which the example has been installed with pip."""
    target = tmp_path_factory.mktemp("site")
    options = ["--no-deps", "--no-build-isolation", "--no-index", "--quiet", "--target"]
    command = [sys.executable, "-m", "pip", "install", *options, str(target), str(EXAMPLE)]
    subprocess.run(command, check=True, capture_output=True)
    return target


def run(installed: Path, root: Path, *command: str) -> subprocess.CompletedProcess[str]:
    own = {
        "PYTHONPATH": str(installed),
        "ROOTCELLAR_STATE": str(root / "state"),
        "ROOTCELLAR_CACHE": str(root / "cache"),
        "ROOTCELLAR_SETTINGS": str(root / "settings.toml"),
    }
    environment = {**os.environ, **own}
    return subprocess.run(command, env=environment, capture_output=True, text=True, check=False)


@pytest.fixture
def home(tmp_path: Path) -> Path:
    fonts = tmp_path / "home" / "Library" / "Fonts"
    fonts.mkdir(parents=True)
    (fonts / "Quince.ttf").write_bytes(b"a font")
    (fonts / "Quince.otf").write_bytes(b"the same font, otherwise")
    return tmp_path / "home"


def test_the_examples_own_test_passes(installed: Path, tmp_path: Path) -> None:
    test = EXAMPLE / "tests" / "test_fonts.py"
    options = ["-q", "-p", "no:cacheprovider", "-c", os.devnull, "--rootdir", str(tmp_path)]
    done = run(installed, tmp_path, sys.executable, "-m", "pytest", *options, str(test))
    assert done.returncode == 0, done.stdout + done.stderr


def test_the_installed_example_is_among_the_plugins(installed: Path, tmp_path: Path) -> None:
    code = (
        "from rootcellar.plugins import installed; found = installed(); "
        "print([one.name for one in found.exporters], found.broken)"
    )
    done = run(installed, tmp_path, sys.executable, "-c", code)
    assert done.stdout == "['fonts', 'notes', 'photos', 'reminders'] ()\n"


def test_an_installed_exporter_is_listed_and_run(
    installed: Path, home: Path, tmp_path: Path
) -> None:
    rootcellar = str(Path(sys.executable).parent / "rootcellar")
    listed = json.loads(
        run(installed, tmp_path, rootcellar, "exporters", "--home", str(home), "--json").stdout
    )
    assert [one["name"] for one in listed["exporters"]] == [
        "fonts",
        "notes",
        "photos",
        "reminders",
    ]
    archive = tmp_path / "archive"
    command = [rootcellar, "export", "--json", "--home", str(home), "--archive", str(archive)]
    first = json.loads(run(installed, tmp_path, *command).stdout)
    assert first["exporters"]["fonts"]["new"] == 2
    assert first["exporters"]["photos"]["outcome"] == "skipped"
    assert (archive / "Fonts" / "Quince.ttf").read_bytes() == b"a font"
    again = json.loads(run(installed, tmp_path, *command).stdout)
    assert again["exporters"]["fonts"]["unchanged"] == 2
