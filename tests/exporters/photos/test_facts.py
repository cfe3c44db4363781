"""That every field of a record is seen by the survey: a change of it is found, and no other."""

import plistlib
import shutil
import sqlite3
from collections.abc import Callable, Mapping
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from rootcellar.api import Capture
from rootcellar_photos import Photos

ASSET = "UPDATE ZASSET SET Z_OPT = Z_OPT + 1, {} WHERE Z_PK = :pk"
ATTRIBUTES = "UPDATE ZADDITIONALASSETATTRIBUTES SET Z_OPT = Z_OPT + 1, {} WHERE ZASSET = :pk"
EXTENDED = "UPDATE ZEXTENDEDATTRIBUTES SET Z_OPT = Z_OPT + 1, {} WHERE ZASSET = :pk"
ALONE = "UPDATE ZASSET SET {0} = :pk + 9000 WHERE Z_PK = :pk"
"""Gives the asset a moment or import of its own, so that no other one may change with it."""
SHARE = "INSERT INTO ZSHARE (Z_PK, Z_ENT, Z_OPT, ZTITLE) VALUES (:pk + 9000, 1, 1, {})"
NAMED = "SELECT Z_PK FROM ZPERSON WHERE ZFULLNAME <> ''"

# Each case: statements before the first look, the change, where in the record, what is there.
CASES: Mapping[str, tuple[tuple[str, ...], tuple[str, ...], str, Any]] = {
    "title": ((), (ATTRIBUTES.format("ZTITLE = 'Quince'"),), "title", "Quince"),
    "timezone": (
        (),
        (ATTRIBUTES.format("ZTIMEZONENAME = 'Asia/Tokyo'"),),
        "timezone",
        "Asia/Tokyo",
    ),
    "favourite": ((), (ASSET.format("ZFAVORITE = 1"),), "favourite", True),
    "hidden": ((), (ASSET.format("ZHIDDEN = 1"),), "hidden", True),
    "duration": ((), (ASSET.format("ZDURATION = 7.5"),), "duration", 7.5),
    "panorama": ((), (ASSET.format("ZKINDSUBTYPE = 1"),), "kinds.0", "panorama"),
    "slow motion": ((), (ASSET.format("ZKINDSUBTYPE = 101"),), "kinds.0", "slow-motion"),
    "time lapse": ((), (ASSET.format("ZKINDSUBTYPE = 102"),), "kinds.0", "time-lapse"),
    "screen recording": ((), (ASSET.format("ZKINDSUBTYPE = 103"),), "kinds.0", "screen-recording"),
    "screenshot": ((), (ASSET.format("ZKINDSUBTYPE = 10"),), "kinds.0", "screenshot"),
    "hdr": ((), (ASSET.format("ZHDRTYPE = 3"),), "kinds.0", "hdr"),
    "portrait": ((), (ASSET.format("ZDEPTHTYPE = 1"),), "kinds.0", "portrait"),
    "selfie": ((), (ATTRIBUTES.format("ZCAMERACAPTUREDEVICE = 1"),), "kinds.0", "selfie"),
    "burst": ((), (ASSET.format("ZAVALANCHEUUID = 'B-1'"),), "burst.uuid", "B-1"),
    "latitude": (
        (),
        (ASSET.format("ZLATITUDE = 12.5, ZLONGITUDE = 13.5"),),
        "location.latitude",
        12.5,
    ),
    "accuracy": (
        (ASSET.format("ZLATITUDE = 12.5, ZLONGITUDE = 13.5"),),
        (ATTRIBUTES.format("ZGPSHORIZONTALACCURACY = 65.0"),),
        "location.accuracy",
        65.0,
    ),
    "fingerprint": (
        (),
        (ATTRIBUTES.format("ZORIGINALSTABLEHASH = 'Aquince'"),),
        "original.fingerprint",
        "Aquince",
    ),
    "raw as original": (
        (),
        (ATTRIBUTES.format("ZORIGINALRESOURCECHOICE = 1"),),
        "original.raw",
        True,
    ),
    "lens": ((), (EXTENDED.format("ZLENSMODEL = 'Quince 35'"),), "camera.lens", "Quince 35"),
    "35 mm": ((), (EXTENDED.format("ZFOCALLENGTHIN35MM = 48"),), "camera.focal_length_35mm", 48),
    "zoom": ((), (EXTENDED.format("ZDIGITALZOOMRATIO = 1.5"),), "camera.digital_zoom", 1.5),
    "credit": ((), (EXTENDED.format("ZCREDIT = 'Q'"),), "camera.credit", "Q"),
    "moment": (
        (
            ALONE.format("ZMOMENT"),
            "INSERT INTO ZMOMENT (Z_PK, Z_ENT, Z_OPT, ZTITLE) VALUES (:pk + 9000, 1, 1, 'Old')",
        ),
        ("UPDATE ZMOMENT SET ZSUBTITLE = 'Orchard' WHERE Z_PK = :pk + 9000",),
        "moment.subtitle",
        "Orchard",
    ),
    "import title": (
        (
            ALONE.format("ZIMPORTSESSION"),
            (
                "INSERT INTO ZGENERICALBUM (Z_PK, Z_ENT, Z_OPT, ZKIND, ZUUID)"
                " VALUES (:pk + 9000, 1, 1, 1506, 'S-1')"
            ),
        ),
        ("UPDATE ZGENERICALBUM SET ZTITLE = 'Camera' WHERE Z_PK = :pk + 9000",),
        "import.title",
        "Camera",
    ),
    "import date": (
        (
            ALONE.format("ZIMPORTSESSION"),
            (
                "INSERT INTO ZGENERICALBUM (Z_PK, Z_ENT, Z_OPT, ZKIND, ZUUID)"
                " VALUES (:pk + 9000, 1, 1, 1506, 'S-1')"
            ),
        ),
        ("UPDATE ZGENERICALBUM SET ZCREATIONDATE = 86400 WHERE Z_PK = :pk + 9000",),
        "import.date",
        "2001-01-02T00:00:00Z",
    ),
    "cloud master": (
        (
            ALONE.format("ZMASTER"),
            "INSERT INTO ZCLOUDMASTER (Z_PK, Z_ENT, Z_OPT) VALUES (:pk + 9000, 1, 1)",
        ),
        ("UPDATE ZCLOUDMASTER SET ZCLOUDMASTERGUID = 'M-1' WHERE Z_PK = :pk + 9000",),
        "cloud.master",
        "M-1",
    ),
    "shared moment": (
        (ALONE.format("ZMOMENTSHARE"), SHARE.format("'Old'")),
        ("UPDATE ZSHARE SET ZTITLE = 'Harvest' WHERE Z_PK = :pk + 9000",),
        "shared.moment",
        "Harvest",
    ),
    "shared library": (
        (ALONE.format("ZLIBRARYSCOPE"), SHARE.format("'Family'")),
        (ASSET.format("ZACTIVELIBRARYSCOPEPARTICIPATIONSTATE = 1"),),
        "scopes.0",
        "shared-library",
    ),
    "title of the shared library": (
        (ALONE.format("ZLIBRARYSCOPE"), SHARE.format("'Old'")),
        ("UPDATE ZSHARE SET ZTITLE = 'Family' WHERE Z_PK = :pk + 9000",),
        "shared.library",
        "Family",
    ),
    "contributor": (
        (),
        (
            (
                "INSERT INTO ZSHAREPARTICIPANT (Z_PK, Z_ENT, Z_OPT, ZUUID, ZEMAILADDRESS)"
                " VALUES (9000, 1, 1, 'P-1', 'quince@example.org')"
            ),
            (
                "INSERT INTO ZASSETCONTRIBUTOR (Z_PK, Z_ENT, Z_OPT, ZPARTICIPANT,"
                " Z3LIBRARYSCOPEASSETCONTRIBUTORS) SELECT 9000, 1, 1, 9000, Z_PK"
                " FROM ZADDITIONALASSETATTRIBUTES WHERE ZASSET = :pk"
            ),
        ),
        "shared.contributors.0.email",
        "quince@example.org",
    ),
    "keyword": (
        (),
        (
            "INSERT INTO ZKEYWORD (Z_PK, Z_ENT, Z_OPT, ZTITLE) VALUES (9000, 1, 1, 'aaa')",
            (
                "INSERT INTO {keywords.table} ({keywords.owner}, {keywords.member})"
                " SELECT Z_PK, 9000 FROM ZADDITIONALASSETATTRIBUTES WHERE ZASSET = :pk"
            ),
        ),
        "keywords.0",
        "aaa",
    ),
}


@pytest.mark.parametrize("case", CASES)
def test_a_change_of_a_fact_is_found_and_nothing_else(
    case: str, sample: Path, tmp_path: Path, capture: Callable[..., Capture]
) -> None:
    """As Core Data would write it: the row of the table that holds the fact, and its version."""
    before, change, where, expected = CASES[case]
    library = shutil.copytree(sample, tmp_path / "Copy.photoslibrary")
    pk, key = _plain_asset(library)
    _run(library, before, pk)
    former = _look(capture(library), key)
    _run(library, change, pk)
    latter = _look(capture(library), key)
    changed = {one for one, value in latter[0].items() if former[0].get(one) != value}
    assert changed == {key}
    assert _at(former[1], where) != expected
    assert _at(latter[1], where) == expected


def test_a_face_that_was_drawn_by_hand_is_found(
    sample: Path, tmp_path: Path, capture: Callable[..., Capture]
) -> None:
    library = shutil.copytree(sample, tmp_path / "Copy.photoslibrary")
    with closing(sqlite3.connect(library / "database" / "Photos.sqlite")) as connection:
        pk, key, face = connection.execute(
            "SELECT a.Z_PK, a.ZUUID, f.Z_PK FROM ZDETECTEDFACE f"
            f" JOIN ZASSET a ON a.Z_PK = f.ZASSETFORFACE WHERE f.ZPERSONFORFACE IN ({NAMED})"
        ).fetchone()
    former = _look(capture(library), key)
    _run(library, (f"UPDATE ZDETECTEDFACE SET ZMANUAL = 1 WHERE Z_PK = {face}",), pk)
    latter = _look(capture(library), key)
    assert {one for one in latter[0] if former[0][one] != latter[0][one]} == {key}
    assert not any(person.get("manual") for person in former[1]["persons"])
    assert any(person.get("manual") for person in latter[1]["persons"])


def test_the_steps_of_an_edit_are_decoded_and_blobs_only_counted(
    sample: Path, tmp_path: Path, capture: Callable[..., Capture]
) -> None:
    library = shutil.copytree(sample, tmp_path / "Copy.photoslibrary")
    (file,) = sorted((library / "resources" / "renders").rglob("*.plist"))[:1]
    settings = {"straightenAngle": 0, "on": False, "map": "x" * 5000, "mask": b"y" * 5000}
    form = {
        "adjustments": [
            {"identifier": "Crop", "enabled": True, "settings": settings},
            {"identifier": "Effect", "enabled": False},
        ]
    }
    former = _look(capture(library), file.stem)
    whole = {
        "adjustmentFormatIdentifier": "com.apple.photo",
        "adjustmentFormatVersion": "1.5",
        "adjustmentData": plistlib.dumps(form, fmt=plistlib.FMT_BINARY),
    }
    file.write_bytes(plistlib.dumps(whole))
    latter = _look(capture(library), file.stem)
    assert {one for one in latter[0] if former[0][one] != latter[0][one]} == {file.stem}
    edit = latter[1]["edit"]
    assert (edit["format"], edit["version"], edit["steps"]) == ("com.apple.photo", "1.5", ["Crop"])
    first, second = edit["adjustments"]["adjustments"]
    assert first["settings"] == {
        "straightenAngle": 0,
        "on": False,
        "map": {"omitted": 5000},
        "mask": {"omitted": 5000},
    }
    assert second == {"identifier": "Effect", "enabled": False}


@pytest.mark.parametrize("data", [b"", b"no plist", plistlib.dumps([1, 2])])
def test_an_odd_list_of_adjustments_costs_nothing_but_itself(
    data: bytes, sample: Path, tmp_path: Path, capture: Callable[..., Capture]
) -> None:
    library = shutil.copytree(sample, tmp_path / "Copy.photoslibrary")
    (file,) = sorted((library / "resources" / "renders").rglob("*.plist"))[:1]
    file.write_bytes(plistlib.dumps({"adjustmentData": data}))
    assert _look(capture(library), file.stem)[1]["edit"]["state"]
    file.write_bytes(data)
    assert _look(capture(library), file.stem)[1]["edit"]["state"]


def test_words_of_the_search_index_are_in_the_record(
    sample: Path, tmp_path: Path, capture: Callable[..., Capture]
) -> None:
    library = shutil.copytree(sample, tmp_path / "Copy.photoslibrary")
    words = {1600: "Hiking", 1103: "Harvest Festival", 1700: "Cider Mill", 1520: "Old Bridge"}
    with closing(sqlite3.connect(library / "database" / "search" / "psi.sqlite")) as connection:
        for category, word in (*words.items(), (1106, "Morning")):
            group = connection.execute(
                "INSERT INTO groups VALUES (?, 0, ?, ?, '', 0, 0, 0)",
                (category, word, word.lower()),
            ).lastrowid
            connection.execute("INSERT INTO ga VALUES (?, 1)", (group,))
        (half,) = connection.execute("SELECT uuid_0 FROM assets WHERE rowid = 1").fetchone()
        connection.commit()
    first = half.to_bytes(8, "little", signed=True).hex().upper()
    photos, one = Photos(), capture(library)
    (key,) = [s.key for s in photos.survey(one) if s.key.replace("-", "").startswith(first)]
    (item,) = photos.read(one, [key])
    assert item.record["search"] == {
        "activities": ["Hiking"],
        "holidays": ["Harvest Festival"],
        "landmarks": ["Old Bridge"],
        "venues": ["Cider Mill"],
    }


def test_portrait_settings_of_the_camera_are_in_the_record(
    media_types: Path, export: Callable[..., Any]
) -> None:
    captures = [
        item.record["capture"]
        for item in export(media_types).items.values()
        if "capture" in item.record
    ]
    assert len(captures) == len(list((media_types / "originals").rglob("*_5.aae")))
    assert {"DepthEffect"} <= {step for one in captures for step in one["steps"]}
    (depth, *_) = [one for one in captures if one["steps"] == ["DepthEffect"]]
    assert depth["adjustments"]["adjustments"][0]["settings"]["aperture"] == pytest.approx(2.8)


def test_places_hold_every_level_osxphotos_knows(
    real_library: Path, export: Callable[..., Any], open_with_osxphotos: Callable[[Path], Any]
) -> None:
    database = open_with_osxphotos(real_library)
    items = export(real_library).items
    seen = 0
    for photo in database.photos_by_uuid(list(database._dbphotos)):
        place = items[photo.uuid].record.get("place", {})
        if photo.place is None:
            assert not place
            continue
        seen += 1
        known = {name for names in photo.place.names for name in names}
        ours = {name for names in place.get("levels", {}).values() for name in names}
        assert known == ours | set(place.get("areas", ())) | set(place.get("water", ()))
        address = {value for value in photo.place.address if value}
        assert address <= {value for value in place.values() if isinstance(value, str)}
    if not seen:
        pytest.skip("no places in this library")


def _plain_asset(library: Path) -> tuple[int, str]:
    """Return row number and UUID of a picture that is nothing special."""
    with closing(sqlite3.connect(library / "database" / "Photos.sqlite")) as connection:
        pk, key = connection.execute(
            "SELECT Z_PK, ZUUID FROM ZASSET WHERE ZKIND = 0 AND ZKINDSUBTYPE = 0"
            " AND ZADJUSTMENTSSTATE = 0 AND NOT ZTRASHEDSTATE AND NOT ZFAVORITE"
            " AND ZAVALANCHEUUID IS NULL AND ZCLOUDBATCHPUBLISHDATE IS NULL"
            " AND ZLATITUDE = -180 ORDER BY Z_PK"
        ).fetchone()
    return pk, key


def _run(library: Path, statements: tuple[str, ...], pk: int) -> None:
    from rootcellar_photos.schema import read_schema

    with closing(sqlite3.connect(library / "database" / "Photos.sqlite")) as connection:
        keywords = read_schema(connection, "copy").keywords
        for statement in statements:
            done = connection.execute(statement.format(keywords=keywords), {"pk": pk})
            assert done.rowcount == 1
        connection.commit()


def _look(one: Capture, key: str) -> tuple[dict[str, str], Any]:
    """Return all fingerprints, and the record of one asset."""
    photos = Photos()
    fingerprints = {sighting.key: sighting.fingerprint for sighting in photos.survey(one)}
    (item,) = photos.read(one, [key])
    return fingerprints, item.record


def _at(record: Any, where: str) -> Any:
    for name in where.split("."):
        if name.isdigit():
            record = record[int(name)] if record and len(record) > int(name) else None
        else:
            record = (record or {}).get(name)
    return record
