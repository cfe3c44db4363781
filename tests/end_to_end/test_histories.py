"""One archive over the years: whatever happens to the library, nothing is lost or told wrongly."""

from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

import pytest
from album_of_years import Years, read_records, uuid_of

NOON = datetime(2024, 7, 14, 12, 0, tzinfo=timezone(timedelta(hours=2)))
NEXT_DAY = NOON + timedelta(days=1)


@pytest.fixture
def years(tmp_path: Path) -> Years:
    return Years(tmp_path)


def paths(years: Years, key: str) -> dict[str, str]:
    """Return the paths of a photo's files below the archive, by role."""
    files = read_records(years.archive)[uuid_of(key)]["files"]
    return {file["role"]: file["path"].removeprefix("Photos/") for file in files}


def test_a_picture_that_takes_the_name_of_its_own_edit_keeps_both(years: Years) -> None:
    edited = datetime(2024, 8, 1, tzinfo=UTC)
    years.add("beach", original_filename="IMG.jpeg", taken=NOON, edited=edited)
    years.live()
    years.change("beach", original_filename="IMG (edited).jpeg")
    assert years.live().moved == 1
    years.change("beach", original_filename="IMG.jpeg")
    assert years.live().moved == 1
    assert paths(years, "beach")["original"] == "2024/2024-07-14/IMG.jpeg"


def test_files_whose_endings_are_equal_once_shortened_keep_names_of_their_own(
    years: Years,
) -> None:
    uuid = years.add("beach", taken=NOON)
    years.write()
    folder = years.library / "resources/renders" / uuid[0]
    folder.mkdir(parents=True, exist_ok=True)
    for number in range(9):
        leftover = folder / f"{uuid}_1_201_a_left_behind_by_an_edit_{number}.jpeg"
        leftover.write_bytes(f"leftover {number}".encode())
    assert not list(years.problems(years.export().exporters["photos"]))
    names = [path for role, path in paths(years, "beach").items() if role.startswith("other")]
    assert len(set(names)) == 9
    assert all(name.endswith(".jpeg") for name in names)


def test_a_shared_album_that_changes_but_its_case_keeps_its_folder(years: Years) -> None:
    album = years.share("trip", "Trip")
    years.add("beach", shared_album=album, taken=NOON)
    years.live()
    years.share("trip", "trip")
    assert years.live().changed == 1
    assert paths(years, "beach")["original"] == "Shared/Trip/2024-07-14/beach.JPG"
    years.add("hotel", shared_album=album, taken=NOON)
    years.live()
    assert paths(years, "hotel")["original"] == "Shared/Trip/2024-07-14/hotel.JPG"
    assert not list(years.rebuilt())


def test_two_shared_albums_that_differ_in_case_share_a_folder(years: Years) -> None:
    for title in ("Trip", "TRIP"):
        album = years.share(title, title)
        years.add(f"in {title}", shared_album=album, taken=NOON, original_filename="IMG_1.JPG")
    years.live()
    assert len(list((years.archive / "Photos/Shared").iterdir())) == 1
    years.change("in TRIP", title="Us")
    years.live()
    assert not list(years.rebuilt())


def test_the_page_of_a_deleted_album_follows_its_pictures(years: Years) -> None:
    years.add("beach", taken=NOON)
    years.add("hotel", taken=NOON)
    years.album("trip", "Trip", "beach", "hotel")
    years.live()
    del years.albums["trip"]
    years.change("hotel", taken=NEXT_DAY)
    years.live()
    years.change("beach", taken=NEXT_DAY)
    years.live()
    years.remove("beach")
    years.live()
    assert not list(years.rebuilt())


def test_a_picture_that_comes_back_without_its_album_is_no_member_of_it(years: Years) -> None:
    years.add("beach", taken=NOON)
    years.add("hotel", taken=NOON)
    years.album("trip", "Trip", "beach", "hotel")
    years.live()
    years.remove("beach")
    years.live()
    years.add("beach", taken=NEXT_DAY)
    years.live()
    assert not list(years.rebuilt())
