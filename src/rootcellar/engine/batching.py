"""The work of one exporter, batch by batch: read, prepared, written, settled."""

import contextlib
from collections import Counter
from collections.abc import Collection, Iterator, Sequence

from msgspec.structs import replace

from rootcellar.archive.layout import RECORDS
from rootcellar.archive.records import Line, gone_line, make_line
from rootcellar.archive.writer import Batch
from rootcellar.engine.former_lines import find_lines
from rootcellar.engine.makeshift import completed
from rootcellar.engine.places import Places
from rootcellar.engine.preparing import Prepared, Preparing
from rootcellar.engine.reading import Reader
from rootcellar.engine.shards import Shards
from rootcellar.engine.task import Progress, Task, fingerprint_of
from rootcellar.engine.writing import Changes, Writing
from rootcellar.items import Item
from rootcellar.report import ExporterReport
from rootcellar.state.rows import StoredItem
from rootcellar.state.staging import Staging
from rootcellar.verdict import NEEDS_READING, Verdict

Work = Sequence[tuple[str, str]]
"""(key, verdict) of the items of one batch."""
FEW = 200
"""So much work is one batch: a second one would cost more than it hurries."""
FIRST_BATCH = 60
BATCH = 500
LARGEST_BATCH = 1000


class Batches:
    """Does the work that a plan has taken down, and counts it in the report.

    `touched` are then the keys of items whose files or fate changed, `moved` of those whose names
    did, `failures` the files that could not be read, and `overlooked` the titles of items that had
    changed although their fingerprints had not.
    """

    def __init__(
        self,
        task: Task,
        writing: Writing,
        staging: Staging,
        reader: Reader,
        report: ExporterReport,
        lost: Collection[str],
    ) -> None:
        self.task = task
        self.name = task.exporter.name
        self.writing = writing
        self.state = writing.state
        self.staging = staging
        self.reader = reader
        self.report = report
        self.lost = lost
        self.touched: set[str] = set()
        self.moved: set[str] = set()
        self.overlooked: list[str] = []
        self.failures = 0
        self.places = Places(writing, staging, self.name, task.top)
        self.counted: Counter[str] = Counter()

    def write(self) -> Iterator[Progress]:
        """Write all that was planned; what has been yielded is on disk and settled."""
        work = self.staging.work()
        done = 0
        yield Progress(0, len(work))
        slices = list(_slices(work))
        upcoming = self.staging.slice(slices[0]) if slices else []
        self.reader.ahead(_to_read(upcoming))
        if upcoming:
            self.task.warm_up()  # while the first slice is being read
        for number in range(len(slices)):
            current = upcoming
            with self._one_batch() as (batch, changes, shards):
                if len(work) <= FEW:
                    shards.load({folder for _, folder in work})  # while they are being read
                items = self._items(current)
                upcoming = self.staging.slice(slices[number + 1]) if slices[number + 1 :] else []
                self.reader.ahead(_to_read(upcoming))
                self._fill_read(items, batch, changes, shards)
                self._fill_stored(current, batch, changes, shards)
            done += len(current)
            yield Progress(done, len(work))

    def _items(self, work: Work) -> list[Item]:
        keys = _to_read(work)
        items = self.reader.read(keys) if keys else []
        return sorted(items, key=lambda item: (item.sighting.place, item.sighting.key))

    @contextlib.contextmanager
    def _one_batch(self) -> Iterator[tuple[Batch, Changes, Shards]]:
        """Give a batch to fill, and commit what it was filled with."""
        batch = self.writing.batch()
        changes = Changes()
        self.counted.clear()
        shards = Shards(self.writing, batch, self._recover_lines)
        try:
            yield batch, changes, shards
            shards.write(changes)
            self.writing.commit(batch, changes)
        except BaseException:
            batch.abandon()
            raise
        for status, count in self.counted.items():
            setattr(self.report, status, getattr(self.report, status) + count)

    def _fill_stored(self, work: Work, batch: Batch, changes: Changes, shards: Shards) -> None:
        """Do what is to be done with items that need not be read from the source."""
        rest = [key for key, verdict in work if verdict not in NEEDS_READING]
        known = self.state.holdings.items(self.writing.archive, self.name, rest)
        aside = [key for key, verdict in work if verdict == Verdict.ASIDE]
        if aside:
            self._set_aside(aside, changes, shards)
        for key, verdict in work:
            if verdict == Verdict.ASIDE:
                continue
            if key in known and verdict == Verdict.GONE:
                self._mark_gone(known[key], changes, shards)
            elif key in known:
                self._rerender(known[key], batch, changes, shards)

    def _fill_read(
        self, items: Sequence[Item], batch: Batch, changes: Changes, shards: Shards
    ) -> None:
        keys = [item.sighting.key for item in items]
        former_keys = self.staging.matches(keys)
        known = self.state.holdings.items(
            self.writing.archive, self.name, [former_keys.get(key, key) for key in keys]
        )
        promised = self.staging.names.promised(keys)
        preparing = self._preparing(batch)
        preparing.copy_ahead(
            item
            for item in items
            if former_keys.get(item.sighting.key, item.sighting.key) not in known
        )
        for item in items:
            key = item.sighting.key
            former = known.get(former_keys.get(key, key))
            if item.sighting.makeshift and former is not None:
                line = shards.line(former.folder, former.key)
                item = completed(item, former, line.value["record"] if line else None)
            stem = self.places.stem(item.sighting.place, former, promised.get(key, ""))
            fingerprint = fingerprint_of(self.task, item.sighting.fingerprint)
            prepared = preparing.prepare(item, fingerprint, stem, former)
            if former is not None and former.key != key:
                changes.rekeyed.append((self.name, former.key, key))
            self._take(prepared, changes, shards)

    def _take(self, prepared: Prepared, changes: Changes, shards: Shards) -> None:
        item, former = prepared.item, prepared.former
        changes.items.append(item)
        if former is not None and (former.folder, former.key) != (item.folder, item.key):
            shards.remove(former.folder, former.key)
        if prepared.status != "unchanged":
            shards.put(item.folder, prepared.line)
            self.touched |= {item.key, former.key if former else item.key}
        if former is None or former.stem != item.stem:
            self.moved.add(item.key)
        if former is not None and _was_overlooked(former, item):
            self.overlooked.append(item.title)
        if item.key in self.lost:
            changes.losses.append((self.name, item.key))
        self.failures += sum(gap.failed for gap in item.missing)
        self.counted[prepared.status] += 1

    def _mark_gone(self, known: StoredItem, changes: Changes, shards: Shards) -> None:
        line = shards.line(known.folder, known.key) or make_line(known, {})
        line = gone_line(line)
        shards.put(known.folder, line)
        changes.items.append(replace(known, gone=True, line=line.digest))
        if known.key in self.lost:
            changes.losses.append((self.name, known.key))
        self.touched.add(known.key)
        self.counted["gone"] += 1

    def _set_aside(self, keys: Sequence[str], changes: Changes, shards: Shards) -> None:
        """Take down that the settings leave items out; their files and records stay."""
        found = self.staging.aside(keys)
        former_keys = [was for _, _, was in found.values()]
        known = self.state.holdings.items(self.writing.archive, self.name, former_keys)
        for key, (scope, in_trash, was) in found.items():
            if was not in known:
                continue
            former = known[was]
            item = replace(
                former, key=key, gone=False, in_trash=in_trash, scope=scope, outside=True
            )
            if (key, False, in_trash) != (was, former.gone, former.in_trash):
                line = shards.line(former.folder, was)
                fresh = make_line(item, line.value["record"] if line else {})
                shards.remove(former.folder, was)
                shards.put(item.folder, fresh)
                item = replace(item, line=fresh.digest)
                self.touched |= {key, was}
            if key != was:
                changes.rekeyed.append((self.name, was, key))
            if key in self.lost:
                changes.losses.append((self.name, key))
            changes.items.append(item)

    def _rerender(
        self,
        known: StoredItem,
        batch: Batch,
        changes: Changes,
        shards: Shards,
        discarded: Collection[str] = frozenset(),
    ) -> None:
        """Render the views of an item again, from its stored record."""
        line = shards.line(known.folder, known.key)
        if line is None or not any(file.view for file in known.files):
            return
        prepared = self._preparing(batch).rerender(known, line, discarded)
        if prepared.status != "unchanged":
            shards.put(known.folder, prepared.line)
        if prepared.item != known:  # also when all that is new is that a page was kept
            changes.items.append(prepared.item)
        if known.key not in self.touched:
            self.counted[prepared.status] += 1

    def _preparing(self, batch: Batch) -> Preparing:
        return Preparing(
            self.writing, self.staging, batch, self.task.render, self.name, self.places
        )

    def write_links(self, *, everywhere: bool) -> None:
        """Render pages again that mention items which this run has moved, or all that mention any.

        A page that comes out as it is stays untouched.
        """
        keys = self.state.holdings.referring(
            self.writing.archive, self.name, None if everywhere else sorted(self.moved)
        )
        for _ in self.rerender(keys):
            pass

    def rerender(
        self, keys: Sequence[str], discarded: Collection[str] = frozenset()
    ) -> Iterator[Progress]:
        """Render the pages of these items again, from their stored records.

        Pages that a person has edited stay, but for those whose paths are `discarded`.
        """
        for start in range(0, len(keys), BATCH):
            some = keys[start : start + BATCH]
            with self._one_batch() as (batch, changes, shards):
                known = self.state.holdings.items(self.writing.archive, self.name, some)
                for key in some:
                    self._rerender(known[key], batch, changes, shards, discarded)
            yield Progress(start + len(some), len(keys))

    def _recover_lines(self, folder: str, keys: frozenset[str]) -> Iterator[Line]:
        """Yield anew the lines of a records file that was damaged from outside."""
        known = self.state.holdings.items(self.writing.archive, self.name, sorted(keys))
        living = [key for key, item in known.items() if not item.gone]
        read = {item.sighting.key: item for item in self.reader.read(living)} if living else {}
        rest = {key: item.line for key, item in known.items() if key not in read}
        former = find_lines(self.writing.disk, f"{folder}/{RECORDS}", rest) if rest else {}
        for key, item in known.items():
            yield former.get(key) or make_line(item, read[key].record if key in read else {})


def _was_overlooked(former: StoredItem, item: StoredItem) -> bool:
    """Return whether an item has changed although its fingerprint says that it has not."""
    same = former.fingerprint == item.fingerprint and former.key == item.key
    return same and former.line != item.line and not former.gone and former.stem == item.stem


def _to_read(work: Work) -> list[str]:
    return [key for key, verdict in work if verdict in NEEDS_READING]


def _slices(work: Sequence[tuple[int, str]]) -> Iterator[list[int]]:
    """Cut the work into batches, folder by folder; a very large folder is cut as well.

    The first batches of many are small, so that writing can begin while the rest is being read.
    """
    rows: list[int] = []
    size = FIRST_BATCH if len(work) > FEW else FEW
    for number, (row, folder) in enumerate(work):
        rows.append(row)
        following = work[number + 1][1] if number + 1 < len(work) else None
        if len(rows) >= LARGEST_BATCH or (len(rows) >= size and following != folder):
            yield rows
            rows, size = [], min(BATCH, 2 * size)
    if rows:
        yield rows
