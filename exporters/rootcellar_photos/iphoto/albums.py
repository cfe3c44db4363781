"""Albums, events and people of libraries of iPhoto, as the pages of later ones show them."""

from collections.abc import Iterator
from typing import Any

from rootcellar.api import opened
from rootcellar_photos.iphoto.store import IPhotoLibrary

_KINDS = {8: 1508, 9: 1508}
"""RKAlbum.albumType of slideshows and books; all others are albums."""
EVENT = -1
"""Stands for an event, among the kinds that Photos numbers."""
_PLAIN = {"ZCUSTOMSORTKEY": 0, "ZCUSTOMSORTASCENDING": None}
Page = tuple[dict[str, Any], list[dict[str, Any]], tuple[str, ...]]


def iphoto_albums(library: IPhotoLibrary) -> Iterator[Page]:
    """Yield (album, its folders from the outermost, its members in order), then events so.

    Albums and folders have the names of later columns. Left out are those of which all pictures
    are in another library: Photos has taken them over, or somebody has deleted them there.
    """
    with opened(library.database) as connection:
        folders = {
            row["uuid"]: dict(row) for row in connection.execute("SELECT * FROM folder").fetchall()
        }
        for row in connection.execute("SELECT * FROM album ORDER BY uuid").fetchall():
            members = connection.execute(
                "SELECT p.uuid FROM member m JOIN picture p ON p.pk = m.picture"
                " WHERE m.album = ? ORDER BY m.position",
                (row["uuid"],),
            ).fetchall()
            album = {**_named(row), **_PLAIN, "ZKIND": _KINDS.get(row["kind"], 2)}
            yield from _page(library, album, _above(row["folder"], folders), members)
        for row in connection.execute(
            "SELECT * FROM event WHERE NOT trashed AND title <> '' ORDER BY uuid"
        ).fetchall():
            members = connection.execute(
                "SELECT uuid FROM picture WHERE event = ? AND NOT ifnull(trashed, 0)"
                " ORDER BY date, pk",
                (row["uuid"],),
            ).fetchall()
            event = {**_named(row), **_PLAIN, "ZKIND": EVENT, "told": {"note": row["note"]}}
            yield from _page(library, event, [], members)


def _page(
    library: IPhotoLibrary,
    album: dict[str, Any],
    above: list[dict[str, Any]],
    members: list[Any],
) -> Iterator[Page]:
    uuids = [uuid for (uuid,) in members]
    if not uuids or not all(uuid in library.same for uuid in uuids):
        keys = (library.same.get(uuid, uuid) for uuid in uuids)
        yield album, above, tuple(dict.fromkeys(key for key in keys if key))


def _named(row: Any) -> dict[str, Any]:
    return {
        "ZUUID": row["uuid"],
        "ZTITLE": row["title"],
        "ZCREATIONDATE": row["created"],
        "cover": row["cover"],
    }


def _above(uuid: str | None, folders: dict[str, dict[str, Any]]) -> list[dict[str, Any]]:
    """Return the folders above, the outermost first; iPhoto's own have no title."""
    found: list[dict[str, Any]] = []
    seen = set()
    while uuid in folders and uuid not in seen:
        seen.add(uuid)
        folder = folders[uuid]
        if folder["title"]:
            found.insert(0, {"ZUUID": folder["uuid"], "ZTITLE": folder["title"]})
        uuid = folder["parent"]
    return found


def iphoto_people(
    library: IPhotoLibrary,
) -> Iterator[tuple[dict[str, Any], list[tuple[str, float]]]]:
    """Yield (person, [(picture, date)]) for each named one, with the names of later columns."""
    with opened(library.database) as connection:
        for uuid, name in connection.execute(
            "SELECT person, max(name) FROM face WHERE person NOTNULL GROUP BY person ORDER BY 1"
        ).fetchall():
            rows = connection.execute(
                "SELECT DISTINCT p.uuid, p.date FROM face f JOIN picture p ON p.pk = f.picture"
                " WHERE f.person = ?",
                (uuid,),
            ).fetchall()
            person = {
                "ZPERSONUUID": uuid,
                "ZFULLNAME": name,
                "ZDISPLAYNAME": None,
                "ZTYPE": None,
            }
            found = [(library.same.get(one, one), date or 0) for one, date in rows]
            if any(one not in library.same for one, _ in rows):
                yield person, [(key, date) for key, date in found if key]
