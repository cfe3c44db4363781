"""The folders that pictures lie in may be chosen, and changed: files move, and none is copied."""

from datetime import datetime, timedelta, timezone
from pathlib import Path

import pytest
from album_of_years import Years, read_records, uuid_of

from rootcellar.engine.writing import Writing

NOON = datetime(2024, 7, 14, 12, 0, tzinfo=timezone(timedelta(hours=2)))
LAYOUTS = {
    "{year}/{date}": "%Y/%Y-%m-%d/",
    "{year}/{month}": "%Y/%m/",
    "{year}": "%Y/",
    "": "",
    "Pictures/{year}-{month} ({day})": "Pictures/%Y-%m (%d)/",
}


@pytest.fixture
def years(tmp_path: Path) -> Years:
    years = Years(tmp_path)
    years.add("beach", taken=NOON, original_filename="IMG_1.JPG")
    years.add("hotel", taken=NOON + timedelta(days=1), original_filename="IMG_1.JPG")
    years.add("garden", taken=NOON + timedelta(days=400), original_filename="img_1.jpg")
    years.album("trip", "Trip", "beach", "hotel")
    years.live()
    return years


def choose(years: Years, layout: str) -> None:
    years.settings(layout=layout)
    years.layout = LAYOUTS[layout]


def media(years: Years) -> set[int]:
    """Return the inodes of all pictures in the archive, which a copy would change."""
    found = (years.archive / "Photos").rglob("*")
    return {path.stat().st_ino for path in found if path.suffix.lower() == ".jpg"}


def original(years: Years, key: str) -> str:
    files = read_records(years.archive)[uuid_of(key)]["files"]
    return next(file["path"] for file in files if file["role"] == "original")


@pytest.mark.parametrize("layout", LAYOUTS)
def test_another_layout_moves_everything_and_copies_nothing(layout: str, years: Years) -> None:
    before = media(years)
    choose(years, layout)
    report = years.live()
    assert media(years) == before
    assert report.moved == (0 if layout == "{year}/{date}" else 3)
    assert original(years, "beach").startswith(f"Photos/{NOON.strftime(LAYOUTS[layout])}")
    assert years.live().unchanged == 3
    assert not list(years.rebuilt())
    choose(years, "{year}/{date}")
    years.live()
    assert media(years) == before
    assert original(years, "beach") == "Photos/2024/2024-07-14/IMG_1.JPG"


@pytest.mark.parametrize("layout", ["{year}", ""])
def test_a_move_that_is_cut_off_is_ended_by_the_next_run(
    layout: str, years: Years, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = media(years)
    choose(years, layout)
    years.write()
    with monkeypatch.context() as patch:
        patch.setattr(Writing, "_settle", cut_off)
        with pytest.raises(KeyboardInterrupt):
            years.export()
    years.live()
    assert media(years) == before
    assert not list(years.rebuilt())


def cut_off(*_: object) -> None:
    raise KeyboardInterrupt
