"""Between levels 0 and 1: what has changed that is exported? Photos writes all day long.

The rows that the survey would read are hashed as they come, asset by asset, without asking what
they mean, and so are the pages of albums. Files are asked for only when some came or went.
"""

import marshal
import sqlite3
from collections.abc import Sequence
from hashlib import blake2b
from pathlib import Path
from typing import Any

from rootcellar.api import Capture, Gathering, Glance, SourceError, opened
from rootcellar_photos.albums import gatherings
from rootcellar_photos.folders import Folders
from rootcellar_photos.layouts import databases
from rootcellar_photos.library import Library
from rootcellar_photos.resources import files_seen
from rootcellar_photos.rows import ResourceRow
from rootcellar_photos.scan import assets, shared_names
from rootcellar_photos.schema import read_schema
from rootcellar_photos.tokens import folders_token


def glance(capture: Capture, folders: str) -> tuple[Glance, list[Gathering]] | None:
    """Return a glance at every library, and the pages; None when it cannot be told.

    The databases are compared as they are, unchecked: a damaged one is not what it was. Of two
    libraries with the same picture only the survey can tell what is whose.
    """
    paths = sorted({found.path for found in capture.stores})
    moments = _moments(paths)
    items: dict[str, bytes] = {}
    files: dict[str, bytes] | None = None if moments and moments == folders else {}
    libraries = []
    try:
        for path in paths:
            source = databases(path)[0]
            if not source.exists():
                return None  # an old kind of library
            copy = capture.database(source, checked=False)
            with opened(copy) as connection:
                library = Library(
                    path, copy, read_schema(connection, path.name), Folders(path, capture.home)
                )
                if not library.schema.is_known or not _look(connection, library, items, files):
                    return None  # of an unknown one the database is an item, too
            libraries.append(library)
        pages = list(gatherings(libraries))
    except (SourceError, sqlite3.Error, ValueError, TypeError):
        return None
    if not items:
        return None  # a database that lists nothing: the survey looks whether that may be
    return Glance(items, _digest_of(pages), moments, files), pages


def _moments(paths: Sequence[Path]) -> str:
    """Return a digest of when files came or went; empty when that is too fresh to tell."""
    moments = [(str(path), folders_token(path)) for path in paths]
    if any(moment is None for _, moment in moments):
        return ""
    return blake2b(repr(moments).encode(), digest_size=16).hexdigest()


def _look(
    connection: sqlite3.Connection,
    library: Library,
    items: dict[str, bytes],
    files: dict[str, bytes] | None,
) -> bool:
    """Add digests of every asset's rows, and of its files; False when one was there before."""
    connection.execute("BEGIN")
    model = library.schema.model
    names = shared_names(connection, library.schema)
    for row, around in assets(connection, library.schema, some=False):
        if row.uuid in items:
            return False
        known = (row[2:], around, model, names if row.is_shared or row.owner else "")
        items[row.uuid] = _digest(known)
        if files is not None:
            resources = [ResourceRow._make(values) for values in around.get("resources", ())]
            files[row.uuid] = _digest(files_seen(row, resources, library.folders, library.root))
    return True


def _digest(value: Any) -> bytes:
    return blake2b(marshal.dumps(value, 2), digest_size=16).digest()


def _digest_of(pages: Sequence[Gathering]) -> str:
    digest = blake2b(digest_size=16)
    for page in pages:
        value = (page.key, page.title, page.place, page.record, list(page.groups.items()))
        digest.update(repr(value).encode(errors="replace"))
    return digest.hexdigest()
