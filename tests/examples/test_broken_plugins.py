"""A broken exporter is told and skipped: whatever it does, the others go on."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOTCELLAR = str(Path(sys.executable).parent / "rootcellar")
GOOD = """
from rootcellar.api import Exporter, Store
class Rotten(Exporter):
    name = {name!r}
    title = {title!r}
    reads = (Store("Rotten", "Rotten"),)
    def items(self, capture):
        return iter(())
"""
FAULTS = {
    "import": ("import no_such_module_at_all", "ModuleNotFoundError: No module named"),
    "leave": ("raise SystemExit('rotten')", "SystemExit: rotten"),
    "syntax": ("class :", "SyntaxError"),
    "photos": (GOOD.format(name="photos", title="Mine"), "Another exporter has this name."),
    "folder": (GOOD.format(name="folder", title="photos"), "It wants the folder 'photos'"),
    "stranger": ("class Rotten: pass", "It is no subclass of rootcellar.api.Exporter."),
    "another": (
        GOOD.format(name="other", title=""),
        "Its name is 'other', its entry point says 'another'.",
    ),
    "nothing": ("", "AttributeError"),
    "raises": ("def Rotten(): raise ValueError('no')", "ValueError: no"),
    "blind": (
        GOOD.format(name="blind", title="") + "    reads = ()\n",
        "It does not say what it reads (`reads`, a tuple of Store).",
    ),
    "unset": (
        GOOD.format(name="unset", title="") + "    settings = dict\n",
        "Its `settings` is no dataclass whose fields all have defaults.",
    ),
}


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with one installed package for every fault, and a sound but talkative one."""
    site = tmp_path_factory.mktemp("site")
    for name, (code, _) in FAULTS.items():
        install(site, name, code)
    install(site, "talk", "print('hello')" + GOOD.format(name="talk", title="Talk"))
    return site


def install(site: Path, name: str, code: str) -> None:
    (site / f"rotten_{name}.py").write_text(code)
    info = site / f"rotten_{name}-1.dist-info"
    info.mkdir()
    (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: rotten-{name}\nVersion: 1\n")
    (info / "entry_points.txt").write_text(
        f"[rootcellar.exporters]\n{name} = rotten_{name}:Rotten\n"
    )


def rootcellar(site: Path, root: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    own = {
        "PYTHONPATH": str(site),
        "ROOTCELLAR_STATE": str(root / "state"),
        "ROOTCELLAR_CACHE": str(root / "cache"),
        "ROOTCELLAR_SETTINGS": str(root / "settings.toml"),
    }
    return subprocess.run(
        [ROOTCELLAR, *arguments],
        env={**os.environ, **own},
        capture_output=True,
        text=True,
        check=False,
    )


def test_every_broken_plugin_is_told_and_none_is_fatal(site: Path, tmp_path: Path) -> None:
    done = rootcellar(site, tmp_path, "exporters", "--json", "--home", str(tmp_path))
    assert done.returncode == 0, done.stderr
    told = json.loads(done.stdout)
    assert [one["name"] for one in told["exporters"]] == ["notes", "photos", "reminders", "talk"]
    reasons = {one["name"]: one for one in told["broken"]}
    assert reasons.keys() == FAULTS.keys()
    for name, (_, sentence) in FAULTS.items():
        assert sentence in reasons[name]["reason"]
        assert reasons[name]["distribution"] == f"rotten-{name}"


def test_a_person_reads_of_a_broken_plugin_and_what_to_do(site: Path, tmp_path: Path) -> None:
    listed = rootcellar(site, tmp_path, "exporters", "--home", str(tmp_path))
    assert "leave is broken: SystemExit: rotten" in listed.stdout
    checked = rootcellar(site, tmp_path, "doctor", "--home", str(tmp_path))
    assert "The exporter leave (rotten-leave) is broken: SystemExit: rotten" in checked.stdout
    assert "Update or remove the package rotten-leave." in checked.stdout
    assert checked.returncode == 1


def test_asking_for_a_broken_exporter_says_why_it_cannot_be_had(
    site: Path, tmp_path: Path
) -> None:
    done = rootcellar(site, tmp_path, "export", "leave", "--home", str(tmp_path))
    assert done.returncode == 2
    assert "There is no exporter named leave." in done.stderr
    assert "It is installed, but broken: SystemExit: rotten" in done.stderr
    assert "There are: notes, photos, reminders, talk." in done.stderr
