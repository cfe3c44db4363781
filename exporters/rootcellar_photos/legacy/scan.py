"""The survey of a library of Photos 2 to 4: every picture, seen as those of later libraries are.

What is seen has the same shape (`Seen`), so that records, files and sidecars are made alike.
"""

import json
import sqlite3
from collections.abc import Collection, Iterator, Sequence
from hashlib import blake2b
from typing import Any

from rootcellar.api import Sighting, opened
from rootcellar_photos.folders import spelling
from rootcellar_photos.legacy.files import (
    LegacyFolders,
    current_edits,
    legacy_parts,
    pair,
    places,
)
from rootcellar_photos.legacy.rows import (
    LIVE,
    SLOW_MOTION,
    Master,
    Resource,
    Version,
    around,
    masters,
    resources,
    versions,
)
from rootcellar_photos.legacy.store import LegacyLibrary
from rootcellar_photos.naming import place, split_name, taken, text_of
from rootcellar_photos.resources import Part
from rootcellar_photos.rows import AssetRow, ResourceRow
from rootcellar_photos.scan import suffixes
from rootcellar_photos.seen import Seen
from rootcellar_photos.settings import scope_of

_SUBTYPES = {"live": 2, "slow-motion": 101}
"""What later versions call these kinds (ZKINDSUBTYPE)."""
_LISTED = {"edited": (2, 2), "edited-live": (2, 19), "live": (0, 18), "raw": (0, 17)}
"""How later versions list these roles: (ZVERSION, ZDATASTORESUBTYPE)."""
_NOTHING = dict.fromkeys(AssetRow._fields)


def legacy_scan(library: LegacyLibrary, keys: Collection[str] | None = None) -> Iterator[Seen]:
    """Yield every picture of the library, or those of `keys`; the same for the same state."""
    where = LegacyFolders(library.folders, library.root)
    with opened(library.database) as connection:
        connection.execute("BEGIN")
        where.imported = _imported(connection)
        if keys is not None:
            want_versions(connection, keys)
        said: set[str] = set()
        for batch in versions(connection, some=keys is not None):
            yield from _batch(connection, library, where, batch, said)


def want_versions(
    connection: sqlite3.Connection, keys: Collection[str], database: str = ""
) -> None:
    """Fill the temporary table `wanted` with the row numbers of these pictures."""
    connection.execute("CREATE TEMP TABLE wanted (pk INTEGER PRIMARY KEY)")
    connection.execute(
        f"INSERT OR IGNORE INTO wanted SELECT min(modelId) FROM {database}RKVersion"
        " WHERE ifnull(uuid, masterUuid) IN (SELECT value FROM json_each(?)) AND modelId NOTNULL"
        " GROUP BY ifnull(uuid, masterUuid)",
        (json.dumps(list(keys)),),
    )


def _imported(connection: sqlite3.Connection) -> set[str]:
    rows = connection.execute("SELECT imagePath FROM RKMaster WHERE imagePath NOTNULL")
    return {spelling(f"Masters/{path}") for (path,) in rows if isinstance(path, str)}


def _batch(
    connection: sqlite3.Connection,
    library: LegacyLibrary,
    where: LegacyFolders,
    batch: list[Version],
    said: set[str],
) -> Iterator[Seen]:
    batch = [
        one._replace(uuid=one.uuid or one.master or "")
        for one in batch
        if one.pk is not None and (one.uuid or one.master)
    ]
    imported = masters(connection, batch)
    beside = around(connection, batch)
    owners = {one.pk for found in imported.values() for one in found}
    listed = resources(connection, [*owners, *(version.pk for version in batch)])
    for version in batch:
        if version.uuid in said:
            continue
        said.add(version.uuid)
        own = imported.get(version.pk, [])
        yield _seen(library, where, version, own, _own(version, own, listed), beside)


def _own(
    version: Version, imported: list[Master], listed: dict[int, list[Resource]]
) -> list[Resource]:
    """Return the further files of one picture: those on its masters, then its own."""
    on_masters = [
        one for master in imported for one in listed.get(master.pk, ()) if one.owner_type != 2
    ]
    return [*on_masters, *(one for one in listed.get(version.pk, ()) if one.owner_type == 2)]


def _seen(
    library: LegacyLibrary,
    where: LegacyFolders,
    version: Version,
    imported: list[Master],
    listed: list[Resource],
    beside: dict[int, dict[str, list[tuple[Any, ...]]]],
) -> Seen:
    original, raw = pair(version, imported)
    name = text_of(
        (original.original_filename if original else None) or version.filename or version.uuid
    )
    stem, extension = split_name(name)
    own = beside.get(version.pk, {})
    files = legacy_parts(version, imported, listed, where, extension, _adjustments(version, own))
    if not library.settings.previews:
        files = [part for part in files if part.role != "preview"]
    row = _row(version, original, where, name)
    date = taken(row)
    scope, outside = scope_of(row, library.settings)
    sighting = Sighting(
        key=version.uuid,
        title=name,
        place=place(stem, date, layout=library.settings.layout),
        fingerprint=_fingerprint(version, imported, listed, own, files, library),
        suffixes=suffixes(files, library.settings),
        store=library.identity,
        in_trash=version.in_trash == 1,
        scope=scope,
        outside=outside,
    )
    rows = list(_resource_rows(version, raw, listed))
    if row.is_referenced and original is not None:
        rows.append(_resource_row(version, 0, 1, original.size, None, original.volume))
    albums = {"albums": [(pk, uuid, None) for pk, uuid in own.get("albums", ())]}
    return Seen(row, date, files, rows, albums, sighting)


def _adjustments(
    version: Version, own: dict[str, list[tuple[Any, ...]]]
) -> tuple[int, bytes] | None:
    """Return length and first bytes of the list of edits that the database holds; None: none."""
    if not version.adjustments:
        return None
    for *_, length, head in own.get("adjustments", ()):
        if length and isinstance(head, bytes):
            return length, head
    return None


def _row(version: Version, original: Master | None, where: LegacyFolders, name: str) -> AssetRow:
    """Return a picture as a row of later versions, as far as they say the same."""
    paths = places(original, where) if original else ()
    outside = bool(paths) and not paths[0].startswith(f"{where.library}/")
    directory, _, filename = paths[0].rpartition("/") if paths else ("", "", name)
    special = version.special
    kind = "live" if special in LIVE else "slow-motion" if special == SLOW_MOTION else ""
    known = {
        "pk": version.pk,
        "uuid": version.uuid,
        "directory": directory if outside else None,
        "filename": filename,
        "original_filename": name,
        "created": version.created,
        "offset": version.offset,
        "zone": version.zone,
        "modified": version.modified,
        "trash_state": version.in_trash,
        "hidden": version.hidden,
        "favourite": version.favourite,
        "kind": int(version.is_movie),
        "subtype": _SUBTYPES.get(kind, 0),
        "adjustments": version.adjustments,
        "uti": original.uti if original else None,
        "import_uuid": original.import_group if original else None,
    }
    return AssetRow(**{**_NOTHING, **known})  # type: ignore[arg-type]  # what is not known is NULL


def _resource_rows(
    version: Version, raw: Master | None, listed: list[Resource]
) -> Iterator[ResourceRow]:
    if raw is not None:
        yield _resource_row(version, *_LISTED["raw"], raw.size, raw.fingerprint, raw.volume)
    edits = current_edits(version, listed)
    for one in listed:
        role = edits.get(one.pk)
        if role is None and one.owner_type != 2 and one.uti == "com.apple.quicktime-movie":
            role = "live" if not version.is_movie else None
        if role:
            yield _resource_row(version, *_LISTED[role], one.size, one.fingerprint, None)


def _resource_row(
    version: Version,
    number: int,
    subtype: int,
    length: int | None,
    fingerprint: str | None,
    volume: str | None,
) -> ResourceRow:
    nothing: dict[str, Any] = dict.fromkeys(ResourceRow._fields)
    known = {
        "asset": version.pk,
        "version": number,
        "subtype": subtype,
        "store_class": 0,
        "length": length,
        "fingerprint": fingerprint,
        "volume": volume,
    }
    return ResourceRow(**{**nothing, **known})


def _fingerprint(
    version: Version,
    imported: Sequence[Master],
    listed: Sequence[Resource],
    around: dict[str, list[tuple[Any, ...]]],
    files: list[Part],
    library: LegacyLibrary,
) -> str:
    """Return a digest of all that is exported of a picture, wherever the library lies."""
    found = [(one.role, one.suffix, one.found, one.absent and one.absent.reason) for one in files]
    known = (version[2:], imported, listed, sorted(around.items()), found, library.version)
    return blake2b(repr(known).encode("utf-8", "replace"), digest_size=16).hexdigest()
