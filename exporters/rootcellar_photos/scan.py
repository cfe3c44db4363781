"""Level 1: every asset of a library, seen in one pass over its database and its folders.

A fingerprint covers all that is exported of an asset: the versions of its rows, what hangs on
it, and size and time of each of its files, so that a file that was replaced or has arrived is
found without a change in the database. View counts of other tables, machine labels and analysis
state are not in it. osxphotos is not needed here.
"""

import json
import marshal
import sqlite3
from collections.abc import Collection, Iterator, Sequence
from hashlib import blake2b
from typing import Any

from rootcellar.api import Sighting, opened
from rootcellar_photos.library import Library
from rootcellar_photos.naming import original_name, place, split_name, taken
from rootcellar_photos.resources import Part, parts
from rootcellar_photos.rows import AssetRow, ResourceRow, batches
from rootcellar_photos.schema import Schema
from rootcellar_photos.seen import ALBUMS, Around, Seen
from rootcellar_photos.settings import SIDECARS, PhotosSettings, scope_of


def _shared_album(row: AssetRow, around: Around) -> str | None:
    """Return the title of the shared album that an asset belongs to, or None."""
    titles = (
        title for name in ALBUMS for _, _, title in around.get(name, ()) if title is not None
    )
    return next(titles, None) if row.is_shared or "shared_albums" in around else None


def scan(library: Library, keys: Collection[str] | None = None) -> Iterator[Seen]:
    """Yield every asset of the library, or those of `keys`; the same for the same state.

    Assets that the settings leave out are yielded as well, and said to be outside.
    """
    with opened(library.database) as connection:
        connection.execute("BEGIN")
        if keys is not None:
            want(connection, library.schema, keys)
        yield from _scan(connection, library, some=keys is not None)


def want(
    connection: sqlite3.Connection, schema: Schema, keys: Collection[str], database: str = "main"
) -> None:
    """Fill the temporary table `wanted` with the row numbers of these assets."""
    connection.execute("CREATE TEMP TABLE wanted (pk INTEGER PRIMARY KEY)")
    connection.execute(
        f"INSERT INTO wanted SELECT min(a.Z_PK) FROM {database}.{schema.asset} a"
        " WHERE a.ZUUID IN (SELECT value FROM json_each(?)) GROUP BY a.ZUUID",
        (json.dumps(list(keys)),),
    )


def _scan(connection: sqlite3.Connection, library: Library, *, some: bool) -> Iterator[Seen]:
    names = shared_names(connection, library.schema)
    for row, around in assets(connection, library.schema, some=some):
        listed = around.pop("resources", ())
        yield _seen(library, row, listed, around, names)


def assets(
    connection: sqlite3.Connection, schema: Schema, *, some: bool
) -> Iterator[tuple[AssetRow, Around]]:
    """Yield every asset once, with the rows of other tables that belong to it, by name."""
    once = {} if some else _repeated(connection, schema)
    last = None
    for batch, beside in batches(connection, schema, some=some):
        tables = list(beside.items())
        for row in batch:
            pk = row.pk
            if pk == last:
                continue  # its attributes are there twice
            last = pk
            if row.uuid and once.get(row.uuid, pk) == pk:
                yield row, {name: rows[pk] for name, rows in tables if pk in rows}


def _seen(
    library: Library, row: AssetRow, listed: Sequence[tuple[Any, ...]], around: Around, names: str
) -> Seen:
    """Return one asset; `names` is the digest of the names of those who share."""
    resources = [ResourceRow._make(values) for values in listed]
    name = original_name(row)
    stem, extension = split_name(name)
    files = parts(row, resources, library.folders, library.root, extension)
    if not library.settings.previews:
        files = [part for part in files if part.role != "preview"]
    scope, outside = scope_of(row, library.settings)
    date = taken(row)
    common = (library.schema.model, names if row.is_shared or row.owner else "")
    sighting = Sighting(
        key=row.uuid,
        title=name,
        place=place(stem, date, _shared_album(row, around), library.settings.layout),
        fingerprint=_fingerprint(row, listed, around, files, common),
        suffixes=suffixes(files, library.settings),
        store=library.identity,
        in_trash=row.trash_state == 1,
        scope=scope,
        outside=outside,
    )
    return Seen(row, date, files, resources, around, sighting)


def suffixes(files: list[Part], settings: PhotosSettings) -> tuple[str, ...]:
    """Return the suffixes of all files of an asset, the sidecars' last."""
    beside = (sidecar_suffix(files, SIDECARS[kind][1]) for kind in settings.sidecars)
    return (*(part.suffix for part in files), *beside)


def sidecar_suffix(files: list[Part], ending: str) -> str:
    """Return a sidecar's suffix: the original's and an ending, as exiftool and digiKam expect."""
    original = next(part for part in files if part.role == "original")
    return original.suffix + ending


def _fingerprint(
    row: AssetRow,
    listed: Sequence[tuple[Any, ...]],
    around: Around,
    files: list[Part],
    common: tuple[int, str],
) -> str:
    """Return a digest of all that is exported of an asset, wherever the library lies."""
    found = [
        (part.role, part.suffix, part.found, part.absent and part.absent.reason) for part in files
    ]
    # Version 2 of marshal has no references: equal values give equal bytes, three times as fast
    # as repr. Should a future Python change it, everything is compared once more, no harm done.
    known = marshal.dumps((row[2:], list(listed), around, found, common), 2)
    return blake2b(known, digest_size=16).hexdigest()


def _repeated(connection: sqlite3.Connection, schema: Schema) -> dict[str, int]:
    """Return the UUIDs that more than one row claims, each with the row that counts."""
    return dict(
        connection.execute(
            f"SELECT ZUUID, min(Z_PK) FROM {schema.asset} GROUP BY ZUUID HAVING count(*) > 1"
        ).fetchall()
    )


def shared_names(connection: sqlite3.Connection, schema: Schema) -> str:
    """Return a digest of the names of people who share: records of shared pictures hold them."""
    digest = blake2b(digest_size=16)
    for table, columns in (
        ("ZCLOUDSHAREDALBUMINVITATIONRECORD", ("ZINVITEEHASHEDPERSONID", "ZINVITEEFULLNAME")),
        ("ZGENERICALBUM", ("ZCLOUDOWNERHASHEDPERSONID", "ZCLOUDOWNERFULLNAME")),
        ("ZSHAREPARTICIPANT", ("ZHASHEDPERSONID", "ZNAMECOMPONENTS")),
    ):
        if all(schema.has(table, column) for column in columns):
            for row in connection.execute(
                f"SELECT DISTINCT {columns[0]}, {columns[1]} FROM {table}"
                f" WHERE {columns[0]} IS NOT NULL ORDER BY 1, 2"
            ):
                digest.update(repr(tuple(row)).encode("utf-8", "replace"))
    return digest.hexdigest()
