"""The pictures of a library of iPhoto: what the survey sees of each, and the record of it.

What is seen has the same shape (`Seen`) as in libraries of Photos; osxphotos is not needed.
"""

import json
import re
import sqlite3
from collections import defaultdict
from collections.abc import Collection, Iterator
from hashlib import blake2b
from itertools import islice
from typing import Any

from rootcellar.api import Record, Sighting, opened
from rootcellar_photos.absences import MISSING_HINT, Missing, volume_missing
from rootcellar_photos.folders import Signature, on_disk, signature, spelling
from rootcellar_photos.iphoto.records import Row, iphoto_record
from rootcellar_photos.iphoto.store import TABLES, IPhotoLibrary
from rootcellar_photos.naming import (
    extension_of,
    original_extension,
    place,
    split_name,
    taken,
    text_of,
)
from rootcellar_photos.resources import Part, distinct, named
from rootcellar_photos.rows import AssetRow
from rootcellar_photos.scan import suffixes
from rootcellar_photos.seen import Seen
from rootcellar_photos.settings import scope_of

BATCH = 2000
_BESIDE = ("keyword", "face", "exif")
_NOTHING = dict.fromkeys(AssetRow._fields)
_ZONE = re.compile(r"(?:GMT|UTC)?([+-])(\d\d):?(\d\d)")
EDIT_HINT = (
    "Open the picture in iPhoto, so that the edit is drawn again; else restore the library."
)


def iphoto_scan(library: IPhotoLibrary, keys: Collection[str] | None = None) -> Iterator[Seen]:
    """Yield every picture of the library, or those of `keys`; the same for the same state."""
    for row in _rows(library, keys):
        yield _seen(library, row)


def iphoto_pictures(
    library: IPhotoLibrary, keys: Collection[str]
) -> Iterator[tuple[Seen, Record]]:
    """Yield what is seen of these pictures, each with its record."""
    for row in _rows(library, keys):
        seen = _seen(library, row)
        yield seen, iphoto_record(row, seen)


def _rows(library: IPhotoLibrary, keys: Collection[str] | None) -> Iterator[Row]:
    columns = [name for name in TABLES["picture"].split() if name != "pk"]
    with opened(library.database) as connection:
        where, values = "", tuple[str, ...]()
        if keys is not None:
            where = " WHERE uuid IN (SELECT value FROM json_each(?))"
            values = (json.dumps(list(keys)),)
        chosen = ", ".join(f"p.{name}" for name in columns)
        rows = connection.execute(
            f"SELECT p.pk, {chosen}, v.title AS event_title FROM picture p"
            f" LEFT JOIN event v ON v.uuid = p.event{where.replace('uuid', 'p.uuid')}"
            " ORDER BY p.pk",
            values,
        )
        while batch := [dict(row) for row in islice(rows, BATCH)]:
            beside = {name: _beside(connection, name, batch) for name in _BESIDE}
            albums = _albums(connection, batch)
            for row in batch:
                for name, found in beside.items():
                    row[name] = found.get(row["pk"], [])
                row["albums"] = albums.get(row["pk"], [])
                yield row


def _beside(
    connection: sqlite3.Connection, table: str, batch: list[Row]
) -> dict[int, list[tuple[Any, ...]]]:
    columns = ", ".join(TABLES[table].split())
    found: dict[int, list[tuple[Any, ...]]] = defaultdict(list)
    cursor = connection.execute(
        f"SELECT {columns} FROM {table} WHERE picture IN (SELECT value FROM json_each(?))",
        (json.dumps([row["pk"] for row in batch]),),
    )
    cursor.row_factory = None
    for row in sorted(cursor, key=repr):
        found[row[0]].append(row[1:])
    return found


def _albums(connection: sqlite3.Connection, batch: list[Row]) -> dict[int, list[str]]:
    found: dict[int, list[str]] = defaultdict(list)
    for pk, uuid in connection.execute(
        "SELECT DISTINCT m.picture, m.album FROM member m JOIN album a ON a.uuid = m.album"
        " WHERE m.picture IN (SELECT value FROM json_each(?)) ORDER BY 1, 2",
        (json.dumps([row["pk"] for row in batch]),),
    ):
        found[pk].append(uuid)
    return found


# -- what is seen ------------------------------------------------------------------------------


def _seen(library: IPhotoLibrary, row: Row) -> Seen:
    name = text_of(row["name"] or (row["path"] or "").rpartition("/")[2] or row["uuid"])
    stem, extension = split_name(name)
    files = _parts(library, row, extension)
    if not library.settings.previews:
        files = [part for part in files if part.role != "preview"]
    asset = _asset(row, name)
    date = taken(asset)
    scope, outside = scope_of(asset, library.settings)
    known = [(one.role, one.suffix, one.found, one.absent and one.absent.reason) for one in files]
    told = {key: value for key, value in row.items() if key != "pk"}
    digest = blake2b(
        repr((sorted(told.items()), known)).encode("utf-8", "replace"), digest_size=16
    )
    sighting = Sighting(
        key=row["uuid"],
        title=name,
        place=place(stem, date, layout=library.settings.layout),
        fingerprint=digest.hexdigest(),
        suffixes=suffixes(files, library.settings),
        store=library.identity,
        in_trash=bool(row["trashed"]),
        scope=scope,
        outside=outside,
    )
    albums = {"albums": [(row["pk"], uuid, None) for uuid in row["albums"]]}
    return Seen(asset, date, files, [], albums, sighting)


def _asset(row: Row, name: str) -> AssetRow:
    """Return a picture as a row of later libraries, as far as they say the same."""
    zone = row["zone"] or None
    shift = row["shift"]
    if shift is None and zone and (match := _ZONE.fullmatch(zone)):
        shift = (int(match[2]) * 3600 + int(match[3]) * 60) * (-1 if match[1] == "-" else 1)
    known = {
        "pk": row["pk"],
        "uuid": row["uuid"],
        "original_filename": name,
        "created": row["date"],
        "offset": int(shift) if isinstance(shift, int | float) else None,
        "zone": zone,
        "modified": row["modified"] or None,
        "trash_state": int(bool(row["trashed"])),
        "hidden": row["hidden"],
        "kind": int(bool(row["movie"])),
        "adjustments": row["edited"],
    }
    return AssetRow(**{**_NOTHING, **known})  # what is not known is NULL


def _parts(library: IPhotoLibrary, row: Row, extension: str) -> list[Part]:
    """Return every file of a picture, present or absent, in a fixed order, suffixes unique."""
    found: dict[str, tuple[str, Signature]] = {}
    ways = _ways(library, row)
    for path in ways:
        here = on_disk(path)
        if not here.startswith(f"{library.root}/"):
            here = library.folders.outside(path)
        status = signature(here)
        if status is not None:
            found["original"] = (here, status)
            break
    drawn = list(_drawn(library, row))
    if row["edited"] and drawn:
        found["edited"] = drawn.pop(0)
    gaps = []
    if "original" not in found:
        gaps.append(("original", _missing(row, ways)))
        if preview := _preview(library, row, drawn):
            found["preview"] = preview
    if row["edited"] and "edited" not in found:
        shown = (row["preview"] or "").rpartition("/")[2] or "edited.jpg"
        reason = "the edited version is missing from the library"
        wish = (f"{library.root}/{row['preview']}",) if row["preview"] else ()
        gaps.append(("edited", Missing(reason, EDIT_HINT, wish, shown)))
    for path, status in drawn:
        if path not in (one for one, _ in found.values()):
            found[f"other_{text_of(path.rpartition('/')[2])}"] = (path, status)
    there = extension_of(found["original"][0]) if "original" in found else ""
    first = original_extension(extension, there) or ".bin"
    return distinct(named(found, gaps, first))


def _ways(library: IPhotoLibrary, row: Row) -> list[str]:
    """Return the paths at which an original may be; the one iPhoto would ask first."""
    path = row["path"]
    if not path:
        return []
    if row["volume"] and row["reference"]:
        return [f"/Volumes/{row['volume']}/{path.lstrip('/')}", f"/{path.lstrip('/')}"]
    if path.startswith("/"):
        return [path]
    inside = f"{library.root}/{path}"
    return [f"/{path}", inside] if row["reference"] else [_spelled(library, path)]


def _spelled(library: IPhotoLibrary, path: str) -> str:
    """Return the path of a file of the library as the disk spells it."""
    whole = f"{library.root}/{path}"
    if signature(whole) is None:
        folder, _, name = path.rpartition("/")
        wanted = spelling(name)
        for one in library.folders.names(folder):
            if spelling(one) == wanted:
                return f"{library.root}/{folder}/{one}"
    return whole


def _drawn(library: IPhotoLibrary, row: Row) -> Iterator[tuple[str, Signature]]:
    """Yield what iPhoto has drawn of a picture in full size, the one that is shown first."""
    said = row["preview"]
    seen = set()
    if said:
        path = said if said.startswith("/") else _spelled(library, said)
        if (status := signature(path)) is not None:
            seen.add(path)
            yield path, status
    path = row["path"] or ""
    if path.startswith("Masters/"):
        folder = f"Previews/{path[8:].rpartition('/')[0]}/{row['uuid']}"
        title = spelling(row["title"] or "")
        names = [name for name in library.folders.names(folder) if not name.startswith(".")]
        for name in sorted(names, key=lambda one: (spelling(split_name(one)[0]) != title, one)):
            whole = f"{library.root}/{folder}/{name}"
            if whole not in seen and (status := signature(whole)) is not None:
                yield whole, status


def _preview(
    library: IPhotoLibrary, row: Row, drawn: list[tuple[str, Signature]]
) -> tuple[str, Signature] | None:
    """Return the largest picture that iPhoto made of one whose original is not here."""
    candidates = list(drawn)
    path = row["path"] or ""
    if path.startswith("Masters/"):
        folder = f"Thumbnails/{path[8:].rpartition('/')[0]}/{row['uuid']}"
        for name in library.folders.names(folder):
            whole = f"{library.root}/{folder}/{name}"
            if (status := signature(whole)) is not None:
                candidates.append((whole, status))
    return max(candidates, key=lambda one: (one[1][0], one[0]), default=None)


def _missing(row: Row, ways: list[str]) -> Missing:
    if not ways:
        name = text_of(row["name"] or row["uuid"])
        return Missing("the original is not named in the library", MISSING_HINT, (), name)
    if row["reference"]:
        where, hint = volume_missing(ways[0], row["volume"])
        reason = f"the original is kept outside the library, {where}, and is not there"
        return Missing(reason, hint, tuple(ways), ways[0])
    return Missing("the original is missing from the library", MISSING_HINT, tuple(ways), ways[0])
