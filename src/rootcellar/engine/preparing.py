"""One item beside what the archive holds of it: which files are written, moved, retired, kept."""

import contextlib
import posixpath
from collections.abc import Collection, Iterable

from msgspec import Struct
from msgspec.structs import replace

from rootcellar.archive.copying import (
    WORTHWHILE,
    FileUnreadable,
    size_of,
)
from rootcellar.archive.records import Line, file_entry, make_line
from rootcellar.archive.writer import Batch
from rootcellar.engine.family import Family, kept_view, mtime_of
from rootcellar.engine.foresight import Render
from rootcellar.engine.places import Places
from rootcellar.engine.writing import Neighbours, Writing
from rootcellar.items import CopyOf, Item
from rootcellar.state.rows import StoredItem
from rootcellar.state.staging import Staging


class Prepared(Struct, frozen=True):
    """What became of one item: its row for the state, its line, and how it is reported."""

    item: StoredItem
    line: Line
    status: str
    former: StoredItem | None = None


class Preparing:
    """Prepares the items of one batch of one exporter."""

    def __init__(
        self,
        writing: Writing,
        staging: Staging,
        batch: Batch,
        render: Render,
        exporter: str,
        places: Places,
    ) -> None:
        self.writing = writing
        self.staging = staging
        self.batch = batch
        self.render = render
        self.exporter = exporter
        self.places = places
        self.neighbours = Neighbours(writing)

    def copy_ahead(self, items: Iterable[Item]) -> None:
        """Begin to copy the large files of items that are new: they will be wanted, all of them.

        Nothing is begun when there may not be room: the drive is then filled file by file.
        """
        wanted = []
        total = 0
        for item in items:
            for file in item.files:
                if isinstance(file.content, CopyOf) and not file.stands_in_for:
                    with contextlib.suppress(FileUnreadable):
                        size = size_of(file.content.path)
                        if size >= WORTHWHILE and not self._may_be_taken(size):
                            total += size
                            wanted.append((file.content.path, mtime_of(file.modified)))
        if len(wanted) > 1 and self.writing.has_space(total):
            self.batch.copy_ahead(dict.fromkeys(wanted))

    def _may_be_taken(self, size: int) -> bool:
        adoption = self.writing.adoption
        return adoption is not None and adoption.offers.has_size(size)

    def prepare(
        self, item: Item, fingerprint: str, stem: str, known: StoredItem | None
    ) -> Prepared:
        """Add to the batch whatever brings the archive from `known` to `item`."""
        family = Family(self, item, known, stem)
        stored = family.settle_files()
        sighting = item.sighting
        row = StoredItem(
            exporter=self.exporter,
            key=sighting.key,
            title=sighting.title,
            place=sighting.place,
            stem=family.stem,
            fingerprint=fingerprint,
            store=sighting.store,
            in_trash=sighting.in_trash,
            gone=False,
            line="",
            files=tuple(stored),
            missing=tuple(family.missing),
            scope=sighting.scope,
            refers_to=item.refers_to,
        )
        line = make_line(row, item.record)
        row = replace(row, line=line.digest)
        return Prepared(row, line, _status(row, known, touched=family.touched), known)

    def rerender(
        self, known: StoredItem, line: Line, discarded: Collection[str] = frozenset()
    ) -> Prepared:
        """Render the views of an item again from its stored record, the source left alone.

        What a person made of a page is kept; of one at a `discarded` path it goes to history.
        """
        record = line.value["record"]
        entries = [file_entry(file) for file in known.files if not file.view]
        files = []
        touched = False
        for file in known.files:
            if not file.view or not file.rendered:
                files.append(file)
                continue
            links = self.links(known.refers_to, file.path, "")
            data = self.render(file.rendered, record, entries, known.title, links)
            condition = self.writing.condition_of(file)
            if condition == "foreign" and file.path in discarded:
                self.batch.retire(file.path, self.writing.disk.sha256(file.path))
                condition = "lost"
            kept = kept_view(file, condition, data)
            if kept is None:
                touched = True
                if condition == "intact":
                    self.batch.retire(file.path, file.sha256)
                written = self.batch.put_bytes(data, file.path, file.mtime_ns)
                kept = replace(
                    file,
                    size=written.size,
                    sha256=written.sha256,
                    mtime_ns=written.mtime_ns,
                    kept=False,
                )
            files.append(kept)
        row = replace(known, files=tuple(files))
        fresh = make_line(row, record)
        row = replace(row, line=fresh.digest)
        return Prepared(row, fresh, _status(row, known, touched=touched), known)

    def links(self, keys: Iterable[str], page: str, suffix: str) -> dict[str, str]:
        """Return by key the paths of other items' pages as a page at `page` finds them.

        `suffix` is that of pages that are yet to be written; without one they are left out.
        """
        folder = page.rpartition("/")[0]
        return {
            key: posixpath.relpath(path, folder)
            for key in keys
            if (path := self.places.page(key, suffix))
        }


def _status(row: StoredItem, known: StoredItem | None, *, touched: bool) -> str:
    if known is None:
        return "new"
    if not touched and row.line == known.line:
        return "unchanged"
    return "moved" if row.stem != known.stem else "changed"
