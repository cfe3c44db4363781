"""Builds made-up libraries of iPhoto: 9.6 with its four databases, or an early one with a list.

Tables and columns are those that osxphotos' iPhotoDB asks for; their types and the layout of
files are those of a library of iPhoto 9.6.1 (docs/decisions/0046-libraries-of-iphoto.md).
"""

import plistlib
import sqlite3
from contextlib import closing
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from rootcellar.apple.dates import COCOA_EPOCH

TABLES = {
    "Library.apdb": {
        "RKVersion": (
            "modelId uuid name fileName versionNumber masterUuid masterId projectUuid createDate"
            " imageDate imageTimeZoneName exportImageChangeDate exportMetadataChangeDate"
            " mainRating isFlagged isHidden isOriginal isInTrash masterHeight masterWidth"
            " processedHeight processedWidth rotation hasAdjustments exifLatitude exifLongitude"
            " overridePlaceId faceDetectionRotationFromMaster"
        ),
        "RKMaster": (
            "modelId uuid name fileName originalFileName type imagePath createDate imageDate"
            " fileVolumeUuid fileIsReference isMissing isInTrash isTrulyRaw originalFileSize"
            " fileSize importGroupUuid burstUuid alternateMasterUuid duration"
        ),
        "RKFolder": (
            "modelId uuid name folderType parentFolderUuid folderPath isMagic isInTrash createDate"
            " minImageDate maxImageDate minImageTimeZoneName maxImageTimeZoneName"
            " posterVersionUuid"
        ),
        "RKAlbum": (
            "modelId uuid name albumType albumSubclass folderUuid isMagic isInTrash createDate"
            " posterVersionUuid"
        ),
        "RKAlbumVersion": "modelId albumId versionId",
        "RKKeyword": "modelId uuid name",
        "RKKeywordForVersion": "modelId keywordId versionId",
        "RKVolume": "modelId uuid name",
        "RKImportGroup": "modelId uuid name importDate",
        "RKNote": "modelId note attachedToUuid",
        "RKAdminData": "modelId propertyArea propertyName propertyValue",
        "RKVersionFaceContent": (
            "modelId versionId masterId faceKey faceRectLeft faceRectTop faceRectWidth"
            " faceRectHeight"
        ),
    },
    "Properties.apdb": {
        "RKIptcProperty": "modelId versionId modDate propertyKey stringId",
        "RKOtherProperty": "modelId versionId propertyKey stringId",
        "RKExifStringProperty": "modelId versionId propertyKey stringId",
        "RKExifNumberProperty": "modelId versionId propertyKey numberProperty",
        "RKUniqueString": "modelId stringProperty",
        "RKPlace": (
            "modelId uuid defaultName minLatitude minLongitude maxLatitude maxLongitude centroid"
            " userDefined"
        ),
    },
    "Faces.db": {
        "RKDetectedFace": (
            "modelId uuid masterUuid faceKey topLeftX topLeftY topRightX topRightY bottomLeftX"
            " bottomLeftY bottomRightX bottomRightY width height faceDirectionAngle faceAngle"
            " confidence rejected ignore"
        ),
        "RKFaceName": "modelId uuid faceKey name fullName email",
    },
    "ImageProxies.apdb": {"RKImageProxyState": "modelId versionUuid fullSizePreviewPath"},
}
IMPORT = "2014/05/06/20140506-101112"


def at(*date: int) -> float:
    """Return a date as iPhoto keeps it: seconds since 2001."""
    return (datetime(*date, tzinfo=UTC) - COCOA_EPOCH).total_seconds()  # type: ignore[arg-type]


@dataclass
class IPhotoBuilder:
    """Collects rows and writes files; `write` makes the databases."""

    root: Path
    rows: dict[str, list[dict[str, Any]]] = field(default_factory=dict)
    numbers: dict[str, int] = field(default_factory=dict)
    links: bool = True
    collated: bool = False
    """Whether columns themselves have an order that only Apple's code knows."""
    lacking: frozenset[str] = frozenset()
    """Columns and tables that this version has not."""

    def row(self, table: str, **values: Any) -> int:
        """Add a row; it gets the next modelId of its table unless it brings one."""
        number = values.setdefault("modelId", self.numbers.get(table, 0) + 1)
        self.numbers[table] = max(number, self.numbers.get(table, 0))
        self.rows.setdefault(table, []).append(values)
        return int(number)

    def file(self, path: str, content: bytes | None = None) -> Path:
        """Write a file of the library, with bytes of its own unless they are given."""
        target = self.root / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(content or f"bytes of {path} ".encode() * 40)
        return target

    def picture(self, uuid: str, file: str, *, here: bool = True, **values: Any) -> int:
        """Add an imported file with its version 0, which is not shown, and its version 1."""
        master = values.pop("master", {})
        path = master.pop("imagePath", f"{IMPORT}/{file}")
        if here:
            self.file(f"Masters/{path}")
        number = self.row(
            "RKMaster",
            **{
                "uuid": f"m{uuid}",
                "name": file.rpartition(".")[0],
                "fileName": file,
                "originalFileName": file,
                "type": "IMGT",
                "imagePath": path,
                "createDate": at(2014, 5, 6, 10),
                "fileIsReference": 0,
                "isMissing": int(not here),
                "isInTrash": 0,
                "isTrulyRaw": 0,
                "originalFileSize": 100,
                "importGroupUuid": "import%1",
                **master,
            },
        )
        usual = {
            "masterUuid": f"m{uuid}",
            "masterId": number,
            "fileName": file,
            "name": file.rpartition(".")[0],
            "projectUuid": "event%1",
            "imageDate": at(2014, 5, 1, 8, 30),
            "imageTimeZoneName": "Europe/Berlin",
            "exportImageChangeDate": at(2014, 5, 7),
            "mainRating": 0,
            "isFlagged": 0,
            "isHidden": 0,
            "isInTrash": 0,
            "masterHeight": 480,
            "masterWidth": 640,
            "processedHeight": 480,
            "processedWidth": 640,
            "rotation": 0,
            "hasAdjustments": 0,
        }
        self.row("RKVersion", uuid=f"{uuid}-0", versionNumber=0, isOriginal=1, **usual)
        return self.row(
            "RKVersion", uuid=uuid, versionNumber=1, isOriginal=0, **{**usual, **values}
        )

    def text(self, table: str, version: int, key: str, text: str) -> None:
        """Add a property that is a text."""
        number = self.row("RKUniqueString", stringProperty=text)
        self.row(table, versionId=version, propertyKey=key, stringId=number)

    def write(self) -> Path:
        """Write the databases, as iPhoto leaves them, and return the library."""
        folder = self.root / "Database" / "apdb"
        folder.mkdir(parents=True, exist_ok=True)
        for name, tables in TABLES.items():
            if name in self.lacking:
                continue
            with closing(sqlite3.connect(folder / name)) as database, database:
                database.create_collation("LiStringCollation", lambda a, b: (a > b) - (a < b))
                for table, columns in tables.items():
                    if table not in self.lacking:
                        self._table(database, table, columns)
            if self.links:
                (self.root / "Database" / name).symlink_to(f"apdb/{name}")
        return self.root

    def _table(self, database: sqlite3.Connection, table: str, names: str) -> None:
        kept = [name for name in names.split() if f"{table}.{name}" not in self.lacking]
        typed = {"modelId": "modelId integer primary key"}
        if self.collated:
            typed["name"] = "name varchar COLLATE LiStringCollation"
        columns = ", ".join(typed.get(name, name) for name in kept)
        database.execute(f"CREATE TABLE {table} ({columns}, encodedData blob)")
        if "name" in kept:
            database.execute(
                f"CREATE INDEX {table}_name ON {table} (name COLLATE LiStringCollation)"
            )
        for row in self.rows.get(table, ()):
            row = {name: value for name, value in row.items() if name in kept}
            marks = ", ".join("?" * len(row))
            database.execute(
                f"INSERT INTO {table} ({', '.join(row)}) VALUES ({marks})", tuple(row.values())
            )


def make_iphoto_library(root: Path, **settings: Any) -> IPhotoBuilder:
    """Make a library with one of everything that iPhoto 9.6 knows; returns its builder."""
    one = IPhotoBuilder(root, **settings)
    one.row("RKAdminData", propertyName="databaseUuid", propertyValue=f"library of {root.stem}")
    one.row("RKAdminData", propertyName="versionMajor", propertyValue="110")
    one.row("RKImportGroup", uuid="import%1", name="6 May 2014", importDate=at(2014, 5, 6, 10))
    _pictures(one)
    _albums(one)
    one.write()
    return one


def _pictures(one: IPhotoBuilder) -> None:
    place = one.row("RKPlace", uuid="place%1", defaultName="Lake Constance", centroid="")
    plain = one.picture(
        "plain%1", "DSC_0001.JPG", name="A boat", mainRating=4, isFlagged=1, exifLatitude=47.6,
        exifLongitude=9.4, overridePlaceId=place,
    )  # fmt: skip
    one.text("RKIptcProperty", plain, "Caption/Abstract", "On the lake")
    one.text("RKIptcProperty", plain, "Byline", "nobody")
    one.text("RKExifStringProperty", plain, "Make", "Rootcellar")
    one.text("RKOtherProperty", plain, "Orientation", "Landscape")
    one.row(
        "RKExifNumberProperty", versionId=plain, propertyKey="ISOSpeedRating", numberProperty=200
    )
    for name in ("boats", "summer"):
        number = one.row("RKKeyword", uuid=f"k{name}", name=name)
        one.row("RKKeywordForVersion", keywordId=number, versionId=plain)
    for number, name in enumerate(("Juno Quill", "Tavi Morrow"), 1):
        one.row("RKFaceName", uuid=f"face-name%{number}", faceKey=number, name=name, email="")
    one.row("RKFaceName", uuid="face-name%3", faceKey=3, name=None, fullName=None)
    detected = {"rejected": 0, "ignore": 0, "width": 640, "height": 480, "confidence": 1.0}
    for number, key in ((1, 1), (2, 3), (3, 2)):
        one.row(
            "RKDetectedFace", uuid=f"detected%{number}", masterUuid="mplain%1", faceKey=key,
            topLeftX=0.2, topLeftY=0.8, topRightX=0.4, topRightY=0.8, bottomLeftX=0.2,
            bottomLeftY=0.6, bottomRightX=0.4, bottomRightY=0.6,
            **{**detected, "rejected": int(number == 3)},
        )  # fmt: skip
    one.text("RKOtherProperty", plain, "Whatever", "else")

    edited = one.picture("edited%1", "DSC_0002.JPG", hasAdjustments=1, name="A better boat",
                         processedHeight=400, processedWidth=400)  # fmt: skip
    one.text("RKOtherProperty", edited, "Orientation", "Landscape")
    one.file(f"Previews/{IMPORT}/edited%1/A better boat.jpg")
    one.row("RKImageProxyState", versionUuid="edited%1",
            fullSizePreviewPath=f"{IMPORT}/edited%1/A better boat.jpg")  # fmt: skip
    one.row("RKVersionFaceContent", versionId=edited, masterId=2, faceKey=2, faceRectLeft=0.25,
            faceRectTop=0.5, faceRectWidth=0.1, faceRectHeight=0.2)  # fmt: skip
    one.picture("guessed%1", "DSC_0003.JPG", hasAdjustments=1, name="Guessed")
    one.file(f"Previews/{IMPORT}/guessed%1/DSC_0003.jpg")
    one.file(f"Previews/{IMPORT}/guessed%1/Guessed.jpg")
    one.picture("reverted%1", "DSC_0004.JPG")
    one.file(f"Previews/{IMPORT}/reverted%1/DSC_0004.jpg")
    one.picture("undrawn%1", "DSC_0005.JPG", hasAdjustments=1)
    one.picture("raw%1", "DSC_0006.NEF", hasAdjustments=1, master={"isTrulyRaw": 1})
    one.file(f"Previews/{IMPORT}/raw%1/DSC_0006.jpg")
    one.picture("movie%1", "MVI_0007.MOV", master={"type": "VIDT", "duration": 3.5})
    one.picture("hidden%1", "DSC_0008.JPG", isHidden=1, imageTimeZoneName="GMT-0700")
    one.picture("trash%1", "DSC_0009.JPG", master={"isInTrash": 1}, isInTrash=1)
    one.picture("gone%1", "DSC_0010.JPG", here=False)
    one.file(f"Thumbnails/{IMPORT}/gone%1/DSC_0010.jpg", b"small")
    one.file(f"Thumbnails/{IMPORT}/gone%1/DSC_0010_1024.jpg", b"larger one")
    one.row("RKVolume", uuid="volume%1", name="Shelf")
    kept = {"fileIsReference": 1, "fileVolumeUuid": "volume%1", "imagePath": "pics/DSC_0011.JPG"}
    one.picture("away%1", "DSC_0011.JPG", here=False, master=kept)
    clock = one.picture("clock%1", "DSC_0012.JPG", imageTimeZoneName=None, projectUuid="event%2")
    for key, value in (
        *(("CaptureYear", 2014), ("CaptureMonthOfYear", 5), ("CaptureDayOfMonth", 1)),
        *(("CaptureHourOfDay", 15), ("CaptureMinuteOfHour", 30), ("CaptureSecondOfMinute", 0)),
    ):
        one.row("RKExifNumberProperty", versionId=clock, propertyKey=key, numberProperty=value)


def _albums(one: IPhotoBuilder) -> None:
    for uuid, name, kind, parent, magic in (
        ("LibraryFolder", "", 1, None, 1),
        ("TopLevelAlbums", "", 1, "LibraryFolder", 1),
        ("AllProjectsItem", "", 1, "LibraryFolder", 1),
        ("folder%1", "Trips", 1, "TopLevelAlbums", 0),
        ("folder%2", "South", 1, "folder%1", 0),
        ("event%1", "A week at the lake", 2, "AllProjectsItem", 0),
        ("event%2", "Later", 2, "AllProjectsItem", 0),
    ):
        number = one.numbers.get("RKFolder", 0) + 1
        one.row(
            "RKFolder", uuid=uuid, name=name, folderType=kind, parentFolderUuid=parent,
            isMagic=magic, isInTrash=0, folderPath=f"{number}/", minImageDate=at(2014, 5, 1),
            maxImageDate=at(2014, 5, 2), createDate=at(2014, 5, 6),
        )  # fmt: skip
    one.row("RKNote", note="It rained.", attachedToUuid="event%1")
    for uuid, name, kind, subclass, folder, magic in (
        ("album%1", "Boats", 1, 3, "folder%2", 0),
        ("album%2", "Empty", 1, 3, "TopLevelAlbums", 0),
        ("album%3", "Best of all", 1, 2, "TopLevelAlbums", 0),
        ("lastImportAlbum", "Last Import", 1, 3, "LibraryFolder", 0),
        ("album%4", "A book", 9, 3, "TopLevelAlbums", 0),
        ("album%5", "Flags", 1, 3, "TopLevelAlbums", 1),
    ):
        number = one.row(
            "RKAlbum", uuid=uuid, name=name, albumType=kind, albumSubclass=subclass,
            folderUuid=folder, isMagic=magic, isInTrash=0, createDate=at(2014, 6, 1),
        )  # fmt: skip
        members = {"album%1": (4, 2), "lastImportAlbum": (2,), "album%4": (6,)}.get(uuid, ())
        for version in members:
            one.row("RKAlbumVersion", albumId=number, versionId=version)


def make_early_library(root: Path, base: str = "/Users/somebody/Pictures/iPhoto Library") -> Path:
    """Make a library as iPhoto 7 left it: Originals, Modified, AlbumData.xml."""
    for path in (
        *("Originals/2007/Roll 1/DSC_1.JPG", "Originals/2007/Roll 1/DSC_2.JPG"),
        *("Modified/2007/Roll 1/DSC_2.JPG", "Originals/2007/Roll 2/MVI_3.AVI"),
        *("Data/2007/Roll 1/DSC_1.jpg", "Originals/2007/Roll 1/forgotten.JPG"),
    ):
        target = root / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(f"bytes of {path} ".encode() * 30)
    (root / "iPhotoMain.db").write_bytes(b"SQLite format 3\x00, which is not read")
    day = at(2007, 7, 14, 10)
    image = {"MediaType": "Image", "Aspect Ratio": 1.5, "Roll": 11, "DateAsTimerInterval": day,
             "ImageType": "JPEG"}  # fmt: skip
    told = {
        "Application Version": "7.1.5 (378)",
        "Archive Path": base,
        "List of Albums": [
            {"AlbumId": 1, "AlbumName": "Library", "Master": True, "KeyList": ["21", "22", "23"]},
            {"AlbumId": 2, "AlbumName": "Travel", "Album Type": "Folder", "KeyList": []},
            {"AlbumId": 3, "AlbumName": "Harbour", "Album Type": "Regular", "Parent": 2,
             "GUID": "album-guid", "KeyList": ["22", "21", "99"]},
            {"AlbumId": 4, "AlbumName": "Clever", "Album Type": "Smart", "KeyList": ["21"]},
            {"AlbumId": 5, "AlbumName": "Flagged", "Album Type": "Flagged", "KeyList": ["22"]},
        ],
        "List of Rolls": [
            {"RollID": 11, "RollName": "July", "RollDateAsTimerInterval": day,
             "KeyList": ["21", "22", "23"]}
        ],
        "List of Keywords": {"1": "_Favorite_", "2": "sea"},
        "List of Faces": {"7": {"key": "7", "name": "Juno Quill"}},
        "Master Image List": {
            "21": {**image, "Caption": "The harbour", "Comment": "In the morning",
                   "GUID": "guid-1",
                   "Rating": 5, "ImagePath": f"{base}/Originals/2007/Roll 1/DSC_1.JPG",
                   "ThumbPath": f"{base}/Data/2007/Roll 1/DSC_1.jpg", "Keywords": ["1", "2"],
                   "latitude": 54.5, "longitude": 13.4},
            "22": {**image, "Caption": "DSC_2", "Comment": " ", "GUID": "guid-2", "Rating": 0,
                   "ImagePath": f"{base}/Modified/2007/Roll 1/DSC_2.JPG",
                   "OriginalPath": f"{base}/Originals/2007/Roll 1/DSC_2.JPG",
                   "DateAsTimerIntervalGMT": day - 7200,
                   "Faces": [{"face key": "7", "face index": 0,
                              "rectangle": "{{0.2, 0.6}, {0.1, 0.3}}"}]},
            "23": {**image, "Caption": "MVI_3", "GUID": "guid-3", "MediaType": "Movie",
                   "ImagePath": f"{base}/Originals/2007/Roll 2/MVI_3.AVI"},
        },
    }  # fmt: skip
    (root / "AlbumData.xml").write_bytes(plistlib.dumps(told))
    return root
