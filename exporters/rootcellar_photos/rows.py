"""What the survey reads of each asset: its row, and what other tables say about it.

Everything comes in the order of the asset's Z_PK, some thousand assets at a time, so that memory
does not grow with the library.
"""

import sqlite3
from collections import defaultdict
from collections.abc import Iterator
from itertools import islice
from typing import Any, NamedTuple

from rootcellar_photos.schema import ATTRIBUTES, Schema

BATCH = 2000


class AssetRow(NamedTuple):
    """The columns of an asset that decide its place, its files and its fingerprint."""

    pk: int
    uuid: str
    asset_version: int | None
    attributes_version: int | None
    description_version: int | None
    exif_version: int | None
    adjustment_version: int | None
    directory: str | None
    filename: str | None
    original_filename: str | None
    created: float | None
    offset: int | None
    zone: str | None
    modified: float | None
    adjusted: float | None
    trash_state: int | None
    hidden: int | None
    favourite: int | None
    kind: int | None
    subtype: int | None
    adjustments: int | None
    saved_type: int | None
    published: float | None
    cloud_state: int | None
    owner: str | None
    uti: str | None
    syndication: str | None
    syndication_history: int | None
    in_shared_library: int | None
    import_uuid: str | None
    import_date: float | None
    import_title: str | None
    master_state: int | None
    master: str | None
    moment_title: str | None
    moment_subtitle: str | None
    in_moment_share: int
    moment_share: str | None
    library_share: str | None

    @property
    def is_movie(self) -> bool:
        """Return whether it is a video (ZKIND 1)."""
        return self.kind == 1

    @property
    def is_shared(self) -> bool:
        """Return whether it belongs to a shared album."""
        return self.published is not None

    @property
    def is_referenced(self) -> bool:
        """Return whether the original lies outside the library, where the person keeps it."""
        return self.directory is not None and self.directory.startswith("/")

    @property
    def is_syndicated(self) -> bool:
        """Return whether others sent it (Messages, Shared with You), and it was not saved."""
        return self.syndication is not None and self.syndication_history == 0


class ResourceRow(NamedTuple):
    """One row of ZINTERNALRESOURCE: a file that Photos knows of, here or elsewhere."""

    asset: int
    type: int | None
    subtype: int | None
    store_class: int | None
    version: int | None
    recipe: int | None
    local: int | None
    remote: int | None
    length: int | None
    fingerprint: str | None
    uti: str | None
    volume: str | None
    path: str | None


def asset_rows(
    connection: sqlite3.Connection, schema: Schema, *, some: bool
) -> Iterator[AssetRow]:
    """Yield the assets in the order of Z_PK; `some`: those of the temporary table `wanted`."""
    a, b, column = schema.asset, ATTRIBUTES, schema.column
    columns = (
        *("a.Z_PK", "a.ZUUID", "a.Z_OPT", "b.Z_OPT", "d.Z_OPT", "e.Z_OPT", "u.Z_OPT"),
        *(column(a, name, "a") for name in ("ZDIRECTORY", "ZFILENAME")),
        *(column(b, "ZORIGINALFILENAME", "b"), column(a, "ZDATECREATED", "a")),
        *(column(b, name, "b") for name in ("ZTIMEZONEOFFSET", "ZTIMEZONENAME")),
        *(column(a, name, "a") for name in _ASSET_COLUMNS),
        column(a, schema.has_adjustments, "a"),
        *(column(a, name, "a") for name in _MORE_ASSET_COLUMNS),
        *(column(b, name, "b") for name in ("ZSYNDICATIONIDENTIFIER", "ZSYNDICATIONHISTORY")),
        column(a, "ZACTIVELIBRARYSCOPEPARTICIPATIONSTATE", "a"),
        *(column("ZGENERICALBUM", name, "s") for name in ("ZUUID", "ZCREATIONDATE", "ZTITLE")),
        *(column("ZCLOUDMASTER", name, "m") for name in ("ZCLOUDLOCALSTATE", "ZCLOUDMASTERGUID")),
        *(column("ZMOMENT", name, "t") for name in ("ZTITLE", "ZSUBTITLE")),
        *("h.Z_OPT IS NOT NULL", column("ZSHARE", "ZTITLE", "h")),
        column("ZSHARE", "ZTITLE", "l"),
    )
    joins = "".join(
        f" LEFT JOIN {table} {alias} ON {on}" for table, alias, on in _beside_joins(schema)
    )
    where = " WHERE a.Z_PK IN (SELECT pk FROM wanted)" if some else ""
    cursor = connection.execute(
        f"SELECT {', '.join(columns)} FROM {a} a LEFT JOIN {b} b ON b.ZASSET = a.Z_PK"
        f"{joins}{where} ORDER BY a.Z_PK"
    )
    cursor.row_factory = None
    return map(AssetRow._make, cursor)


_ASSET_COLUMNS = (
    *("ZMODIFICATIONDATE", "ZADJUSTMENTTIMESTAMP", "ZTRASHEDSTATE", "ZHIDDEN", "ZFAVORITE"),
    *("ZKIND", "ZKINDSUBTYPE"),
)
_MORE_ASSET_COLUMNS = (
    *("ZSAVEDASSETTYPE", "ZCLOUDBATCHPUBLISHDATE", "ZCLOUDLOCALSTATE"),
    *("ZCLOUDOWNERHASHEDPERSONID", "ZUNIFORMTYPEIDENTIFIER"),
)


def _beside_joins(schema: Schema) -> Iterator[tuple[str, str, str]]:
    """Yield (table, alias, condition) of what hangs one to one on an asset.

    A table or column that this database lacks is joined on nothing.
    """
    a, b = schema.asset, ATTRIBUTES
    # All that is read of these tables: one may be there, and the column that points at it not.
    names = "Z_OPT ZUUID ZTITLE ZSUBTITLE ZCREATIONDATE ZCLOUDLOCALSTATE ZCLOUDMASTERGUID"
    empty = f"(SELECT {', '.join(f'NULL {name}' for name in names.split())})"
    for table, alias, near, far in (
        ("ZASSETDESCRIPTION", "d", (b, "b", "ZASSETDESCRIPTION"), "Z_PK"),
        ("ZEXTENDEDATTRIBUTES", "e", (a, "a", "ZEXTENDEDATTRIBUTES"), "Z_PK"),
        ("ZUNMANAGEDADJUSTMENT", "u", (b, "b", "ZUNMANAGEDADJUSTMENT"), "Z_PK"),
        ("ZGENERICALBUM", "s", (a, "a", "ZIMPORTSESSION"), "Z_PK"),
        ("ZCLOUDMASTER", "m", (a, "a", "ZMASTER"), "Z_PK"),
        ("ZMOMENT", "t", (a, "a", "ZMOMENT"), "Z_PK"),
        ("ZSHARE", "h", (a, "a", "ZMOMENTSHARE"), "Z_PK"),
        ("ZSHARE", "l", (a, "a", "ZLIBRARYSCOPE"), "Z_PK"),
    ):
        if table in schema.tables and schema.has(near[0], near[2]):
            yield table, alias, f"{alias}.{far} = {near[1]}.{near[2]}"
        else:
            yield empty, alias, "FALSE"


def _resource_query(schema: Schema) -> str:
    """Return the resources that are more than a thumbnail: originals, and what edits made."""
    table = "ZINTERNALRESOURCE"
    names = (
        *("ZRESOURCETYPE", "ZDATASTORESUBTYPE", "ZDATASTORECLASSID", "ZVERSION", "ZRECIPEID"),
        *("ZLOCALAVAILABILITY", "ZREMOTEAVAILABILITY", "ZDATALENGTH", "ZFINGERPRINT"),
    )
    uti = "r.ZCOMPACTUTI" if schema.has(table, "ZCOMPACTUTI") else "NULL"
    columns = [schema.column(table, name, "r") for name in names]
    joins = ""
    places = ("NULL", "NULL")
    if schema.has(table, "ZFILESYSTEMBOOKMARK") and "ZFILESYSTEMVOLUME" in schema.tables:
        joins = (
            " LEFT JOIN ZFILESYSTEMBOOKMARK k ON k.Z_PK = r.ZFILESYSTEMBOOKMARK"
            " LEFT JOIN ZFILESYSTEMVOLUME v ON v.Z_PK = r.ZFILESYSTEMVOLUME"
        )
        places = ("v.ZNAME", "k.ZPATHRELATIVETOVOLUME")
    return (
        f"SELECT r.ZASSET, {', '.join((*columns, uti, *places))} FROM {table} r{joins}"
        f" WHERE ({columns[4]} = 0 OR {columns[3]} = 2 OR {columns[2]} <> 0){{some}}"
        " ORDER BY r.ZASSET, r.Z_PK"
    )


def _queries(schema: Schema) -> Iterator[tuple[str, str, str]]:
    """Yield (name, query, the column that holds the asset) for all that stands beside an asset."""
    tables = schema.tables
    if "ZINTERNALRESOURCE" in tables:
        yield "resources", _resource_query(schema), "r.ZASSET"
    if schema.albums:
        join = schema.albums
        yield (
            "albums",
            (
                f"SELECT j.{join.member}, g.ZUUID,"
                f" CASE g.ZKIND WHEN 1505 THEN ifnull(g.ZTITLE, '') END FROM {join.table} j"
                f" JOIN ZGENERICALBUM g ON g.Z_PK = j.{join.owner}"
                f" WHERE ifnull(g.ZTRASHEDSTATE, 0) = 0 AND g.ZKIND IN (2, 1505, 1508){{some}}"
                f" ORDER BY j.{join.member}, g.ZUUID"
            ),
            f"j.{join.member}",
        )
    if schema.shared_album_entity and schema.has(schema.asset, "ZCOLLECTIONSHARE"):
        yield (
            "shared_albums",
            (
                f"SELECT a.Z_PK, g.ZUUID, ifnull({schema.column('ZSHARE', 'ZTITLE', 'g')}, '')"
                f" FROM {schema.asset} a"
                " JOIN ZSHARE g ON g.Z_PK = a.ZCOLLECTIONSHARE"
                f" WHERE g.Z_ENT = {schema.shared_album_entity}"
                " AND ifnull(g.ZTRASHEDSTATE, 0) = 0{some} ORDER BY a.Z_PK"
            ),
            "a.Z_PK",
        )
    if schema.keywords:
        join = schema.keywords
        yield (
            "keywords",
            (
                f"SELECT b.ZASSET, k.ZTITLE FROM {join.table} j"
                f" JOIN {ATTRIBUTES} b ON b.Z_PK = j.{join.owner}"
                f" JOIN ZKEYWORD k ON k.Z_PK = j.{join.member}"
                " WHERE TRUE{some} ORDER BY b.ZASSET, k.ZTITLE"
            ),
            "b.ZASSET",
        )
    if {"ZDETECTEDFACE", "ZPERSON"} <= tables.keys():
        asset, person = schema.face_asset, schema.face_person
        yield (
            "faces",
            (
                f"SELECT f.{asset}, f.ZUUID, f.ZCENTERX, f.ZCENTERY, f.ZSIZE,"
                f" {schema.column('ZDETECTEDFACE', 'ZMANUAL', 'f')}, p.ZPERSONUUID, p.ZFULLNAME"
                f" FROM ZDETECTEDFACE f JOIN ZPERSON p ON p.Z_PK = f.{person}"
                f" WHERE p.ZFULLNAME <> ''{{some}} ORDER BY f.{asset}, f.ZUUID, f.Z_PK"
            ),
            f"f.{asset}",
        )
    if schema.has("ZCLOUDSHAREDCOMMENT", "ZCOMMENTEDASSET"):
        asset = "coalesce(c.ZCOMMENTEDASSET, c.ZLIKEDASSET)"
        yield (
            "comments",
            (
                f"SELECT {asset}, c.Z_PK, c.Z_OPT, c.ZCOMMENTTEXT FROM ZCLOUDSHAREDCOMMENT c"
                f" WHERE TRUE{{some}} ORDER BY {asset}, c.Z_PK"
            ),
            asset,
        )
    if schema.contributed_asset:
        names = ("ZUUID", "ZNAMECOMPONENTS", "ZEMAILADDRESS", "ZPHONENUMBER", "ZISCURRENTUSER")
        columns = ", ".join(schema.column("ZSHAREPARTICIPANT", name, "p") for name in names)
        yield (
            "contributors",
            (
                f"SELECT b.ZASSET, {columns} FROM ZASSETCONTRIBUTOR c"
                f" JOIN {ATTRIBUTES} b ON b.Z_PK = c.{schema.contributed_asset}"
                " JOIN ZSHAREPARTICIPANT p ON p.Z_PK = c.ZPARTICIPANT"
                " WHERE TRUE{some} ORDER BY b.ZASSET, p.ZUUID"
            ),
            "b.ZASSET",
        )


Rows = dict[int, list[tuple[Any, ...]]]
"""Rows by the asset they belong to, which is also their first value."""


def batches(
    connection: sqlite3.Connection, schema: Schema, *, some: bool
) -> Iterator[tuple[list[AssetRow], dict[str, Rows]]]:
    """Yield some thousand assets at a time, and by name what stands beside them."""
    queries = {
        name: query.format(
            some=f" AND {key} BETWEEN ? AND ?"
            + (f" AND {key} IN (SELECT pk FROM wanted)" if some else "")
        )
        for name, query, key in _queries(schema)
    }
    assets = asset_rows(connection, schema, some=some)
    while batch := list(islice(assets, BATCH)):
        bounds = (batch[0].pk, batch[-1].pk)
        yield batch, {name: _by_asset(connection, queries[name], bounds) for name in queries}


def _by_asset(connection: sqlite3.Connection, query: str, bounds: tuple[int, int]) -> Rows:
    rows: Rows = defaultdict(list)
    cursor = connection.execute(query, bounds)
    cursor.row_factory = None
    for row in cursor:
        rows[row[0]].append(row)
    return rows
