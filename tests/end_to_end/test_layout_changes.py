"""What may get in the way of a change of the layout, and which layouts are refused."""

import contextlib
import json
import os
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from album_of_years import Years, sha256, uuid_of

from rootcellar.archive import copying
from rootcellar.archive.writer import Batch
from rootcellar.config import load_settings
from rootcellar.errors import DestinationWaiting, UsageError
from rootcellar.sample.photos_items import DEFAULT_TAKEN
from rootcellar_photos import PhotosSettings

DAY = timedelta(days=1)


@pytest.fixture
def years(tmp_path: Path) -> Years:
    """A library in which every kind of picture has a place, some the same name."""
    years = Years(tmp_path)
    for number in range(6):
        taken = DEFAULT_TAKEN + timedelta(days=20 * number)
        years.add(f"same{number}", original_filename="IMG_0001.JPG", taken=taken)
    years.add("case", original_filename="img_0001.jpg", taken=DEFAULT_TAKEN + DAY)
    years.add("edited", edited=datetime(2025, 1, 1, tzinfo=UTC), live=True)
    years.add("undated", taken=None)
    album = years.share("trip", "Trip")
    years.add("shared", shared_album=album)
    years.album("best", "Best", "same1", "same0", "edited")
    return years


def media(years: Years) -> dict[int, str]:
    """Return the inodes and digests of all pictures in the archive."""
    return {
        path.stat().st_ino: sha256(path)
        for path in (years.archive / "Photos").rglob("*")
        if path.is_file() and path.suffix not in (".jsonl", ".json", ".xmp")
    }


def lay_out(years: Years, layout: str) -> None:
    """Set a layout, and have the checker expect it."""
    years.settings(layout=layout)
    years.layout = layout.format(year="%Y", month="%m", day="%d", date="%Y-%m-%d") + "/"


def refuse_copies(monkeypatch: pytest.MonkeyPatch) -> None:
    def copy(*_: object) -> None:
        pytest.fail("a picture was copied")

    monkeypatch.setattr(Batch, "put_copy", copy)
    monkeypatch.setattr(copying, "copy", copy)


def lines(years: Years) -> dict[str, dict]:
    return {
        line["key"]: line
        for path in years.archive.rglob("metadata.jsonl")
        for line in map(json.loads, path.read_text().splitlines())
    }


def test_a_sidecar_that_a_person_has_edited_moves_along(years: Years) -> None:
    years.live()
    (sidecar,) = years.archive.rglob("edited.JPG.xmp")
    sidecar.write_bytes(b"my own words")
    years.settings(layout="{year}")
    years.export()
    assert (years.archive / "Photos/2024/edited.JPG.xmp").read_bytes() == b"my own words"
    assert not sidecar.exists()


def test_only_the_case_of_a_folder_differs(years: Years, monkeypatch: pytest.MonkeyPatch) -> None:
    lay_out(years, "Fotos/{year}")
    years.live()
    inodes = media(years)
    refuse_copies(monkeypatch)
    years.settings(layout="fotos/{year}")
    report = years.export().exporters["photos"]
    assert report.outcome in ("ok", "partial")
    assert {path.name for path in (years.archive / "Photos").iterdir()} >= {"Fotos"}
    assert not (years.archive / "Photos/fotos").exists()  # one folder to most drives
    assert years.export().exporters["photos"].files == 0
    assert media(years) == inodes


def test_a_stranger_in_the_way_stays(years: Years) -> None:
    years.live()
    stranger = years.archive / "Photos/2024/edited.JPG"
    stranger.write_bytes(b"not a picture of Photos'")
    years.settings(layout="{year}")
    years.export()
    assert stranger.read_bytes() == b"not a picture of Photos'"
    (moved,) = (years.archive / "Photos/2024").glob("edited ~*.JPG")
    assert lines(years)[uuid_of("edited")]["files"][0]["sha256"] == sha256(moved)


def test_what_is_gone_stays_where_it_is(years: Years) -> None:
    years.live()
    years.remove("edited")
    years.live()
    (kept,) = years.archive.rglob("edited.JPG")
    lay_out(years, "{year}")
    years.live()
    assert kept.exists()


def test_an_interrupted_move_is_ended_by_the_next_run(
    years: Years, monkeypatch: pytest.MonkeyPatch
) -> None:
    years.live()
    inodes = media(years)
    lay_out(years, "{year}")
    really = os.rename
    for count in (3, 9, 15):  # the drive goes away in the middle of the renames, three times
        done = 0

        def rename(*paths: object, limit: int = count, **options: object) -> None:
            nonlocal done
            done += 1
            if done > limit:
                raise OSError(6, "Device not configured")
            really(*paths, **options)

        with monkeypatch.context() as patch, contextlib.suppress(DestinationWaiting):
            patch.setattr(os, "rename", rename)
            years.export()
        held = {sha256(path) for path in years.archive.rglob("*") if path.is_file()}
        assert set(inodes.values()) <= held
    years.live()
    assert media(years) == inodes
    assert not list((years.archive / ".rootcellar/parts").iterdir())


@pytest.mark.parametrize(
    ("layout", "said"),
    [
        ("{year}/{album}", "asks for {album}"),
        ("{year!r}", "asks for {year}"),
        ("{}", "asks for {}"),
        ("{year}//{month}", "folder without a name"),
        ("../{year}", "folder without a name"),
        (".hidden/{year}", "dot"),
        ("{year}/{month}.", "dot"),
        ("{year}\\{month}", "not every drive"),
        ("{year}:{month}", "not every drive"),
        ("{year}\u0007", "not every drive"),
        ("People.json/{year}", "another use"),
        ("/".join(["{year}"] * 9), "folders deep"),
    ],
)
def test_a_layout_that_cannot_be_meant_is_refused(tmp_path: Path, layout: str, said: str) -> None:
    settings = tmp_path / "settings.toml"
    settings.write_text(f"[photos]\nlayout = {json.dumps(layout)}\n")
    with pytest.raises(UsageError) as refused:
        load_settings(settings, {"photos": PhotosSettings})
    assert said in refused.value.message
    assert "[photos]" in refused.value.message
