"""Between levels 0 and 1: has anything changed that is exported? Photos writes all day long.

The rows that the survey would read are hashed as they come, without looking at each asset, and so
are the pages of albums. Of the folders it is asked, as at level 0, whether files came or went.
"""

import marshal
import sqlite3
from collections.abc import Sequence
from hashlib import blake2b
from typing import Any

from rootcellar.api import Capture, Gathering, SourceError, opened
from rootcellar_photos.albums import gatherings
from rootcellar_photos.folders import Folders
from rootcellar_photos.library import Library, databases, folders_token
from rootcellar_photos.rows import batches
from rootcellar_photos.scan import shared_names
from rootcellar_photos.schema import read_schema


def content_token(capture: Capture) -> str | None:
    """Return a digest of all that is exported of every library; None when it cannot be told.

    The databases are compared as they are, unchecked: a damaged one is not what it was.
    """
    digest = blake2b(digest_size=16)
    libraries = []
    try:
        for path in sorted({found.path for found in capture.stores}):
            folders = folders_token(path)
            source = databases(path)[0]
            if folders is None or not source.exists():
                return None  # files come and go right now, or an old kind of library
            copy = capture.database(source, checked=False)
            with opened(copy) as connection:
                schema = read_schema(connection, path.name)
            library = Library(path, copy, schema, Folders(path))
            libraries.append(library)
            digest.update(f"{path}={folders}={schema.model}".encode(errors="replace"))
            with opened(copy) as connection:
                _add_rows(digest, connection, library)
        _add_pages(digest, list(gatherings(libraries)))
    except (SourceError, sqlite3.Error, ValueError):
        return None
    return digest.hexdigest()


def _add_rows(digest: Any, connection: sqlite3.Connection, library: Library) -> None:
    connection.execute("BEGIN")
    digest.update(shared_names(connection, library.schema).encode())
    for batch, beside in batches(connection, library.schema, some=False):
        digest.update(marshal.dumps([row[:] for row in batch], 2))
        for name, rows in beside.items():
            digest.update(marshal.dumps((name, list(rows.values())), 2))


def _add_pages(digest: Any, pages: Sequence[Gathering]) -> None:
    for page in pages:
        value = (page.key, page.title, page.place, page.record, list(page.groups.items()))
        digest.update(repr(value).encode(errors="replace"))
