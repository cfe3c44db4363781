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
_EXTENDED = {
    "focal_length_35mm": ("ZFOCALLENGTHIN35MM",),
    "digital_zoom": ("ZDIGITALZOOMRATIO",),
    "credit": ("ZCREDIT",),
}


def facts(library: Library, keys: Collection[str]) -> dict[str, dict[str, Any]]:
    """Return for each of these assets its facts by name; what is empty is left out."""
    schema = library.schema
    columns = {}
    for table, alias, chosen in (
        (schema.asset, "a", _ASSET),
        (ATTRIBUTES, "b", _ATTRIBUTES),
        ("ZEXTENDEDATTRIBUTES", "e", _EXTENDED),
    ):
        for name, names in chosen.items():
            columns[name] = schema.column(table, schema.first(table, *names), alias)
    near = schema.column(schema.asset, "ZEXTENDEDATTRIBUTES", "a")
    extended = "ZEXTENDEDATTRIBUTES" in schema.tables
    joins = f" LEFT JOIN ZEXTENDEDATTRIBUTES e ON e.Z_PK = {near}" if extended else ""
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
