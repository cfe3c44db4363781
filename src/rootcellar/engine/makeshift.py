"""Items known from their files alone, beside what the archive knows of them.

A store that cannot be read (its version is too new, its database is damaged beyond reading) still
shows files. What the archive has learnt of an item before is then better than what can be said
now: it stays, and what is new in the files is added to it.
"""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

from msgspec.structs import replace

from rootcellar.items import Absent, Content, File, Item, Record, View
from rootcellar.state.rows import Missing, StoredFile, StoredItem

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_KEPT = Absent("It is in the archive, and its store cannot be read.", "Nothing is to be done.")
"""Stands for a file that the archive has and that nothing tells of now; it is never reported."""


def completed(item: Item, former: StoredItem, record: Record | None) -> Item:
    """Return a makeshift item with all that the archive knows of it.

    `record` is what the archive holds; None when that is lost.
    """
    sighting = replace(
        item.sighting,
        title=former.title,
        place=former.place,
        in_trash=former.in_trash,
        scope=former.scope,
    )
    return Item(
        sighting,
        item.record if record is None else record,
        tuple(_files(item, former)),
        former.refers_to,
    )


def _files(item: Item, former: StoredItem) -> Iterator[File]:
    seen = {file.role: file for file in item.files}
    known = {file.role: file for file in former.files}
    for role, stored in known.items():
        if role in seen:
            yield _as_known(seen[role], stored, former)
        else:
            content: Content = View(stored.rendered) if stored.rendered else _KEPT
            yield File(role, _suffix(stored, former), content, _modified(stored))
    yield from (file for file in item.files if file.role not in known)
    for gap in former.missing:
        if gap.role not in seen and gap.role not in known and not gap.failed:
            yield File(gap.role, "", _absent(gap))


def _as_known(file: File, stored: StoredFile, former: StoredItem) -> File:
    """Return a file under the name and of the date that the archive gave it."""
    return replace(file, suffix=_suffix(stored, former), modified=_modified(stored))


def _suffix(stored: StoredFile, former: StoredItem) -> str:
    return stored.path.removeprefix(former.stem)


def _modified(stored: StoredFile) -> datetime:
    return _EPOCH + timedelta(microseconds=stored.mtime_ns // 1000)


def _absent(gap: Missing) -> Absent:
    awaits = tuple(Path(path) for path in gap.awaits)
    return Absent(gap.reason, gap.hint, awaits, gap.size or None, gap.downloadable)
