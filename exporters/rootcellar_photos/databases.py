"""Copies of databases that this version cannot read, or not all of it: for a later one.

What Photos knows of the pictures is then in the archive, though nothing here can say it yet. Small
databases are copied whenever they change. Photos writes to its database all day long: a large one
is copied once a day, and once more when it has been left alone for a day.
"""

import hashlib
import time
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from pathlib import Path

from msgspec import Struct

from rootcellar.api import Capture, CopyOf, File, Item, Sighting
from rootcellar_photos.layouts import main_database
from rootcellar_photos.library import AnyLibrary, Library
from rootcellar_photos.naming import component, text_of
from rootcellar_photos.walking import WalkedLibrary

LARGE = 64 << 20
DAY = 86_400
SCOPE = "copies of databases"
PREFIX = "database-"


class Unread(Struct, frozen=True):
    """One database to be copied, of the library `name`."""

    source: Path
    name: str
    identity: str
    model: int

    @property
    def key(self) -> str:
        """The key of the item, the same wherever the library lies."""
        return PREFIX + hashlib.sha256(self.identity.encode("utf-8", "replace")).hexdigest()[:16]


def unread(libraries: Iterable[AnyLibrary]) -> Iterator[Unread]:
    """Yield the database of each library that is not read in full; of copies the first one's."""
    said = set()
    for library in libraries:
        model = library.schema.model if isinstance(library, Library) else 0
        if isinstance(library, WalkedLibrary) or (
            isinstance(library, Library) and (library.rest or not library.schema.is_known)
        ):
            source = main_database(library.path)
            if source is not None:
                one = Unread(source, text_of(library.path.name), library.identity, model)
                if one.key not in said:
                    said.add(one.key)
                    yield one


def sighting(one: Unread) -> Sighting:
    """Return the sighting of a database."""
    stem = one.name.rpartition(".")[0] or one.name
    return Sighting(
        key=one.key,
        title=f"{one.name} (database)",
        place=f"Databases/{component(stem)}",
        fingerprint=_stamp(one.source),
        store=one.identity,
        scope=SCOPE,
    )


def item(one: Unread, capture: Capture) -> Item:
    """Return a database as one file, its log folded in; as it lies there when it is none."""
    files = []
    date = datetime.fromtimestamp(_changed(one.source) // 10**9, UTC)
    for path in capture.whole(one.source):
        ending = path.name.removeprefix(one.source.name)
        role = f"database{ending}"
        files.append(File(role, f"{one.source.suffix or '.db'}{ending}", CopyOf(path), date))
    record = {"kind": "database", "library": one.name, "name": one.source.name}
    if one.model:
        record["model"] = str(one.model)
    return Item(sighting(one), record, tuple(files))


def _sides(source: Path) -> list[tuple[int, int]]:
    found = []
    for path in (source, source.with_name(source.name + "-wal")):
        try:
            status = path.stat()
            found.append((status.st_size, status.st_mtime_ns))
        except OSError:
            found.append((0, 0))
    return found


def _changed(source: Path) -> int:
    return max(moment for _, moment in _sides(source))


def _stamp(source: Path) -> str:
    sides, moment = _sides(source), _changed(source)
    large = sum(size for size, _ in sides) > LARGE
    if large and time.time() - moment / 1e9 < DAY:
        return f"day {moment // 10**9 // DAY}"
    return repr(sides)
