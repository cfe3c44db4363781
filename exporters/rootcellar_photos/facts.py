"""What a record takes straight from the database: plain columns, and dates without a zone."""

from collections.abc import Collection
from typing import Any

from rootcellar.api import opened
from rootcellar_photos.library import Library
from rootcellar_photos.scan import want
from rootcellar_photos.schema import ATTRIBUTES

_ASSET = {
    "added": ("ZADDEDDATE",),
    "trashed": ("ZTRASHEDDATE",),
    "duration": ("ZDURATION",),
    "cloud_asset": ("ZCLOUDASSETGUID",),
    "published": ("ZCLOUDBATCHPUBLISHDATE",),
    "burst": ("ZAVALANCHEUUID",),
    "media_group": ("ZMEDIAGROUPUUID",),
}
_ATTRIBUTES = {
    "fingerprint": ("ZORIGINALSTABLEHASH", "ZMASTERFINGERPRINT"),
    "adjusted_fingerprint": ("ZADJUSTEDSTABLEHASH", "ZADJUSTEDFINGERPRINT"),
    "imported_by": ("ZIMPORTEDBYDISPLAYNAME",),
    "imported_by_bundle": ("ZIMPORTEDBYBUNDLEIDENTIFIER",),
    "alternate_date": ("ZALTERNATEIMPORTIMAGEDATE",),
    "accessibility": ("ZACCESSIBILITYDESCRIPTION",),
    "editor": ("ZEDITORBUNDLEID",),
    "gps_accuracy": ("ZGPSHORIZONTALACCURACY",),
}
_OTHER = {
    "import_date": ("ZGENERICALBUM", "s", "ZCREATIONDATE"),
    "import_title": ("ZGENERICALBUM", "s", "ZTITLE"),
    "master": ("ZCLOUDMASTER", "m", "ZCLOUDMASTERGUID"),
    "share": ("ZSHARE", "h", "ZTITLE"),
}


def facts(library: Library, keys: Collection[str]) -> dict[str, dict[str, Any]]:
    """Return for each of these assets its facts by name; what is empty is left out."""
    schema = library.schema
    columns = {
        name: schema.column(schema.asset, schema.first(schema.asset, *names), "a")
        for name, names in _ASSET.items()
    }
    for name, names in _ATTRIBUTES.items():
        columns[name] = schema.column(ATTRIBUTES, schema.first(ATTRIBUTES, *names), "b")
    joins = ""
    for table, alias, near in (
        ("ZGENERICALBUM", "s", "ZIMPORTSESSION"),
        ("ZCLOUDMASTER", "m", "ZMASTER"),
        ("ZSHARE", "h", "ZMOMENTSHARE"),
    ):
        if schema.has(table, "Z_PK") and schema.has(schema.asset, near):
            joins += f" LEFT JOIN {table} {alias} ON {alias}.Z_PK = a.{near}"
            of_table = {name: place for name, place in _OTHER.items() if place[1] == alias}
            columns |= {name: schema.column(*(p[0], p[2], p[1])) for name, p in of_table.items()}
    with opened(library.database) as connection:
        connection.execute("BEGIN")
        want(connection, schema, keys)
        cursor = connection.execute(
            f"SELECT a.ZUUID, {', '.join(columns.values())} FROM {schema.asset} a"
            f" LEFT JOIN {ATTRIBUTES} b ON b.ZASSET = a.Z_PK{joins}"
            " WHERE a.Z_PK IN (SELECT pk FROM wanted)"
        )
        return {
            row[0]: {
                name: value
                for name, value in zip(columns, tuple(row)[1:], strict=True)
                if value not in (None, "")
            }
            for row in cursor
        }
