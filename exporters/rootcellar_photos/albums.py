"""Albums and people: pages made of many assets, straight from the private database.

The order of an album is what Photos shows: by hand, by date or by title, as the album says
(osxphotos' AlbumInfo.photos is the oracle of the tests). Albums in the trash are left out.
"""

import sqlite3
import sys
from collections.abc import Iterable, Iterator, Sequence
from itertools import starmap
from typing import Any

from msgspec.structs import replace

from rootcellar.api import Gathering, opened
from rootcellar_photos.iphoto.albums import EVENT, iphoto_albums, iphoto_people
from rootcellar_photos.iphoto.recognising import recognise
from rootcellar_photos.iphoto.store import IPhotoLibrary
from rootcellar_photos.legacy.albums import legacy_albums, legacy_people
from rootcellar_photos.legacy.store import LegacyLibrary
from rootcellar_photos.library import AnyLibrary, ReadLibrary
from rootcellar_photos.memories import MEMORY, memories
from rootcellar_photos.naming import component, moment, text_of
from rootcellar_photos.schema import ATTRIBUTES, Schema
from rootcellar_photos.walking import WalkedLibrary

_KINDS = {2: "album", 1505: "shared-album", 1508: "project", EVENT: "event", MEMORY: "memory"}
_APART = {"shared-album": ["Shared"], "project": ["Projects"], "event": ["Events"]}
_APART["memory"] = ["Memories"]
_FOLDER_KIND = 4000
_SORT_DATE, _SORT_TITLE = 1, 5
_ORDERS = {0: "manual", 1: "date", 5: "title"}


def gatherings(libraries: Sequence[AnyLibrary]) -> Iterator[Gathering]:
    """Yield one page per album, each once however many libraries hold it, then the people's."""
    said: set[str] = set()
    people: dict[str, dict[str, Any]] = {}
    for library in libraries:
        if isinstance(library, WalkedLibrary):
            continue
        if isinstance(library, IPhotoLibrary):
            recognise(
                library, [one.path for one in libraries if not isinstance(one, IPhotoLibrary)]
            )
            for page in starmap(_gathering, iphoto_albums(library)):
                if page.key not in said:
                    said.add(page.key)
                    yield page
            _add_people(iphoto_people(library), people)
            continue
        with opened(library.database) as connection:
            connection.execute("BEGIN")
            for album in _albums(connection, library):
                if album.key not in said:
                    said.add(album.key)
                    yield album
            if isinstance(library, LegacyLibrary):
                _add_people(legacy_people(connection), people)
            else:
                _gather_people(connection, library.schema, people)
    unread = bool(libraries) and all(isinstance(one, WalkedLibrary) for one in libraries)
    yield replace(_people(people), outside=unread)  # what is known of them stays as it is


def _albums(connection: sqlite3.Connection, library: ReadLibrary) -> Iterator[Gathering]:
    if isinstance(library, LegacyLibrary):
        for album, above, members in legacy_albums(connection):
            yield _gathering(album, above, members)
        return
    schema = library.schema
    rows = {row["Z_PK"]: dict(row) for row in _album_rows(connection, schema)}
    for row in rows.values():
        if row["ZKIND"] in _KINDS and not row["ZTRASHEDSTATE"]:
            folders = _folders(row, rows)
            if any(folder["ZTRASHEDSTATE"] for folder in folders):
                continue
            yield _gathering(row, folders, _members(connection, schema, row))
    for row in _share_rows(connection, schema):
        yield _gathering(row, [], _share_members(connection, schema, row))
    for row, groups in memories(connection, schema):
        yield replace(_gathering(row, [], ()), groups=groups)


def _album_rows(connection: sqlite3.Connection, schema: Schema) -> Iterator[sqlite3.Row]:
    names = (
        *("Z_PK", "ZUUID", "ZTITLE", "ZKIND", "ZPARENTFOLDER", "ZTRASHEDSTATE", "ZCREATIONDATE"),
        *("ZCUSTOMSORTKEY", "ZCUSTOMSORTASCENDING", "ZCLOUDOWNERFULLNAME", "ZPUBLICURL"),
    )
    columns = ", ".join(f"{schema.column('ZGENERICALBUM', name, 'g')} AS {name}" for name in names)
    yield from connection.execute(
        f"SELECT {columns}, k.ZUUID AS cover FROM ZGENERICALBUM g LEFT JOIN {schema.asset} k"
        f" ON k.Z_PK = {schema.column('ZGENERICALBUM', 'ZCUSTOMKEYASSET', 'g')}"
        " WHERE g.ZUUID IS NOT NULL ORDER BY g.ZUUID"
    )


def _share_rows(connection: sqlite3.Connection, schema: Schema) -> list[dict[str, Any]]:
    """Return the shared albums of macOS 26, which are rows of ZSHARE."""
    if not (schema.shared_album_entity and schema.has(schema.asset, "ZCOLLECTIONSHARE")):
        return []
    names = (
        *("Z_PK", "ZUUID", "ZTITLE", "ZTRASHEDSTATE", "ZCREATIONDATE"),
        *("ZCUSTOMSORTKEY", "ZCUSTOMSORTASCENDING"),
    )
    columns = ", ".join(f"{schema.column('ZSHARE', name, 'h')} AS {name}" for name in names)
    rows = connection.execute(
        f"SELECT {columns} FROM ZSHARE h WHERE h.Z_ENT = ? AND ifnull(h.ZTRASHEDSTATE, 0) = 0"
        " AND h.ZUUID IS NOT NULL ORDER BY h.ZUUID",
        (schema.shared_album_entity,),
    )
    return [{**dict(row), "ZKIND": 1505} for row in rows]


def _folders(row: dict[str, Any], rows: dict[int, dict[str, Any]]) -> list[dict[str, Any]]:
    """Return the folders an album lies in, the outermost first; the root is none."""
    found: list[dict[str, Any]] = []
    parent = rows.get(row["ZPARENTFOLDER"])
    while parent is not None and parent["ZKIND"] == _FOLDER_KIND and parent not in found:
        found.insert(0, parent)
        parent = rows.get(parent["ZPARENTFOLDER"])
    return found


def _gathering(
    row: dict[str, Any], folders: list[dict[str, Any]], members: tuple[str, ...]
) -> Gathering:
    title = text_of(row["ZTITLE"] or "")
    told = row.get("told", {})
    name = ", ".join(filter(None, (row["ZTITLE"], told.get("subtitle"))))
    kind = _KINDS[row["ZKIND"]]
    above = [component(folder["ZTITLE"] or "") for folder in folders]
    above = _APART.get(kind, above)
    created = moment(row["ZCREATIONDATE"])
    order = _ORDERS.get(row["ZCUSTOMSORTKEY"], "manual")
    record = {
        "uuid": row["ZUUID"],
        "title": title,
        "kind": kind,
        "folders": [
            {"uuid": folder["ZUUID"], "title": text_of(folder["ZTITLE"] or "")}
            for folder in folders
        ],
        "created": created.isoformat().replace("+00:00", "Z") if created else None,
        "order": order,
        "descending": row["ZCUSTOMSORTASCENDING"] == 0 if order == "date" else None,
        "owner": text_of(row.get("ZCLOUDOWNERFULLNAME") or "") or None,
        "public_url": row.get("ZPUBLICURL") or None,
        "cover": row.get("cover"),
        **{name: _plain(value) for name, value in told.items()},
    }
    return Gathering(
        key=row["ZUUID"],
        title=title,
        place="/".join(("Albums", *above, component(name))),
        record={name: value for name, value in record.items() if value not in (None, [])},
        groups={"items": members},
    )


def _plain(value: Any) -> Any:
    return text_of(value) if isinstance(value, str) else value


def _members(
    connection: sqlite3.Connection, schema: Schema, album: dict[str, Any]
) -> tuple[str, ...]:
    """Return the keys of an album's assets in the order Photos shows them."""
    if schema.albums is None:
        return ()
    join = schema.albums
    order = f"j.{join.order}" if join.order != "NULL" else "NULL"
    rows = connection.execute(
        f"SELECT a.ZUUID, {order}, a.ZDATECREATED, b.ZTITLE FROM {join.table} j"
        f" JOIN {schema.asset} a ON a.Z_PK = j.{join.member}"
        f" LEFT JOIN {ATTRIBUTES} b ON b.ZASSET = a.Z_PK WHERE j.{join.owner} = ?",
        (album["Z_PK"],),
    )
    return _in_order([tuple(row) for row in rows], album)


def _share_members(
    connection: sqlite3.Connection, schema: Schema, album: dict[str, Any]
) -> tuple[str, ...]:
    """Return the assets of a shared album of macOS 26, by the time they were published."""
    rows = connection.execute(
        "SELECT a.ZUUID, a.ZCLOUDBATCHPUBLISHDATE, a.Z_PK, a.ZDATECREATED, b.ZTITLE"
        f" FROM {schema.asset} a LEFT JOIN {ATTRIBUTES} b ON b.ZASSET = a.Z_PK"
        " WHERE a.ZCOLLECTIONSHARE = ? ORDER BY 2, 3",
        (album["Z_PK"],),
    )
    numbered = [(row[0], at, row[3], row[4]) for at, row in enumerate(rows)]
    return _in_order(numbered, album)


def _in_order(rows: list[tuple[Any, ...]], album: dict[str, Any]) -> tuple[str, ...]:
    """Sort (key, position, date, title): by position first, then as the album's setting says."""
    rows = [row for row in rows if row[0] and isinstance(row[0], str)]
    rows.sort(key=lambda row: (row[1] or 0, row[0]))
    ascending = album["ZCUSTOMSORTASCENDING"]
    if album["ZCUSTOMSORTKEY"] == _SORT_DATE and ascending in (0, 1):
        rows.sort(key=lambda row: row[2] or 0, reverse=ascending == 0)
    elif album["ZCUSTOMSORTKEY"] == _SORT_TITLE:
        rows.sort(key=lambda row: text_of(row[3] or ""))
    return tuple(dict.fromkeys(sys.intern(row[0]) for row in rows))  # many albums list the same


def _gather_people(
    connection: sqlite3.Connection, schema: Schema, people: dict[str, dict[str, Any]]
) -> None:
    """Add the named people of one library, each with the pictures that show the face."""
    if not {"ZPERSON", "ZDETECTEDFACE"} <= schema.tables.keys():
        return
    columns = ("ZPERSONUUID", "ZFULLNAME", "ZDISPLAYNAME", "ZTYPE")
    chosen = ", ".join(f"{schema.column('ZPERSON', name, 'p')} AS {name}" for name in columns)
    for row in connection.execute(
        f"SELECT {chosen} FROM ZPERSON p WHERE p.ZFULLNAME <> '' AND p.ZPERSONUUID IS NOT NULL"
    ):
        if row["ZPERSONUUID"] not in people:
            people[row["ZPERSONUUID"]] = {**dict(row), "members": {}}
    for uuid, asset, date in connection.execute(
        "SELECT p.ZPERSONUUID, a.ZUUID, a.ZDATECREATED FROM ZDETECTEDFACE f"
        f" JOIN ZPERSON p ON p.Z_PK = f.{schema.face_person}"
        f" JOIN {schema.asset} a ON a.Z_PK = f.{schema.face_asset}"
        " WHERE p.ZFULLNAME <> ''"
    ):
        if uuid in people and asset and isinstance(asset, str):
            people[uuid]["members"].setdefault(sys.intern(asset), date or 0)


def _add_people(
    found: Iterable[tuple[dict[str, Any], list[tuple[str, float]]]],
    people: dict[str, dict[str, Any]],
) -> None:
    """Add the people of an older library, each with the pictures that show the face."""
    for person, members in found:
        known = people.setdefault(person["ZPERSONUUID"], {**person, "members": {}})
        for asset, date in members:
            known["members"].setdefault(asset, date)


def _people(people: dict[str, dict[str, Any]]) -> Gathering:
    """Return the page of all people: a group for each, the pictures in the order of time."""
    names: dict[str, int] = {}
    for person in people.values():
        names[person["ZFULLNAME"]] = names.get(person["ZFULLNAME"], 0) + 1
    groups: dict[str, tuple[str, ...]] = {}
    records: dict[str, dict[str, Any]] = {}
    for uuid, person in sorted(people.items(), key=lambda pair: (pair[1]["ZFULLNAME"], pair[0])):
        name = text_of(person["ZFULLNAME"])
        label = name if names[person["ZFULLNAME"]] == 1 else f"{name} ({uuid[:8]})"
        record = {
            "uuid": uuid,
            "name": name,
            "display_name": text_of(person["ZDISPLAYNAME"] or ""),
            "favourite": person["ZTYPE"] == 1,
        }
        records[label] = {key: value for key, value in record.items() if value}
        members = sorted(person["members"].items(), key=lambda pair: (pair[1], pair[0]))
        groups[label] = tuple(asset for asset, _ in members)
    return Gathering("people", "People", "People", {"persons": records}, groups)
