"""Albums and people of libraries of Photos 2 to 4, as the pages of later ones show them."""

import sqlite3
from collections.abc import Iterator
from typing import Any

_KINDS = {1: 2, 8: 1508, 9: 1508}
"""RKAlbum.albumType of albums, slideshows and projects, as later versions number them."""
_TOP = ("TopLevelAlbums", "TopLevelKeepsakes", "TopLevelSlideshows", "LibraryFolder")


def legacy_albums(
    connection: sqlite3.Connection,
) -> Iterator[tuple[dict[str, Any], list[dict[str, Any]], tuple[str, ...]]]:
    """Yield (album, its folders from the outermost, its members in order) by the album's UUID.

    Albums and folders have the names of later columns. Left out are those in the trash, smart
    albums, and the ones Photos makes for itself, which lie directly in the library's own folder.
    """
    folders = {row["uuid"]: row for row in connection.execute("SELECT * FROM RKFolder")}
    for row in connection.execute(
        "SELECT * FROM RKAlbum WHERE uuid NOTNULL AND ifnull(isInTrash, 0) = 0"
        " AND albumSubclass = 3 ORDER BY uuid"
    ).fetchall():
        kind = _KINDS.get(row["albumType"])
        if kind is None or row["folderUuid"] == "LibraryFolder":
            continue
        above = _above(row["folderUuid"], folders)
        if any(folder["isInTrash"] for folder in above):
            continue
        album = {
            **_named(row),
            "ZKIND": kind,
            "ZCREATIONDATE": row["createDate"],
            "ZCUSTOMSORTKEY": 0,
            "ZCUSTOMSORTASCENDING": None,
        }
        yield album, [_named(folder) for folder in above], _members(connection, row)


def _named(row: sqlite3.Row) -> dict[str, Any]:
    return {"ZUUID": row["uuid"], "ZTITLE": row["name"]}


def _above(uuid: str | None, folders: dict[str, sqlite3.Row]) -> list[sqlite3.Row]:
    found: list[sqlite3.Row] = []
    while uuid in folders and uuid not in _TOP:
        folder = folders[uuid]
        if folder in found:
            break
        found.insert(0, folder)
        uuid = folder["parentFolderUuid"]
    return found


def _members(connection: sqlite3.Connection, album: sqlite3.Row) -> tuple[str, ...]:
    """Return the pictures of an album in its order (RKCustomSortOrder, as osxphotos reads it)."""
    rows = connection.execute(
        "SELECT v.uuid FROM RKCustomSortOrder o JOIN RKVersion v ON v.uuid = o.objectUuid"
        " WHERE o.containerUuid = ? ORDER BY o.orderNumber, o.modelId",
        (album["uuid"],),
    ).fetchall()
    rows = (
        rows
        or connection.execute(
            "SELECT v.uuid FROM RKAlbumVersion j JOIN RKVersion v ON v.modelId = j.versionId"
            " WHERE j.albumId = ? AND v.uuid NOTNULL ORDER BY j.modelId",
            (album["modelId"],),
        ).fetchall()
    )
    return tuple(dict.fromkeys(uuid for (uuid,) in rows))


def legacy_people(
    connection: sqlite3.Connection,
) -> Iterator[tuple[dict[str, Any], list[tuple[str, float]]]]:
    """Yield (person, [(picture, date)]) for each named one, with the names of later columns."""
    for row in connection.execute(
        "SELECT modelId, uuid, name, displayName FROM RKPerson"
        " WHERE name <> '' AND uuid NOTNULL ORDER BY modelId"
    ).fetchall():
        person = {
            "ZPERSONUUID": row["uuid"],
            "ZFULLNAME": row["name"],
            "ZDISPLAYNAME": row["displayName"],
            "ZTYPE": None,
        }
        members = connection.execute(
            "SELECT v.uuid, v.imageDate FROM RKFace f JOIN RKVersion v"
            " ON v.modelId = f.imageModelId WHERE f.personId = ? AND v.uuid NOTNULL",
            (row["modelId"],),
        ).fetchall()
        yield person, [(uuid, date or 0) for uuid, date in members]
