"""The wheel, built and installed apart: exporters, templates and the command are inside."""

import configparser
import json
import os
import re
import shutil
import subprocess
import sys
import sysconfig
import tomllib
import zipfile
from pathlib import Path

import pytest

REPOSITORY = Path(__file__).parents[1]
ROOTS = ("src", "exporters", "templates")
TREE = (
    *ROOTS,
    "tests",
    "docs",
    "examples",
    "benchmarks",
    "pyproject.toml",
    "README.md",
    "LICENSE",
)


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel, built offline from a copy of the tree."""
    root = tmp_path_factory.mktemp("build")
    for name in TREE:
        if (REPOSITORY / name).is_dir():
            ignored = shutil.ignore_patterns("__pycache__", ".*")
            shutil.copytree(REPOSITORY / name, root / name, ignore=ignored)
        else:
            shutil.copy(REPOSITORY / name, root / name)
    run([sys.executable, "-m", "hatchling", "build", "-t", "wheel"], cwd=root)
    (built,) = (root / "dist").glob("*.whl")
    return built


@pytest.fixture(scope="module")
def site(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder into which the wheel has been installed."""
    site = tmp_path_factory.mktemp("site")
    options = ["--no-deps", "--no-index", "--quiet", "--target", str(site)]
    run([sys.executable, "-m", "pip", "install", *options, str(wheel)])
    return site


def run(command: list[str], expect: int = 0, **options: object) -> str:
    done = subprocess.run(command, capture_output=True, text=True, check=False, **options)  # type: ignore[call-overload]
    assert done.returncode == expect, done.stdout + done.stderr
    return str(done.stdout)


def installed(site: Path, root: Path, *arguments: str, expect: int = 0) -> str:
    """Run Python with the wheel's folder ahead; -S leaves out the editable install's .pth file."""
    own = {
        "PYTHONPATH": os.pathsep.join([str(site), sysconfig.get_path("purelib")]),
        "ROOTCELLAR_STATE": str(root / "state"),
        "ROOTCELLAR_CACHE": str(root / "cache"),
        "ROOTCELLAR_SETTINGS": str(root / "settings.toml"),
    }
    command = [sys.executable, "-S", *arguments]
    return run(command, expect, env={**os.environ, **own}, cwd=root)


def test_the_wheel_holds_every_file_of_the_three_roots_and_nothing_else(wheel: Path) -> None:
    ours = {
        path.relative_to(REPOSITORY / root).as_posix()
        for root in ROOTS
        for path in (REPOSITORY / root).rglob("*")
        if path.is_file() and "__pycache__" not in path.parts and path.parent.name != root
    }
    names = set(zipfile.ZipFile(wheel).namelist())
    inside = {name for name in names if ".dist-info/" not in name}
    assert inside == ours
    assert any(name.endswith(".dist-info/licenses/LICENSE") for name in names)


def test_its_entry_points_are_those_of_the_project(wheel: Path) -> None:
    project = tomllib.loads((REPOSITORY / "pyproject.toml").read_text())["project"]
    with zipfile.ZipFile(wheel) as files:
        (name,) = (name for name in files.namelist() if name.endswith("/entry_points.txt"))
        points = configparser.ConfigParser(delimiters="=")
        points.read_string(files.read(name).decode())
    assert dict(points["console_scripts"]) == project["scripts"]
    assert (
        dict(points["rootcellar.exporters"]) == (project["entry-points"]["rootcellar.exporters"])
    )


def test_modules_exporters_and_templates_come_from_the_wheel(site: Path, tmp_path: Path) -> None:
    code = """
import json
from rootcellar.plugins import installed
from rootcellar.views import Views
found = installed()
print(json.dumps({
    "modules": [__import__(name).__file__ for name in ("rootcellar", "rootcellar_templates")]
    + [__import__(type(one).__module__).__file__ for one in found.exporters],
    "exporters": [one.name for one in found.exporters],
    "broken": [one.reason for one in found.broken],
    "templates": Views(None)._jinja().list_templates(),
}))
"""
    told = json.loads(installed(site, tmp_path, "-c", code))
    assert all(Path(module).is_relative_to(site) for module in told["modules"]), told["modules"]
    assert "photos" in told["exporters"]
    assert told["broken"] == []
    assert "photos/sidecar.xmp" in told["templates"]


def test_the_installed_command_makes_the_demo(site: Path, tmp_path: Path) -> None:
    command = str(site / "bin" / "rootcellar")
    assert "Usage: rootcellar" in installed(site, tmp_path, command, "--help")
    # One original of the sample is "only in iCloud", on purpose: partial.
    told = installed(site, tmp_path, command, "demo", "demo", expect=3)
    assert re.search(r"Photos: \d+ new", told)
    assert list((tmp_path / "demo" / "archive" / "Photos").rglob("*.xmp"))
