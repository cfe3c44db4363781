"""One run of one exporter: survey, judge, brake, name, write batch by batch, gather."""

import hashlib
import time
from collections.abc import Iterator
from dataclasses import replace

from rootcellar.brake import Brake
from rootcellar.engine.batching import Batches
from rootcellar.engine.gathering import GatheringWriter
from rootcellar.engine.judging import Judging
from rootcellar.engine.reading import Reader, open_reader, source_errors
from rootcellar.engine.task import Progress, Task
from rootcellar.engine.writing import Writing
from rootcellar.errors import RootcellarError
from rootcellar.items import Sighting, Trouble
from rootcellar.report import OUTCOMES, ExporterReport, Shortfall, shortfall_outcome
from rootcellar.state.rows import ExporterRow
from rootcellar.state.staging import Staging
from rootcellar.state.store import StateStore, now
from rootcellar.verdict import NEEDS_NAME


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
        judging = Judging(self.task, self.writing, self.staging, self.row, self.reader.read)
        brake = judging.plan(troubled=bool(self.troubles))
        if brake is not None and not brake.write_additions:
            self._brake(brake)
            return
        if self.row.gathered and self.staging.verdicts():
            # Cut off from here on, the next run looks at every gathering: it cannot know which
            # of their members this one has touched.
            unsettled = replace(self.row, token="", gathered=False)
            self.state.put_exporter(self.writing.archive, unsettled)
        self.staging.promise_names(self.task.top, [str(one) for one in NEEDS_NAME])
        batches = Batches(
            self.task, self.writing, self.staging, self.reader, self.report, judging.lost
        )
        yield from batches.write()
        self.report.unchanged = self.staging.count() - sum(
            (self.report.new, self.report.changed, self.report.moved)
        )
        if brake is not None:
            self._brake(brake)
            return
        self._gather(batches.touched)
        self._finish(token if not batches.failures and not self.troubles else None)

    def _survey(self) -> None:
        def sightings() -> Iterator[Sighting]:
            with source_errors(self.task.exporter):
                for found in self.task.exporter.survey(self.task.capture):
                    if isinstance(found, Trouble):
                        self.troubles.append(found)
                    else:
                        yield found

        self.staging.add(sightings())

    # -- the end -----------------------------------------------------------------------------

    def _gather(self, touched: set[str]) -> None:
        fresh = not self.row.gathered or self.task.thorough
        writer = GatheringWriter(
            self.writing, self.name, self.task.top, None if fresh else touched
        )
        with source_errors(self.task.exporter):
            gatherings = list(self.task.exporter.gatherings(self.task.capture))
        writer.write(gatherings, complete=not self.troubles)

    def _brake(self, brake: Brake) -> None:
        self.report.outcome = "brake"
        self.report.message, self.report.hint = brake.message, brake.hint
        self._fill_shortfalls()
        gathered = self.row.gathered and not self.staging.verdicts()
        self._remember("", self.row.stores, self.row.views, gathered=gathered)

    def _finish(self, token: str | None) -> None:
        self._fill_shortfalls()
        report = self.report
        report.outcome = shortfall_outcome(
            len(report.absent), len(report.failed), len(self.troubles)
        )
        if self.troubles:
            report.message = self.troubles[0].reason
            report.hint = self.troubles[0].hint
        self._remember(token or "", self._stores(), self.task.views_digest, gathered=True)
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

    def _remember(
        self, token: str, stores: tuple[str, ...], views: str, *, gathered: bool
    ) -> None:
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
            gathered,
        )
        self.state.put_exporter(self.writing.archive, row)

    def failed(self, error: RootcellarError) -> None:
        """Report that the exporter failed, and remember why."""
        self.report.outcome = error.outcome if error.outcome in OUTCOMES else "failed"
        self.report.message, self.report.hint = error.message, error.hint
        self._fill_shortfalls()
        kept = self.state.exporter(self.writing.archive, self.name)
        self._remember("", kept.stores, kept.views, gathered=kept.gathered)
