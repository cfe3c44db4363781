"""What the sample home's photo library holds.

Data only: made-up photos of apples and journeys, chosen so that every case an archive must get
right occurs at least once. The persons have given names only, and nobody is meant by them.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

from rootcellar.sample.photos_items import Burst, Comment, Face, Kind, Photo, Place
from rootcellar.sample.photos_library import PhotosLibraryBuilder

LISBON = Place(38.7223, -9.1393, "Lisbon", "Portugal", "PT")
ZURICH = Place(47.3769, 8.5417, "Zürich", "Switzerland", "CH")
TOKYO = Place(35.6762, 139.6503, "Tokyo", "Japan", "JP")
KOLKATA = Place(22.5726, 88.3639, "Kolkata", "India", "IN")
AUCKLAND = Place(-36.8509, 174.7645)  # Photos has not looked this one up yet
ANNA, BEN, CARLA = "Anna", "Ben", "Carla"

# "Cafe" with a combining accent, as old Macs wrote names: not the same string as the NFC name.
DECOMPOSED_NAME = "Cafe\u0301 am See.jpg"
FORBIDDEN_NAME = 'Äpfel: "best"?.jpg'
ABSURD_DATE = datetime(4001, 1, 1, tzinfo=UTC)  # what Apple calls the distant future


def write_photos_library(path: Path) -> None:
    """Write the sample's Photos library to ``path``, which must not exist."""
    library = PhotosLibraryBuilder(path)
    journeys = {name: [library.photo(p) for p in photos] for name, photos in _journeys()}
    harvest = [library.photo(photo) for photo in _harvest()]
    people = [library.photo(photo) for photo in _people()]
    for photo in _oddities():
        library.photo(photo)
    shared = library.shared_album("Allotment", CARLA)
    for photo in _shared(shared):
        library.photo(photo)
    latest = library.photo(_latest())

    journey_folder = library.folder("Journeys")
    far_away = library.folder("Far away", journey_folder)
    library.album("Lisbon", journeys["Lisbon"], folder=journey_folder, newest_first=True)
    library.album("Tokyo", journeys["Tokyo"], folder=far_away)
    library.album("Harvest", [*reversed(harvest), latest])
    library.album("Best of", [journeys["Tokyo"][0], harvest[0]])
    library.album("Best of", people)
    library.album("Apples/Pears", harvest[:2])
    library.album("To print")
    library.write()


def _at(text: str, hours: float) -> datetime:
    """Return the moment ``text`` in a zone so many ``hours`` east of Greenwich."""
    return datetime.fromisoformat(text).replace(tzinfo=timezone(timedelta(hours=hours)))


def _journeys() -> Iterator[tuple[str, list[Photo]]]:
    yield "Lisbon", list(_lisbon())
    yield "Winter", list(_winter())
    yield "Kolkata", list(_kolkata())
    yield "Tokyo", list(_tokyo())
    yield "Auckland", list(_auckland())


def _lisbon() -> Iterator[Photo]:
    for number, (clock, variant) in enumerate((("09:12:40", 0), ("09:15:02", 1), ("18:47:31", 2))):
        yield Photo(
            f"DSC_{101 + number:04}.JPG",
            _at(f"2015-08-21T{clock}", 1),
            "Europe/Lisbon",
            scene="sea",
            variant=variant,
            title="A boat on the Tagus" if number == 0 else None,
            keywords=("holiday", "sea"),
            labels=("Boat", "Sea"),
            place=LISBON,
            favorite=number == 2,
        )
    yield Photo(
        "MVI_0104.MOV",
        _at("2015-08-22T11:05:00", 1),
        "Europe/Lisbon",
        Kind.VIDEO,
        "sea",
        keywords=("sea",),
        place=LISBON,
    )


def _winter() -> Iterator[Photo]:
    for number in range(3):
        yield Photo(
            f"IMG_{2001 + number}.JPG",
            _at(f"2017-12-3{number % 2}T16:0{number}:10", 1),
            scene="snow",
            variant=number % 2,
            caption="First snow.\nThe pears are in straw." if number == 0 else None,
            labels=("Snow", "Tree"),
            place=ZURICH,
        )


def _kolkata() -> Iterator[Photo]:
    # A zone that is not whole hours; just before midnight there, so that the day differs in UTC.
    for number, clock in enumerate(("23:58:00", "00:03:00")):
        yield Photo(
            f"IMG_{3010 + number}.JPG",
            _at(f"2018-03-0{4 + number}T{clock}", 5.5),
            "Asia/Kolkata",
            scene="bowl",
            variant=number,
            keywords=("holiday",),
            labels=("Fruit", "Plum"),
            place=KOLKATA,
        )


def _tokyo() -> Iterator[Photo]:
    for number in range(3):
        yield Photo(
            f"IMG_{4100 + number}.JPG",
            _at(f"2019-09-14T20:3{number}:00", 9),
            "Asia/Tokyo",
            scene="night",
            variant=number,
            title="月夜" if number == 0 else None,
            keywords=("holiday", "moon"),
            labels=("Moon", "Night Sky"),
            place=TOKYO,
            favorite=number == 0,
        )


def _auckland() -> Iterator[Photo]:
    # New Year's Eve there, still the morning of the day before in Greenwich.
    for number, day in enumerate(("2021-12-31T23:59:58", "2022-01-01T00:00:03")):
        yield Photo(
            f"IMG_{5200 + number}.JPG",
            _at(day, 13),
            "Pacific/Auckland",
            scene="night",
            variant=number,
            place=AUCKLAND,
        )


def _harvest() -> Iterator[Photo]:
    """Yield what a phone makes beside plain photos: live, edited, RAW, bursts, screenshots."""
    noon = "2023-10-07T12:0{}:00"
    yield Photo(
        "IMG_6001.JPG",
        _at(noon.format(0), 2),
        title="Red, yellow, green",
        caption="Gravenstein, Golden Delicious, Granny Smith",
        keywords=("apples", "harvest"),
        labels=("Apple", "Fruit"),
        place=ZURICH,
        favorite=True,
        edited=_at("2023-10-08T09:30:00", 2),
    )
    yield Photo("IMG_6002.JPG", _at(noon.format(1), 2), scene="pears", keywords=("harvest",))
    yield Photo("IMG_6003.JPG", _at(noon.format(2), 2), scene="orchard", live=True)
    yield Photo(
        "IMG_6004.JPG",
        _at(noon.format(3), 2),
        scene="orchard",
        variant=1,
        live=True,
        edited=_at("2023-10-08T09:41:00", 2),
    )
    yield Photo("IMG_6005.JPG", _at(noon.format(4), 2), scene="pears", variant=1, raw=True)
    yield Photo(
        "IMG_6006.MOV",
        _at(noon.format(5), 2),
        kind=Kind.VIDEO,
        scene="orchard",
        edited=_at("2023-10-08T10:00:00", 2),
    )
    for number in range(3):
        yield Photo(
            f"IMG_601{number}.JPG",
            _at(noon.format(9), 2) + timedelta(seconds=number / 10),
            variant=1 + number,
            burst=Burst("harvest", picked=number == 1),
        )


def _people() -> Iterator[Photo]:
    one, left, right = (0.5, 0.49), (0.3, 0.49), (0.7, 0.49)
    yield Photo(
        "IMG_7001.JPG",
        _at("2021-05-16T10:20:00", 2),
        scene="portrait",
        faces=(Face(ANNA, *one),),
        labels=("Person",),
    )
    yield Photo(
        "IMG_7002.JPG",
        _at("2021-05-16T10:21:00", 2),
        scene="portrait",
        variant=1,
        faces=(Face(BEN, *one),),
    )
    yield Photo(
        "IMG_7003.JPG",
        _at("2021-05-16T10:25:00", 2),
        scene="couple",
        title="Anna and Ben",
        faces=(Face(ANNA, *left), Face(BEN, *right)),
        favorite=True,
    )
    yield Photo(
        "IMG_7004.JPG",
        _at("2021-05-16T10:26:00", 2),
        scene="couple",
        variant=1,
        faces=(Face(ANNA, *left), Face("", *right)),
    )
    yield Photo(
        "IMG_7005.JPG",
        _at("2021-05-16T11:00:00", 2),
        scene="portrait",
        variant=2,
        faces=(Face(CARLA, *one),),
    )


def _oddities() -> Iterator[Photo]:
    """Yield the assets with which archives go wrong."""
    day = "2024-07-14T{}"
    yield Photo("IMG_0412.JPG", _at(day.format("09:00:00"), 2), scene="cellar")
    yield Photo("IMG_0412.JPG", _at(day.format("17:30:00"), 2), scene="cellar", variant=1)
    yield Photo("img_0412.jpg", _at(day.format("18:00:00"), 2), scene="cellar", variant=2)
    yield Photo(FORBIDDEN_NAME, _at(day.format("18:05:00"), 2), variant=3)
    yield Photo(DECOMPOSED_NAME, _at(day.format("18:10:00"), 2), scene="sea", variant=1)
    yield Photo(
        "Screenshot 2024-07-15.png",
        _at("2024-07-15T08:00:00", 2),
        kind=Kind.SCREENSHOT,
        labels=("Document",),
    )
    yield Photo("IMG_8001.JPG", _at("2025-01-02T07:00:00", 1), scene="snow", hidden=True)
    yield Photo(
        "IMG_8002.JPG",
        _at("2025-01-02T07:05:00", 1),
        scene="snow",
        variant=1,
        trashed=_at("2026-09-10T20:00:00", 2),
    )
    yield Photo(
        "IMG_8003.JPG",
        _at("2025-04-20T14:00:00", 2),
        scene="orchard",
        title="Blossom, in iCloud only",
        place=ZURICH,
        missing=True,
    )
    yield Photo(
        "IMG_8004.JPG", _at("2025-04-20T14:01:00", 2), scene="orchard", live=True, missing=True
    )
    yield Photo("scan.jpg", None, None, scene="pears", variant=2, camera=None, in_icloud=False)
    yield Photo("IMG_0001.JPG", ABSURD_DATE, None, scene="bowl", camera=None)


def _shared(album: str) -> Iterator[Photo]:
    posted = _at("2025-10-05T19:00:00", 2)
    yield Photo(
        "IMG_0077.JPG",
        _at("2025-10-05T15:00:00", 2),
        scene="bowl",
        variant=1,
        added=posted,
        shared_album=album,
        comments=(
            Comment(BEN, posted + timedelta(minutes=12), "Are those ours?"),
            Comment(ANNA, posted + timedelta(minutes=14)),
        ),
    )
    yield Photo(
        "IMG_0078.JPG",
        _at("2025-10-05T15:02:00", 2),
        scene="apples",
        variant=2,
        added=posted,
        shared_album=album,
        missing=True,
    )


def _latest() -> Photo:
    """Return the photo whose rows lie in the ``-wal`` alone."""
    return Photo(
        "IMG_9001.JPG",
        _at("2026-09-20T17:40:00", 2),
        scene="cellar",
        variant=3,
        title="The cellar is full",
        keywords=("harvest",),
        labels=("Jar",),
        place=ZURICH,
    )
