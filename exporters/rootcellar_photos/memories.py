"""Memories: the films and collections that Photos makes of a time, a place or a person.

osxphotos does not give them. They are rows of ZMEMORY; which pictures are in one is in join tables
named after the relation, `Z_3MEMORIESBEINGCURATEDASSETS`, whose numbers change with every macOS
(as seen in databases of macOS 10.15, 15 and 26, none of which held a memory).
"""

import re
import sqlite3
import sys
from collections import defaultdict
from collections.abc import Iterator, Mapping
from typing import Any

from rootcellar_photos.plain import utc
from rootcellar_photos.schema import Schema

MEMORY = -2
"""Stands for a memory, among the kinds that Photos numbers."""
_SHOWN = ("CUSTOMUSER", "USERCURATED", "CURATED", "REPRESENTATIVE")
"""Relations that tell what is shown; the first that holds anything counts: a person's choice."""
_MORE, _REMOVED = "EXTENDEDCURATED", "USERREMOVED"
_COLUMNS = (
    *("Z_PK", "ZUUID", "ZTITLE", "ZSUBTITLE", "ZCREATIONDATE", "ZSTARTDATE", "ZENDDATE"),
    *("ZFAVORITE", "ZUSERCREATED", "ZREJECTED", "ZCLOUDDELETESTATE", "ZCATEGORY", "ZSUBCATEGORY"),
)
Members = dict[int, list[str]]


def memories(
    connection: sqlite3.Connection, schema: Schema
) -> Iterator[tuple[dict[str, Any], dict[str, tuple[str, ...]]]]:
    """Yield (memory as a row of an album, its groups of pictures), by the memory's UUID.

    Left out are those that the person has rejected or deleted, and those without a title.
    """
    if not (schema.has("ZMEMORY", "Z_PK") and schema.has("ZMEMORY", "ZUUID")):
        return
    members = {kind: _members(connection, schema, kind) for kind in (*_SHOWN, _MORE, _REMOVED)}
    columns = ", ".join(f"{schema.column('ZMEMORY', name, 'm')} AS {name}" for name in _COLUMNS)
    key = schema.column("ZMEMORY", "ZKEYASSET", "m")
    for row in connection.execute(
        f"SELECT {columns}, k.ZUUID AS cover FROM ZMEMORY m"
        f" LEFT JOIN {schema.asset} k ON k.Z_PK = {key} WHERE m.ZUUID <> '' ORDER BY m.ZUUID"
    ).fetchall():
        if row["ZTITLE"] and not row["ZREJECTED"] and row["ZCLOUDDELETESTATE"] != 1:
            yield _row(row), _groups(row["Z_PK"], members)


def _row(row: sqlite3.Row) -> dict[str, Any]:
    return {
        "ZUUID": row["ZUUID"],
        "ZTITLE": row["ZTITLE"],
        "ZKIND": MEMORY,
        "ZCREATIONDATE": row["ZCREATIONDATE"],
        "ZCUSTOMSORTKEY": 1,
        "ZCUSTOMSORTASCENDING": 1,
        "cover": row["cover"],
        "told": {
            "subtitle": str(row["ZSUBTITLE"] or "").strip() or None,
            "starts": utc(row["ZSTARTDATE"]),
            "ends": utc(row["ZENDDATE"]),
            "favourite": row["ZFAVORITE"] == 1 or None,
            "made_by_hand": row["ZUSERCREATED"] == 1 or None,
            "category": row["ZCATEGORY"],
            "subcategory": row["ZSUBCATEGORY"],
        },
    }


def _groups(number: int, members: Mapping[str, Members]) -> dict[str, tuple[str, ...]]:
    removed = set(members[_REMOVED].get(number, ()))
    shown = next((members[kind][number] for kind in _SHOWN if members[kind].get(number)), [])
    items = tuple(key for key in dict.fromkeys(shown) if key not in removed)
    more = dict.fromkeys(members[_MORE].get(number, ()))
    rest = tuple(key for key in more if key not in removed and key not in items)
    return {"items": items, **({"more": rest} if rest else {})}


def _members(connection: sqlite3.Connection, schema: Schema, kind: str) -> Members:
    """Return the pictures of every memory by one relation, in its own order, or that of time."""
    found: Members = defaultdict(list)
    for table in sorted(schema.tables):
        if not re.fullmatch(rf"Z_\d+MEMORIESBEING{kind}ASSETS", table):
            continue
        owner = _column(schema, table, rf"Z_\d+MEMORIESBEING{kind}ASSETS\d*")
        member = _column(schema, table, rf"Z_\d+{kind}ASSETS\d*")
        order = _column(schema, table, rf"Z_FOK_\d+{kind}ASSETS\d*")
        if owner is None or member is None:
            continue
        by = f"j.{order}, " if order else ""
        for memory, uuid in connection.execute(
            f"SELECT j.{owner}, a.ZUUID FROM {table} j"
            f" JOIN {schema.asset} a ON a.Z_PK = j.{member}"
            f" WHERE a.ZUUID <> '' ORDER BY j.{owner}, {by}a.ZDATECREATED, a.ZUUID"
        ):
            found[memory].append(sys.intern(str(uuid)))  # many list the same
    return found


def _column(schema: Schema, table: str, pattern: str) -> str | None:
    return next((one for one in sorted(schema.tables[table]) if re.fullmatch(pattern, one)), None)
