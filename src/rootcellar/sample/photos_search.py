"""Write the search index of a made-up library: psi.sqlite, which holds the machine's labels.

Pure: it returns statements.
"""

from __future__ import annotations

import uuid as uuids
from collections.abc import Mapping

from rootcellar.sample.photos_items import Photo
from rootcellar.sample.sqlite_files import Statement

_LABEL = 1500  # the category of labels since macOS 13
_TABLES = (
    """CREATE TABLE groups(category INT2, owning_groupid INT, content_string TEXT,
    normalized_string TEXT, lookup_identifier TEXT, score REAL, token_ranges_0 INT8,
    token_ranges_1 INT8)""",
    "CREATE TABLE assets(uuid_0 INT, uuid_1 INT, creationDate INT, UNIQUE(uuid_0, uuid_1))",
    "CREATE TABLE ga(groupid INT, assetid INT, PRIMARY KEY(groupid, assetid))",
)


def search_statements(photos: Mapping[str, Photo]) -> tuple[list[Statement], list[Statement]]:
    """Return the statements that make the index; the last photo's are the second list."""
    early: list[Statement] = [(table, ()) for table in _TABLES]
    labels = sorted({label for photo in photos.values() for label in photo.labels})
    for label in labels:
        values = (_LABEL, 0, label, label.lower(), "", 0.0, 0, 0)
        early.append(("INSERT INTO groups VALUES (?, ?, ?, ?, ?, ?, ?, ?)", values))
    late: list[Statement] = []
    for number, (uuid, photo) in enumerate(photos.items(), start=1):
        late = []
        day = 0 if photo.taken is None else photo.taken.toordinal()
        late.append(("INSERT INTO assets VALUES (?, ?, ?)", (*halves(uuid), day)))
        for label in photo.labels:
            pair = (labels.index(label) + 1, number)
            late.append(("INSERT INTO ga VALUES (?, ?)", pair))
        if number < len(photos):
            early += late
    return early, late


def halves(uuid: str) -> tuple[int, int]:
    """Return a UUID as the two signed integers by which the index knows it."""
    raw = uuids.UUID(uuid).bytes
    first, second = raw[:8], raw[8:]
    return (
        int.from_bytes(first, "little", signed=True),
        int.from_bytes(second, "little", signed=True),
    )
