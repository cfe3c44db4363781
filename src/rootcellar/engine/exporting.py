"""One run of one exporter: survey, judge, brake, name, write batch by batch, gather."""

import hashlib
import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from rootcellar.archive.names import portable_stem
from rootcellar.archive.records import Line, gone_line, make_line
from rootcellar.archive.writer import Batch
from rootcellar.brake import Brake, Losses, decide
from rootcellar.engine.gathering import GatheringWriter
from rootcellar.engine.matching import match_by_content
from rootcellar.engine.preparing import Prepared, Preparing, Render
from rootcellar.engine.reading import Reader, open_reader, source_errors
from rootcellar.engine.shards import Shards
from rootcellar.engine.writing import Changes, Writing
from rootcellar.errors import RootcellarError
from rootcellar.exporter import Exporter
from rootcellar.items import Item, Sighting, Trouble
from rootcellar.report import OUTCOMES, ExporterReport, Shortfall, shortfall_outcome
from rootcellar.sources.capture import Capture
from rootcellar.state.rows import ExporterRow, StoredItem
from rootcellar.state.staging import Staging, wished_folder
from rootcellar.state.store import StateStore, now
from rootcellar.verdict import NEEDS_NAME, NEEDS_READING, Verdict, judge

CORE_VERSION = "1"
"""Raised when the core would write other lines or names from the same items."""
Work = Sequence[tuple[str, str]]
"""(key, verdict) of the items of one batch."""
FIRST_BATCH = 100
BATCH = 500
LARGEST_BATCH = 1000


@dataclass(frozen=True, slots=True)
class Progress:
    """How far an exporter is: items done of items to do."""

    done: int
    total: int


@dataclass(frozen=True, slots=True)
class Task:
    """One exporter to run, with what it runs on.

    `troubles` are stores that should be there and are not: none of their items count as gone.
    """

    exporter: Exporter
    capture: Capture
    render: Render
    settings_digest: str
    views_digest: str
    accept_losses: bool = False
    thorough: bool = False
    troubles: tuple[Trouble, ...] = ()
    warm_up: Callable[[], None] = lambda: None
    """Loads what rendering needs, ahead of the first item."""

    @property
    def top(self) -> str:
        """The exporter's folder at the top of the archive."""
        return self.exporter.title or self.exporter.name

    @property
    def base(self) -> str:
        """A digest of all that changes what equal items come out as."""
        parts = [CORE_VERSION, self.exporter.version, self.settings_digest]
        return hashlib.sha256("|".join(parts).encode()).hexdigest()[:12]


def fingerprint_of(task: Task, fingerprint: str) -> str:
    """Return what the state remembers of an item's fingerprint: with all that shapes its files."""
    return f"{task.base}:{fingerprint}"


class ExporterRun:
    """One run of one exporter into one archive; `run` does it, `report` tells what it did."""

    def __init__(self, task: Task, writing: Writing) -> None:
        self.task = task
        self.name = task.exporter.name
        self.writing = writing
        self.state: StateStore = writing.state
        self.report = ExporterReport()
        self.row: ExporterRow = self.state.exporter(writing.archive, self.name)
        self.staging = Staging(self.state, writing.archive, self.name)
        self.troubles: list[Trouble] = list(task.troubles)
        self.failures = 0
        self.touched: set[str] = set()
        self.lost: set[str] = set()
        self.counted: Counter[str] = Counter()
        self.reader: Reader

    def run(self) -> Iterator[Progress]:
        """Bring the archive up to date; whatever has been yielded is on disk and settled."""
        began = time.monotonic()
        files, size = self.writing.files, self.writing.bytes
        try:
            token = self._token()
            if token is not None and not self._has_work(token):
                self.report.unchanged = self.state.holdings.totals(
                    self.writing.archive, self.name
                )[0]
                self._finish(token)
                return
            with open_reader(self.task.exporter, self.task.capture) as self.reader:
                yield from self._work(token)
        finally:
            self.report.files = self.writing.files - files
            self.report.bytes = self.writing.bytes - size
            self.report.seconds = time.monotonic() - began

    # -- is there anything to do -------------------------------------------------------------

    def _token(self) -> str | None:
        """Return the token of the source as it is now, with all that the core adds to it."""
        with source_errors(self.task.exporter):
            own = self.task.exporter.token(self.task.capture)
        if own is None:
            return None
        parts = [self.task.base, self.task.views_digest, own]
        return hashlib.sha256("|".join(parts).encode()).hexdigest()

    def _has_work(self, token: str) -> bool:
        if self.task.thorough or self.troubles or token != self.row.token:
            return True
        awaited = self.state.holdings.awaited(self.writing.archive, self.name)
        return any(path.exists() for path in awaited)

    # -- the work ----------------------------------------------------------------------------

    def _work(self, token: str | None) -> Iterator[Progress]:
        if not self.row.stores:
            self.reader.warm_up()  # a first run: there will be much to read
        self._survey()
        self.writing.stores[self.name] = self._stores()
        brake = self._plan()
        if brake is not None and not brake.write_additions:
            self._brake(brake)
            return
        if self.row.token:
            # Cut off from here on, the next run looks at every gathering: it cannot know which
            # of their members this one has touched.
            self.state.put_exporter(self.writing.archive, replace(self.row, token=""))
        self.staging.promise_names(self.task.top, [str(one) for one in NEEDS_NAME])
        yield from self._write_batches()
        self.report.unchanged = self.staging.count() - sum(
            (self.report.new, self.report.changed, self.report.moved)
        )
        if brake is not None:
            self._brake(brake)
            return
        self._gather()
        self._finish(token if not self.failures and not self.troubles else None)

    def _survey(self) -> None:
        def sightings() -> Iterator[Sighting]:
            with source_errors(self.task.exporter):
                for found in self.task.exporter.survey(self.task.capture):
                    if isinstance(found, Trouble):
                        self.troubles.append(found)
                    else:
                        yield found

        self.staging.add(sightings())

    def _plan(self) -> Brake | None:
        """Judge every item, decide about the brake, and take down what is to be done."""
        stores = self.staging.stores() if self.troubles else None
        vanished = {key: (trash, folder) for key, trash, folder in self.staging.vanished(stores)}
        left = set(vanished)
        match_by_content(self.writing, self.staging, self.name, self._read, left)
        vanished = {key: found for key, found in vanished.items() if key in left}
        losses, newly_trashed = self._losses(vanished)
        brake = None if self.task.accept_losses else decide(losses, self.task.top)
        if self.task.accept_losses:
            self.state.accept_losses(self.writing.archive, self.name)
        hold_back = newly_trashed if brake else set()
        self.staging.plan(self._judged(hold_back))
        if brake is None:
            self.staging.plan(
                (key, Verdict.GONE, folder) for key, (_, folder) in sorted(vanished.items())
            )
        if brake is None and not self.task.accept_losses:
            self.lost = newly_trashed | {key for key, (trash, _) in vanished.items() if not trash}
        return brake

    def _losses(self, vanished: dict[str, tuple[bool, str]]) -> tuple[Losses, set[str]]:
        found = 0
        newly_trashed = set()
        returned = []
        recent = self.state.recent_losses(self.writing.archive, self.name)
        for one in self.staging.compared():
            if one.key in recent and not one.in_trash:
                returned.append(one.key)
            if one.known and not one.known_gone and not one.known_in_trash:
                if one.in_trash:
                    newly_trashed.add(one.key)
                else:
                    found += 1
        self.state.losses_returned(self.writing.archive, self.name, returned)
        lost = newly_trashed | {key for key, (in_trash, _) in vanished.items() if not in_trash}
        known_stores = set(self.row.stores)
        losses = Losses(
            living=found + len(lost),  # without the items of stores that could not be looked at
            found=found,
            lost=len(lost),
            recent=len(recent - lost - set(returned)),
            new_store=bool(known_stores) and not known_stores >= set(self.staging.stores()),
        )
        return losses, newly_trashed

    def _judged(self, hold_back: set[str]) -> Iterator[tuple[str, str, str]]:
        awaiting = self._arrived()
        same_views = self.row.views == self.task.views_digest
        for one in self.staging.compared():
            wish = wished_folder(self.task.top, one.place)
            verdict = judge(
                known=one.known,
                same_fingerprint=one.known_fingerprint
                == fingerprint_of(self.task, one.fingerprint),
                same_place=one.place == one.known_place,
                returned=one.known_gone,
                arrived=one.key in awaiting,
                damaged=self.task.thorough,
                same_views=same_views,
            )
            if verdict is not Verdict.UNCHANGED and one.key not in hold_back:
                yield one.key, verdict, wish

    def _arrived(self) -> set[str]:
        """Return the keys of items whose missing bytes are there now, or failed last time."""
        arrived = set()
        for key, _, gap in self.state.holdings.missing(self.writing.archive, self.name):
            if gap.failed or any(Path(path).exists() for path in gap.awaits):
                arrived.add(key)
        return arrived

    def _read(self, keys: Sequence[str]) -> Iterable[Item]:
        return self.reader.read(keys)

    # -- batches -----------------------------------------------------------------------------

    def _write_batches(self) -> Iterator[Progress]:
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
            items = self._items(current)
            upcoming = self.staging.slice(slices[number + 1]) if number + 1 < len(slices) else []
            self.reader.ahead(_to_read(upcoming))
            self._write_batch(current, items)
            done += len(current)
            yield Progress(done, len(work))

    def _items(self, work: Work) -> list[Item]:
        keys = _to_read(work)
        items = self._read(keys) if keys else []
        return sorted(items, key=lambda item: (item.sighting.place, item.sighting.key))

    def _write_batch(self, work: Work, items: Sequence[Item]) -> None:
        batch = self.writing.batch()
        changes = Changes()
        self.counted.clear()
        shards = Shards(self.writing, batch, self._recover_lines)
        try:
            self._fill_read(items, batch, changes, shards)
            self._fill_stored(work, batch, changes, shards)
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
        for key, verdict in work:
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
        promised = self.staging.promised(keys)
        preparing = Preparing(self.writing, self.staging, batch, self.task.render, self.name)
        for item in items:
            key = item.sighting.key
            former = known.get(former_keys.get(key, key))
            stem = self._stem(item, former, promised.get(key, ""))
            fingerprint = fingerprint_of(self.task, item.sighting.fingerprint)
            prepared = preparing.prepare(item, fingerprint, stem, former)
            if former is not None and former.key != key:
                changes.rekeyed.append((self.name, former.key, key))
            self._take(prepared, changes, shards)

    def _stem(self, item: Item, known: StoredItem | None, promised: str) -> str:
        wished = f"{self.task.top}/{portable_stem(item.sighting.place)}"
        if known is not None:
            before = f"{self.task.top}/{portable_stem(known.place)}"
            if before == wished or known.stem == wished:
                return known.stem
        return promised or wished

    def _take(self, prepared: Prepared, changes: Changes, shards: Shards) -> None:
        item, former = prepared.item, prepared.former
        changes.items.append(item)
        if former is not None and (former.folder, former.key) != (item.folder, item.key):
            shards.remove(former.folder, former.key)
        if prepared.status != "unchanged":
            shards.put(item.folder, prepared.line)
            self.touched |= {item.key, former.key if former else item.key}
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

    def _rerender(self, known: StoredItem, batch: Batch, changes: Changes, shards: Shards) -> None:
        """Render the views of an item again, from its stored record."""
        line = shards.line(known.folder, known.key)
        if line is None or not any(file.view for file in known.files):
            return
        preparing = Preparing(self.writing, self.staging, batch, self.task.render, self.name)
        prepared = preparing.rerender(known, line)
        if prepared.status != "unchanged":
            shards.put(known.folder, prepared.line)
            changes.items.append(prepared.item)
        self.counted[prepared.status] += 1

    def _recover_lines(self, folder: str, keys: frozenset[str]) -> Iterator[Line]:
        """Yield anew the lines of a records file that was damaged from outside."""
        del folder
        known = self.state.holdings.items(self.writing.archive, self.name, sorted(keys))
        living = [key for key, item in known.items() if not item.gone]
        read = {item.sighting.key: item for item in self._read(living)} if living else {}
        for key, item in known.items():
            yield make_line(item, read[key].record if key in read else {})

    # -- the end -----------------------------------------------------------------------------

    def _gather(self) -> None:
        fresh = self.row.token == "" or self.task.thorough
        writer = GatheringWriter(
            self.writing, self.name, self.task.top, None if fresh else self.touched
        )
        with source_errors(self.task.exporter):
            gatherings = list(self.task.exporter.gatherings(self.task.capture))
        writer.write(gatherings, complete=not self.troubles)

    def _brake(self, brake: Brake) -> None:
        self.report.outcome = "brake"
        self.report.message, self.report.hint = brake.message, brake.hint
        self._fill_shortfalls()
        self._remember("", self.row.stores, self.row.views)

    def _finish(self, token: str | None) -> None:
        self._fill_shortfalls()
        report = self.report
        report.outcome = shortfall_outcome(
            len(report.absent), len(report.failed), len(self.troubles)
        )
        if self.troubles:
            report.message = self.troubles[0].reason
            report.hint = self.troubles[0].hint
        self._remember(token or "", self._stores(), self.task.views_digest)
        self.state.forget_promises(self.writing.archive, self.name)

    def _fill_shortfalls(self) -> None:
        archive = self.writing.archive
        for key, title, gap in self.state.holdings.missing(archive, self.name):
            shortfall = Shortfall(key, title, gap.reason, gap.hint, gap.role)
            (self.report.failed if gap.failed else self.report.absent).append(shortfall)
        for trouble in self.troubles:
            self.report.failed.append(Shortfall("", trouble.title, trouble.reason, trouble.hint))
        self.report.kept = len(self.state.holdings.kept(archive, self.name))

    def _stores(self) -> tuple[str, ...]:
        """Return every library that has ever been seen, now and before."""
        return tuple(sorted({*self.row.stores, *self.staging.stores()}))

    def _remember(self, token: str, stores: tuple[str, ...], views: str) -> None:
        succeeded = self.row.succeeded
        if self.report.outcome == "ok" or not (self.report.failed or self.report.message):
            succeeded = now().isoformat(timespec="seconds")
        row = ExporterRow(
            self.name,
            token,
            stores,
            views,
            self.report.outcome,
            self.report.message,
            self.report.hint,
            succeeded,
        )
        self.state.put_exporter(self.writing.archive, row)

    def failed(self, error: RootcellarError) -> None:
        """Report that the exporter failed, and remember why."""
        self.report.outcome = error.outcome if error.outcome in OUTCOMES else "failed"
        self.report.message, self.report.hint = error.message, error.hint
        self._fill_shortfalls()
        self._remember("", self.row.stores, self.row.views)


def _to_read(work: Work) -> list[str]:
    return [key for key, verdict in work if verdict in NEEDS_READING]


def _slices(work: Sequence[tuple[int, str]]) -> Iterator[list[int]]:
    """Cut the work into batches, folder by folder; a very large folder is cut as well.

    The first batches are small, so that writing can begin while the rest is still being read.
    """
    rows: list[int] = []
    size = FIRST_BATCH
    for number, (row, folder) in enumerate(work):
        rows.append(row)
        following = work[number + 1][1] if number + 1 < len(work) else None
        if len(rows) >= LARGEST_BATCH or (len(rows) >= size and following != folder):
            yield rows
            rows, size = [], min(BATCH, 2 * size)
    if rows:
        yield rows
