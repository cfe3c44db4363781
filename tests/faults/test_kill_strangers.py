"""What somebody put where records belong survives a run that is killed while it makes room."""

import random
import shutil
from pathlib import Path

import pytest
from checking import check_archive
from killing import killed_at
from orchard import Farm, counts

from rootcellar.archive import disk as disk_module
from rootcellar.archive.layout import RECORDS

pytestmark = pytest.mark.faults

MINE = b"a list of mine"


def made(root: Path) -> Farm:
    """Return a farm whose next export wants the name of a file that somebody has put there."""
    shutil.rmtree(root, ignore_errors=True)
    root.mkdir()
    farm = Farm(root)
    farm.plant("a", place="2023/apple")
    farm.export()
    farm.plant("b", place="2024/pear")
    stranger = farm.archive / "Orchard/2024" / RECORDS
    stranger.parent.mkdir()
    stranger.write_bytes(MINE)
    return farm


def test_a_stranger_where_records_belong_is_there_after_every_kill(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, everything: bool
) -> None:
    monkeypatch.setattr(disk_module, "_syncfs", lambda handle: True)
    counted = made(tmp_path / "counting")
    with killed_at(0) as unbroken:
        counted.export()
    total = len(unbroken.steps)
    before = next(n for n, step in enumerate(unbroken.steps, 1) if "quarantine" in step)
    for step in range(1, total + 1):
        if not everything and abs(step - before) > 6 and random.random() > 0.15:
            continue
        farm = made(tmp_path / "broken")
        with killed_at(step):
            farm.export()
        told = f"killed at step {step} of {total}: {unbroken.steps[step - 1]}"
        assert MINE in {path.read_bytes() for path in farm.archive.rglob("*") if path.is_file()}, (
            told
        )
        farm.export()
        (kept,) = (farm.archive / ".rootcellar/quarantine").iterdir()
        assert kept.read_bytes() == MINE, told
        expected = f"quarantine holds {kept.name}"
        assert check_archive(farm.archive, farm.state_path) == [expected], told
        assert counts(farm.export()) == {"unchanged": 2}, told
