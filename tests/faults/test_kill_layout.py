"""A change of the layout that is killed at any step: the next run ends what it began."""

import random
import shutil
from datetime import timedelta
from pathlib import Path

import pytest
from album_of_years import Years, contents
from killing import killed_at

from rootcellar.archive import disk as disk_module
from rootcellar.sample.photos_items import DEFAULT_TAKEN

pytestmark = pytest.mark.faults


@pytest.fixture
def years(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Years:
    """An archive of a library by day, which is to be laid out by year."""
    monkeypatch.setattr(disk_module, "_syncfs", lambda handle: True)
    years = Years(tmp_path / "years")
    for number in range(3):
        taken = DEFAULT_TAKEN + timedelta(days=number)
        years.add(f"same{number}", original_filename="IMG_0001.JPG", taken=taken)
    years.add("live", live=True)
    years.album("best", "Best", "same1", "live")
    years.live()
    years.settings(layout="{year}")
    years.layout = "%Y/"
    return years


def lasting(years: Years) -> dict[str, str]:
    """Return what the archive holds; records that a broken run wrote may be in its history."""
    return {
        name: digest
        for name, digest in contents(years.archive).items()
        if not name.startswith(".rootcellar/")
    }


def test_a_change_of_the_layout_may_be_killed_at_any_step(
    years: Years, tmp_path: Path, everything: bool
) -> None:
    before = tmp_path / "before"
    shutil.copytree(years.root, before, copy_function=shutil.copy2)
    pictures = {
        digest
        for name, digest in contents(years.archive).items()
        if name.startswith("Photos/2024") and not name.endswith((".jsonl", ".xmp"))
    }
    with killed_at(0) as deadline:
        years.export()
    expected = lasting(years)
    assert len({name.split("/")[1] for name in expected if name.endswith(".JPG")}) == 1
    kills = 0
    for step in range(1, len(deadline.steps) + 1):
        if not (everything or step == len(deadline.steps) or random.random() < 0.1):
            continue
        shutil.rmtree(years.root)
        shutil.copytree(before, years.root, copy_function=shutil.copy2)
        with killed_at(step):
            years.export()
        kills += 1
        told = f"killed at step {step}: {deadline.steps[step - 1]}"
        assert pictures <= set(contents(years.archive).values()), told
        report = years.export().exporters["photos"]
        assert lasting(years) == expected, told
        assert not list(years.problems(report)), told
    assert kills
