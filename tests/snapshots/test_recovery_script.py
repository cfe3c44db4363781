"""Anyone can rebuild any snapshot with the lines in FORMAT.txt: exactly these are run here."""

import re
import subprocess
import sys
from pathlib import Path

from histories import files_below, of_three
from orchard import Farm


def script(archive: Path) -> str:
    """Return the script as a person would cut it out of the archive's own FORMAT.txt."""
    text = (archive / ".rootcellar/FORMAT.txt").read_text()
    return text[text.index("import hashlib") :]


def run(archive: Path, snapshot: str, folder: Path) -> str:
    recover = folder.with_suffix(".py")
    recover.write_text(script(archive))
    command = [sys.executable, "-I", str(recover), str(archive), snapshot, str(folder)]
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout


def test_the_script_has_at_most_twenty_lines_and_needs_nothing_of_ours(farm: Farm) -> None:
    farm.plant("k")
    farm.export()
    found = script(farm.archive)
    assert len(found.splitlines()) <= 20
    modules = set(re.findall(r"\bimport ([\w, ]+)", found)) | set(re.findall(r"from (\w+)", found))
    assert modules == {
        "hashlib, json, os, pathlib, shutil, sys",
        "zstd",
        "compression",
        "backports",
    }


def test_the_script_rebuilds_every_snapshot(farm: Farm, tmp_path: Path) -> None:
    history = of_three(farm)
    for name, files in history.held.items():
        assert run(farm.archive, name, tmp_path / name) == ""
        assert files_below(tmp_path / name) == files


def test_the_script_names_what_is_lost(farm: Farm, tmp_path: Path) -> None:
    history = of_three(farm)
    page = next(farm.archive.glob("Orchard/0/*.bin"))
    page.write_bytes(b"rotten")
    told = run(farm.archive, history.order[0], tmp_path / "out")
    assert told == f"lost: {page.relative_to(farm.archive).as_posix()}\n"


def test_an_older_format_text_is_brought_up_to_date(farm: Farm) -> None:
    farm.plant("k")
    farm.export()
    text = farm.archive / ".rootcellar/FORMAT.txt"
    current = text.read_text()
    text.write_text("the format, as it was")
    farm.export()
    assert text.read_text() == current
