"""What the databases of iPhoto 9 know, brought into plain tables.

Facts: the tables and columns that osxphotos' iPhotoDB reads, and how a library of iPhoto 9.6.1
that it is tested with looks. Every imported file (RKMaster) has a version 0, which is not shown,
and a version 1, which is what people see and edit (RKVersion). Event: the folder that a version's
projectUuid names. Columns came and went: what is not there reads as NULL.
"""

import re
import sqlite3
from collections.abc import Mapping
from contextlib import closing
from pathlib import Path

from rootcellar_photos.iphoto.clocks import set_shifts
from rootcellar_photos.iphoto.store import create, index

_MAGIC = (
    *("allPhotosAlbum", "flaggedAlbum", "lastNMonthsAlbum", "lastImportAlbum", "trashAlbum"),
    *("allProjectsAlbum", "eventFilterBarAlbum", "libraryFolderImplicitAlbum", "rotationAlbum"),
    *("allPlacedPhotosAlbum", "printAlbum", "peopleAlbum", "quickCollectionAlbum"),
)
"""Albums that iPhoto makes for itself, in libraries that do not say so of them (isMagic)."""


_COLLATION = re.compile(r"\bcollate\s+[\"'`\[]?(\w+)", re.IGNORECASE)
_USUAL = {"BINARY", "NOCASE", "RTRIM", "binary", "nocase", "rtrim"}


def _by_spelling(one: str, other: str) -> int:
    """Stand in for an order that only Apple's code knows; nothing here depends on it."""
    return (one > other) - (one < other)


class Source:
    """The four databases, attached to one connection; tells which tables and columns there are."""

    def __init__(self, connection: sqlite3.Connection, copies: Mapping[str, Path]) -> None:
        self.connection = connection
        self.columns: dict[str, dict[str, str]] = {}
        for number, path in enumerate(copies.values()):
            schema = f"source{number}"
            connection.execute(f"ATTACH ? AS {schema}", (str(path),))
            for (sql,) in connection.execute(
                f"SELECT sql FROM {schema}.sqlite_master WHERE sql LIKE '%collate%'"
            ).fetchall():
                for name in set(_COLLATION.findall(sql)) - _USUAL:
                    connection.create_collation(name, _by_spelling)
            for (table,) in connection.execute(
                f"SELECT name FROM {schema}.sqlite_master WHERE type = 'table'"
            ).fetchall():
                rows = connection.execute(f'PRAGMA {schema}.table_info("{table}")')
                self.columns.setdefault(
                    table.lower(), {"": f'{schema}."{table}"'} | {r[1].lower(): r[1] for r in rows}
                )

    def has(self, *tables: str) -> bool:
        """Return whether all these tables are there."""
        return all(table.lower() in self.columns for table in tables)

    def table(self, name: str) -> str:
        """Return the full name of a table that is there; else of none: an empty selection."""
        return self.columns.get(name.lower(), {"": "(SELECT NULL WHERE FALSE)"})[""]

    def column(self, table: str, alias: str, *names: str) -> str:
        """Return the first of these columns that a table has, or NULL."""
        there = self.columns.get(table.lower(), {})
        found = [f'{alias}."{there[name.lower()]}"' for name in names if name.lower() in there]
        return f"coalesce({', '.join(found)})" if len(found) > 1 else (found or ["NULL"])[0]


def fill(main: Path, beside: Mapping[str, Path], plain: Path) -> None:
    """Make the plain tables of private copies of the databases; may raise sqlite3.Error."""
    with closing(sqlite3.connect(plain, isolation_level=None)) as connection:
        connection.execute("PRAGMA journal_mode = OFF")
        connection.execute("PRAGMA synchronous = OFF")
        source = Source(connection, {"": main, **beside})
        connection.execute("BEGIN")
        create(connection)
        _pictures(source)
        _words(source)
        _faces(source)
        _albums(source)
        index(connection)
        set_shifts(connection)
        connection.execute("COMMIT")


def _pictures(source: Source) -> None:
    def v(*names: str) -> str:
        return source.column("RKVersion", "v", *names)

    def m(*names: str) -> str:
        return source.column("RKMaster", "m", *names)

    values = {
        "pk": v("modelId"),
        "uuid": f"coalesce({v('uuid')}, {m('uuid')})",
        "master": m("uuid"),
        "title": v("name"),
        "name": f"coalesce({m('originalFileName')}, {m('fileName')}, {v('fileName')})",
        "path": m("imagePath"),
        "volume": source.column("RKVolume", "d", "name"),
        "reference": m("fileIsReference"),
        "missing": m("isMissing"),
        "movie": f"{m('type')} = 'VIDT'",
        "raw": m("isTrulyRaw"),
        "date": f"coalesce({v('imageDate')}, {m('imageDate')})",
        "zone": v("imageTimeZoneName"),
        "shift": v("imageTimeZoneOffsetSeconds"),
        "added": f"coalesce({m('createDate')}, {v('createDate')})",
        "modified": f"max(ifnull({v('exportImageChangeDate')}, 0),"
        f" ifnull({v('exportMetadataChangeDate')}, 0))",
        "rating": v("mainRating"),
        "flagged": v("isFlagged"),
        "hidden": v("isHidden"),
        "trashed": f"ifnull({v('isInTrash')}, 0) OR ifnull({m('isInTrash')}, 0)",
        "latitude": v("exifLatitude", "latitude"),
        "longitude": v("exifLongitude", "longitude"),
        "place": source.column("RKPlace", "p", "defaultName"),
        "event": v("projectUuid"),
        "width": v("processedWidth", "masterWidth"),
        "height": v("processedHeight", "masterHeight"),
        "original_width": v("masterWidth"),
        "original_height": v("masterHeight"),
        "rotation": v("rotation"),
        "bytes": m("originalFileSize", "fileSize"),
        "burst": m("burstUuid"),
        "edited": v("hasAdjustments"),
        "preview": source.column("RKImageProxyState", "i", "fullSizePreviewPath"),
        "duration": m("duration"),
    }
    number, master = v("versionNumber"), v("masterUuid")
    joins = f"LEFT JOIN {source.table('RKMaster')} m ON {m('uuid')} = {master}"
    if source.has("RKVolume"):
        joins += (
            f" LEFT JOIN {source.table('RKVolume')} d"
            f" ON {source.column('RKVolume', 'd', 'uuid')} = {m('fileVolumeUuid')}"
        )
    if source.has("RKPlace"):
        joins += (
            f" LEFT JOIN {source.table('RKPlace')} p"
            f" ON {source.column('RKPlace', 'p', 'modelId')} = {v('overridePlaceId')}"
        )
    if source.has("RKImageProxyState"):
        joins += (
            f" LEFT JOIN {source.table('RKImageProxyState')} i"
            f" ON {source.column('RKImageProxyState', 'i', 'versionUuid')} = {v('uuid')}"
        )
    shown = (
        f"ifnull({number}, 1) > 0 OR {master} NOT IN (SELECT w.masterUuid FROM"
        f" {source.table('RKVersion')} w WHERE w.versionNumber > 0 AND w.masterUuid NOTNULL)"
        if number != "NULL"
        else "TRUE"
    )
    source.connection.execute(
        f"INSERT OR IGNORE INTO picture ({', '.join(values)}) SELECT {', '.join(values.values())}"
        f" FROM {source.table('RKVersion')} v {joins} WHERE {shown}"
    )
    source.connection.execute("DELETE FROM picture WHERE ifnull(uuid, '') = ''")
    source.connection.execute(
        "DELETE FROM picture WHERE pk NOT IN (SELECT min(pk) FROM picture GROUP BY uuid)"
    )
    source.connection.execute(
        "UPDATE picture SET path = 'Masters/' || path WHERE"
        " path NOTNULL AND NOT ifnull(reference, 0) AND path NOT LIKE '/%'"
    )
    source.connection.execute(
        "UPDATE picture SET preview = 'Previews/' || preview WHERE"
        " preview <> '' AND preview NOT LIKE '/%'"
    )


def _words(source: Source) -> None:
    run = source.connection.execute
    if source.has("RKKeyword", "RKKeywordForVersion"):
        run(
            "INSERT INTO keyword SELECT DISTINCT j.versionId, k.name FROM"
            f" {source.table('RKKeywordForVersion')} j JOIN {source.table('RKKeyword')} k"
            " ON k.modelId = j.keywordId WHERE k.name <> ''"
        )
    strings = source.table("RKUniqueString")
    if source.has("RKIptcProperty", "RKUniqueString"):
        run(
            "UPDATE picture SET caption = (SELECT s.stringProperty FROM"
            f" {source.table('RKIptcProperty')} t JOIN {strings} s ON s.modelId = t.stringId"
            " WHERE t.versionId = picture.pk AND t.propertyKey = 'Caption/Abstract'"
            " ORDER BY t.modelId DESC LIMIT 1)"
        )
    if source.has("RKExifStringProperty", "RKUniqueString"):
        run(
            "INSERT INTO exif SELECT t.versionId, t.propertyKey, s.stringProperty FROM"
            f" {source.table('RKExifStringProperty')} t JOIN {strings} s ON s.modelId = t.stringId"
        )
    if source.has("RKExifNumberProperty"):
        run(
            "INSERT INTO exif SELECT versionId, propertyKey, numberProperty FROM"
            f" {source.table('RKExifNumberProperty')}"
        )


def _faces(source: Source) -> None:
    """Bring the named faces over: as they lie in the version where that is told, else the master.

    Both count upwards from the bottom of the picture.
    """
    if not source.has("RKFaceName"):
        return
    names = source.table("RKFaceName")
    name = (
        f"coalesce(nullif({source.column('RKFaceName', 'n', 'name')}, ''),"
        f" nullif({source.column('RKFaceName', 'n', 'fullName')}, ''))"
    )
    known = f"SELECT n.faceKey AS face, n.uuid AS person, {name} AS name FROM {names} n"
    if source.has("RKVersionFaceContent"):

        def f(column: str) -> str:
            return source.column("RKVersionFaceContent", "f", column)

        left, bottom = f("faceRectLeft"), f("faceRectTop")
        width, height = f("faceRectWidth"), f("faceRectHeight")
        source.connection.execute(
            "INSERT INTO face SELECT f.versionId, 'version ' || f.modelId, k.person, k.name,"
            f" {left} + {width} / 2.0, 1 - {bottom} - {height} / 2.0, {width}, {height}"
            f" FROM {source.table('RKVersionFaceContent')} f JOIN ({known}) k"
            " ON k.face = f.faceKey WHERE k.name <> ''"
        )
    if source.has("RKDetectedFace"):

        def d(column: str) -> str:
            return source.column("RKDetectedFace", "d", column)

        across, along = (d("topLeftX"), d("bottomRightX")), (d("topLeftY"), d("bottomRightY"))
        source.connection.execute(
            f"INSERT INTO face SELECT p.pk, {d('uuid')}, k.person, k.name,"
            f" ({across[0]} + {across[1]}) / 2.0, 1 - ({along[0]} + {along[1]}) / 2.0,"
            f" abs({across[0]} - {across[1]}), abs({along[0]} - {along[1]})"
            f" FROM {source.table('RKDetectedFace')} d JOIN ({known}) k ON k.face = d.faceKey"
            " JOIN picture p ON p.master = d.masterUuid"
            f" WHERE k.name <> '' AND NOT ifnull({d('ignore')}, 0)"
            f" AND NOT ifnull({d('rejected')}, 0) AND NOT EXISTS"
            " (SELECT 1 FROM face g WHERE g.picture = p.pk AND g.person = k.person)"
        )
        # The box in a master is not the one in what is shown when that was turned or cropped.
        source.connection.execute(
            "UPDATE face SET x = NULL WHERE uuid NOT LIKE 'version %' AND picture IN"
            " (SELECT pk FROM picture WHERE edited OR ifnull(rotation, 0))"
        )
    source.connection.execute("UPDATE face SET x = NULL WHERE NOT (w > 0 AND h > 0)")


def _albums(source: Source) -> None:
    run = source.connection.execute
    if source.has("RKFolder"):

        def f(*names: str) -> str:
            return source.column("RKFolder", "f", *names)

        magic = f"ifnull({f('isMagic')}, 0)"
        folders = source.table("RKFolder")
        run(
            f"INSERT INTO folder SELECT {f('uuid')}, CASE WHEN {magic} THEN NULL ELSE {f('name')}"
            f" END, {f('parentFolderUuid')} FROM {folders} f"
        )
        note = (
            f"(SELECT n.note FROM {source.table('RKNote')} n WHERE n.attachedToUuid = {f('uuid')}"
            " AND n.note <> '' ORDER BY n.modelId DESC LIMIT 1)"
            if source.has("RKNote")
            else "NULL"
        )
        run(
            f"INSERT INTO event SELECT {f('uuid')}, {f('name')}, {note}, {f('minImageDate')},"
            f" {f('posterVersionUuid')}, ifnull({f('isInTrash')}, 0) FROM {folders} f"
            f" WHERE NOT {magic} AND {f('uuid')} IN (SELECT event FROM picture)"
        )
    if not source.has("RKAlbum", "RKAlbumVersion"):
        return

    def a(*names: str) -> str:
        return source.column("RKAlbum", "a", *names)

    run(
        f"INSERT INTO album SELECT {a('uuid')}, {a('name')}, {a('albumType')}, {a('folderUuid')},"
        f" {a('createDate')}, {a('posterVersionUuid')} FROM {source.table('RKAlbum')} a"
        f" WHERE {a('uuid')} NOTNULL AND ifnull({a('albumSubclass')}, 3) = 3"
        f" AND NOT ifnull({a('isMagic')}, 0) AND NOT ifnull({a('isInTrash')}, 0)"
        f" AND {a('uuid')} NOT IN {_MAGIC} AND {a('name')} <> ''"
    )
    run(
        f"INSERT INTO member SELECT {a('uuid')}, j.versionId, j.modelId"
        f" FROM {source.table('RKAlbumVersion')} j JOIN {source.table('RKAlbum')} a"
        f" ON a.modelId = j.albumId JOIN picture p ON p.pk = j.versionId"
    )
