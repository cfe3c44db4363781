"""Builds a made-up library of Photos 2, 3 or 4: `database/photos.db` and the files it speaks of.

The tables have the columns osxphotos asks for, with an index in a collation that only Apple's
code knows, and a table of a module of Apple's, as the real ones have.
"""

import plistlib
import sqlite3
from contextlib import closing
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from rootcellar.apple.dates import COCOA_EPOCH
from rootcellar_photos.legacy.store import TABLES

JPEG, HEIC, RAW, MOVIE = (
    *("public.jpeg", "public.heic", "com.canon.cr2-raw-image"),
    "com.apple.quicktime-movie",
)


def at(*date: int) -> float:
    """Return a date as Photos keeps it: seconds since 2001."""
    return (datetime(*date, tzinfo=UTC) - COCOA_EPOCH).total_seconds()  # type: ignore[arg-type]


@dataclass
class LegacyBuilder:
    """Collects rows and writes files; `write` makes the database."""

    root: Path
    version: str = "4025"
    rows: dict[str, list[dict[str, Any]]] = field(default_factory=dict)
    files: dict[str, bytes] = field(default_factory=dict)
    numbers: dict[str, int] = field(default_factory=dict)

    def row(self, table: str, **values: Any) -> int:
        """Add a row; it gets the next modelId of its table unless it brings one."""
        number = values.setdefault("modelId", self.numbers.get(table, 0) + 1)
        self.numbers[table] = max(number, self.numbers.get(table, 0))
        self.rows.setdefault(table, []).append(values)
        return number

    def file(self, path: str, content: bytes | None = None) -> None:
        """Write a file of the library, with bytes of its own unless they are given."""
        target = self.root / path
        target.parent.mkdir(parents=True, exist_ok=True)
        self.files[path] = content or f"bytes of {path}".encode()
        target.write_bytes(self.files[path])

    def master(self, uuid: str, path: str, *, here: bool = True, **values: Any) -> int:
        """Add an imported file, and write it below Masters."""
        if here:
            self.file(f"Masters/{path}")
        name = path.rpartition("/")[2]
        usual = {
            "imagePath": path,
            "fileName": name,
            "originalFileName": name,
            "isMissing": 0 if here else 1,
            "UTI": JPEG,
            "fingerprint": f"print of {uuid}",
            "height": 480,
            "width": 640,
            "orientation": 1,
            "fileSize": 100,
            "originalFileSize": 100,
            "fileIsReference": 0,
            "isTrulyRaw": 0,
            "isInTrash": 0,
            "importGroupUuid": "import%1",
        }
        return self.row("RKMaster", uuid=uuid, **{**usual, **values})

    def picture(self, uuid: str, master: str, **values: Any) -> int:
        """Add a picture of an imported file."""
        usual = {
            "fileName": f"{uuid}.JPG",
            "imageDate": at(2018, 7, 14, 10),
            "lastModifiedDate": at(2018, 8, 1),
            "imageTimeZoneOffsetSeconds": 7200,
            "imageTimeZoneName": "Europe/Berlin",
            "hasAdjustments": 0,
            "hasKeywords": 0,
            "type": 2,
            "adjustmentUuid": "UNADJUSTEDNONRAW",
            "isFavorite": 0,
            "isHidden": 0,
            "isInTrash": 0,
            "showInLibrary": 1,
            "processedHeight": 480,
            "processedWidth": 640,
            "orientation": 1,
            "specialType": 0,
            "mainRating": 0,
        }
        return self.row("RKVersion", uuid=uuid, masterUuid=master, **{**usual, **values})

    def resource(self, owner: int, kind: int, tag: str, name: str | None, **values: Any) -> int:
        """Add a further file of a picture (kind 2) or an imported file (1): `name` has {}."""
        number = self.row(
            "RKModelResource",
            attachedModelId=owner,
            attachedModelType=kind,
            resourceTag=tag,
            isOnDisk=int(name is not None),
            **values,
        )
        if name is not None:
            digits = f"{number:x}"
            folder = f"{digits.zfill(4)[-4:-2]}/{digits[:-4].zfill(2)}"
            which = "version" if kind == 2 else "master"
            self.file(f"resources/media/{which}/{folder}/{name.format(digits)}")
        return number

    def write(self) -> Path:
        """Write the database, as Photos leaves it, and return the library."""
        path = self.root / "database" / "photos.db"
        path.parent.mkdir(parents=True, exist_ok=True)
        with closing(sqlite3.connect(path)) as database, database:
            database.create_collation("LiStringCollation", lambda a, b: (a > b) - (a < b))
            lacking = {"selfPortrait"} if self.version < "3000" else set()
            for table, names in TABLES.items():
                columns = ", ".join(
                    "modelId integer primary key" if name == "modelId" else name
                    for name in names.split()
                    if name not in lacking
                )
                database.execute(f"CREATE TABLE {table} ({columns}, isPublished integer)")
                for row in self.rows.get(table, ()):
                    marks = ", ".join("?" * len(row))
                    database.execute(
                        f"INSERT INTO {table} ({', '.join(row)}) VALUES ({marks})",
                        tuple(row.values()),
                    )
            database.execute(
                "CREATE INDEX RKAlbum_name ON RKAlbum (name COLLATE LiStringCollation)"
            )
            database.execute("CREATE TABLE LiGlobals (modelId integer, keyPath, value)")
            database.execute(
                "INSERT INTO LiGlobals VALUES (1, 'libraryVersion', ?), (2, 'databaseUuid', ?)",
                (self.version, f"library {self.root.name}"),
            )
            database.execute("PRAGMA writable_schema = 1")
            database.execute(
                "INSERT INTO sqlite_master VALUES ('table', 'RidList_VirtualReader',"
                " 'RidList_VirtualReader', 0,"
                " 'CREATE VIRTUAL TABLE RidList_VirtualReader USING RidList_VirtualReaderModule')"
            )
        return self.root


def make_legacy_library(root: Path, version: str = "4025") -> LegacyBuilder:
    """Make a library with one of everything those versions know; returns its builder."""
    one = LegacyBuilder(root, version)
    one.numbers["RKMaster"] = 100  # else osxphotos takes the videos of edits for originals
    one.row("RKImportGroup", uuid="import%1", name="July", importDate=at(2018, 7, 20))
    _pictures(one)
    _pairs(one)
    _albums(one)
    one.write()
    return one


def _pictures(one: LegacyBuilder) -> None:
    folder = "2018/07/20/20180720-100000"
    one.master("mPlain", f"{folder}/IMG_0001.JPG")
    plain = one.picture(
        *("Plain%%picture+1", "mPlain"),
        name="A quiet bay",
        extendedDescription="Seen from the pier",
        isFavorite=1,
        hasKeywords=1,
        latitude=54.5,
        longitude=13.4,
    )
    keyword = one.row("RKKeyword", name="sea")
    one.row("RKKeywordForVersion", keywordId=keyword, versionId=plain)
    for number, (name, kind, area) in enumerate(
        (("Germany", 1, 3e11), ("Rügen", 16, 9e8), ("Binz", 45, None)), 1
    ):
        code = "DE" if kind == 1 else None
        one.row("RKPlace", defaultName=name, type=kind, area=area, countryCode=code)
        one.row("RKPlaceForVersion", placeId=number, versionId=plain)
    person = one.row("RKPerson", uuid="person%1", name="Juno Quill", displayName="Juno")
    one.row(
        "RKFace",
        uuid="face%1",
        personId=person,
        imageModelId=plain,
        centerX=0.5,
        centerY=0.4,
        size=0.2,
        sourceWidth=640,
        sourceHeight=480,
        hidden=0,
        isInTrash=0,
        manual=0,
        qualityMeasure=1.0,
    )

    one.master("mEdited", f"{folder}/IMG_0002.JPG")
    edited = one.picture(
        "Edited",
        "mEdited",
        hasAdjustments=1,
        adjustmentUuid="edit+2",
        lastModifiedDate=at(2019, 1, 1),
    )
    kinds = {"resourceType": 4, "UTI": JPEG, "fingerprint": "render", "fileSize": 7}
    one.resource(edited, 2, "edit+1", "fullsizeoutput_{}.jpeg", **kinds)
    one.resource(edited, 2, "edit+2", "fullsizeoutput_{}.jpeg", **kinds)
    steps = plistlib.dumps({"adjustments": [{"identifier": "crop"}]}, fmt=plistlib.FMT_BINARY)
    one.row(
        "RKAdjustmentData",
        uuid="edit+2",
        originator="com.apple.Photos",
        format="com.apple.photo",
        data=steps,
    )

    live = one.master("mLive", f"{folder}/IMG_0003.HEIC", UTI=HEIC)
    picture = one.picture(
        "Live", "mLive", specialType=5, hasAdjustments=1, adjustmentUuid="edit+3"
    )
    one.resource(live, 1, "", "jpegvideocomplement_{}.mov", UTI=MOVIE, resourceType=8)
    one.resource(picture, 2, "edit+3", "fullsizeoutput_{}.jpeg", UTI=JPEG, resourceType=4)
    one.resource(
        *(picture, 2, "edit+3", "videocomplementoutput_{}.mov"),
        UTI=MOVIE,
        resourceType=8,
        modelId=0x12345,
    )

    one.master("mMovie", f"{folder}/IMG_0004.MOV", UTI=MOVIE, duration=2.5)
    one.picture("Movie", "mMovie", type=8, specialType=2)
    one.master("mTrash", f"{folder}/IMG_0005.JPG")
    one.picture("Trash", "mTrash", isInTrash=1, inTrashDate=at(2019, 2, 2))
    one.master("mHidden", f"{folder}/IMG_0006.png", UTI="public.png")
    one.picture("Hidden", "mHidden", isHidden=1, imageDate=None)
    for number in (7, 8):
        one.master(f"mBurst{number}", f"{folder}/IMG_000{number}.JPG")
        one.picture(
            *(f"Burst{number}", f"mBurst{number}"),
            burstUuid="burst",
            burstPickType=2 if number == 8 else 28,
            showInLibrary=int(number == 7),
        )


def _pairs(one: LegacyBuilder) -> None:
    folder = "2018/07/21/20180721-100000"
    one.master("mJpeg", f"{folder}/DSC_1.JPG", alternateMasterUuid="mRaw")
    one.master(
        *("mRaw", f"{folder}/DSC_1.CR2"), UTI=RAW, isTrulyRaw=1, alternateMasterUuid="mJpeg"
    )
    pair = {"specialType": 7, "rawMasterUuid": "mRaw", "nonRawMasterUuid": "mJpeg"}
    one.picture("Pair", "mJpeg", **pair)

    one.master("mCloud", f"{folder}/IMG_0010.JPG", here=False, cloudLibraryState=1)
    one.row("RKCloudResource", fingerprint="print of mCloud", available=1, status=1)
    cloud = one.picture("Cloud", "mCloud")
    one.file(f"resources/proxies/derivatives/00/00/{cloud:x}/IMG_0010_mini.jpg", b"small")
    one.file(f"resources/proxies/derivatives/00/00/{cloud:x}/IMG_0010_1024.jpg", b"larger one")
    one.master("mLost", f"{folder}/IMG_0011.JPG", here=False)
    one.picture("Lost", "mLost")
    volume = one.row("RKVolume", name="Shelf")
    one.master(*("mAway", "pictures/IMG_0012.JPG"), here=False, fileIsReference=1, volumeId=volume)
    one.picture("Away", "mAway")


def _albums(one: LegacyBuilder) -> None:
    one.row("RKFolder", uuid="LibraryFolder", name="", isMagic=1, isInTrash=0)
    one.row(
        *("RKFolder",), uuid="TopLevelAlbums", name="", isMagic=1, parentFolderUuid="LibraryFolder"
    )
    one.row(
        "RKFolder", uuid="folder", name="Trips", parentFolderUuid="TopLevelAlbums", isInTrash=0
    )
    one.row("RKFolder", uuid="inner", name="North", parentFolderUuid="folder", isInTrash=0)
    for uuid, name, kind, folder, trash in (
        ("album%1", "Coast", 1, "inner", 0),
        ("album%2", "Thrown away", 1, "TopLevelAlbums", 1),
        ("album%3", "A book", 9, "TopLevelKeepsakes", 0),
        ("album%4", "printAlbum", 1, "LibraryFolder", 0),
    ):
        one.row(
            *("RKAlbum",),
            uuid=uuid,
            name=name,
            albumType=kind,
            albumSubclass=3,
            folderUuid=folder,
            isInTrash=trash,
            createDate=at(2018, 9, 1),
        )
    for order, uuid in enumerate(("Live", "Plain%%picture+1", "Trash"), 1):
        one.row(
            *("RKCustomSortOrder",), containerUuid="album%1", objectUuid=uuid, orderNumber=order
        )
    one.row("RKCustomSortOrder", containerUuid="album%2", objectUuid="Live", orderNumber=1)
    one.row("RKCustomSortOrder", containerUuid="album%3", objectUuid="Movie", orderNumber=1)
