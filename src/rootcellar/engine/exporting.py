"""One run of one exporter: survey, judge, brake, name, write batch by batch, gather."""

import hashlib
import time
from collections.abc import Iterator, Mapping

from msgspec.structs import replace

from rootcellar.brake import Brake
from rootcellar.engine.batching import Batches
from rootcellar.engine.gathering import GatheringWriter
from rootcellar.engine.glancing import Glancing
from rootcellar.engine.judging import Judging
from rootcellar.engine.reading import Reader, open_reader, source_errors
from rootcellar.engine.task import Progress, Task
from rootcellar.engine.writing import Writing
from rootcellar.errors import RootcellarError
from rootcellar.items import Notice, Sighting, Trouble, Unseen
from rootcellar.outcomes import OUTCOMES
from rootcellar.report import ExporterReport, Shortfall, scope_counts, shortfall_outcome
from rootcellar.state.rows import ExporterRow
from rootcellar.state.staging import Staging
from rootcellar.state.store import StateStore, now
from rootcellar.verdict import NEEDS_NAME

NAMED = 5
"""How many titles a note gives."""


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
        self.glancing = Glancing(task, self.row)
        self.left_out: Mapping[str, int] = self.row.left_out
        self.notes: list[str] = []
        self.unseen: set[str] = set()
        self.reader: Reader

    def run(self) -> Iterator[Progress]:
        """Bring the archive up to date; whatever has been yielded is on disk and settled."""
        began = time.monotonic()
        files, size = self.writing.files, self.writing.bytes
        try:
            token = self._combined(self._own_token())
            if (token is not None and self._is_idle(token, self.row.token)) or self._is_same():
                self.report.unchanged = self.state.coverage.totals(
                    self.writing.archive, self.name
                )[0]
                self._label()
                self._finish(replace(self.row, token=token or ""))
                return
            task = self.task
            with open_reader(task.exporter, task.capture, task.render) as self.reader:
                yield from self._work(token)
        finally:
            self.report.files = self.writing.files - files
            self.report.bytes = self.writing.bytes - size
            self.report.seconds = time.monotonic() - began

    # -- is there anything to do -------------------------------------------------------------

    def _own_token(self) -> str | None:
        with source_errors(self.task.exporter):
            return self.task.exporter.token(self.task.capture)

    def _combined(self, own: str | None) -> str | None:
        """Return a token of the exporter's, with all that the core adds to it."""
        if own is None:
            return None
        parts = [self.task.base, self.task.views_digest, own]
        return hashlib.sha256("|".join(parts).encode()).hexdigest()

    def _is_same(self) -> bool:
        """Return whether the source looks as it did, whatever its token says."""
        if not self.row.stores:
            return False  # a first run: it has more to do than to look
        self.glancing.take()
        content = self.glancing.content
        return bool(content) and self._is_idle(content, self.row.content)

    def _is_idle(self, token: str, known: str) -> bool:
        if self._looks_at_all or self.task.capture.downloaded or self.troubles or token != known:
            return False
        awaited = self.state.coverage.awaited(self.writing.archive, self.name)
        return not any(path.exists() for path in awaited)

    @property
    def _looks_at_all(self) -> bool:
        return self.task.thorough or self.writing.adoption is not None

    # -- the work ----------------------------------------------------------------------------

    def _work(self, token: str | None) -> Iterator[Progress]:
        self.reader.warm_up()  # while the survey is made
        self.glancing.take()
        self._survey()
        self.writing.stores[self.name] = self._stores()
        judging = Judging(self.task, self.writing, self.staging, self.row, self.reader.read)
        brake = judging.plan(self.troubles, self.unseen)
        if brake is not None and not brake.write_additions:
            self._brake(brake)
            return
        if self.row.gathered and self.staging.verdicts():
            # Cut off from here on, the next run looks at every gathering: it cannot know which
            # of their members this one has touched.
            unsettled = replace(self.row, token="", content="", gathered=False)
            self.state.put_exporter(self.writing.archive, unsettled)
        self.staging.names.promise_names(self.task.top, [str(one) for one in NEEDS_NAME])
        batches = Batches(
            self.task, self.writing, self.staging, self.reader, self.report, judging.lost
        )
        contradicted = self.glancing.contradicted() if self.task.thorough else []
        yield from batches.write()
        if self.task.thorough and self.row.views == self.task.views_digest:
            self._tell_overlooked([*contradicted, *batches.overlooked])
        batches.write_links(everywhere=not self.row.gathered)
        self.report.unchanged = self.staging.count() - sum(
            (self.report.new, self.report.changed, self.report.moved, *self.left_out.values())
        )
        if brake is not None:
            self._brake(brake)
            return
        self._gather(batches.touched)
        self._label()
        self._finish(self._relied_on(token or "", whole=not batches.failures))

    def _relied_on(self, token: str, *, whole: bool) -> ExporterRow:
        """Return what the next run may rely on; of a source seen in part, nothing new."""
        if self.troubles:
            return replace(self.row, token="", content="")
        glanced = self.glancing.remember()
        if not whole:
            return replace(self.row, token="", content="", glanced=glanced)
        return replace(self.row, token=token, content=self.glancing.content, glanced=glanced)

    def _survey(self) -> None:
        exporter, capture = self.task.exporter, self.task.capture
        look_at_all = (
            self.task.thorough or self.writing.adoption is not None or bool(self.troubles)
        )
        keys = self.glancing.compare(self.staging, look_at_all=look_at_all)

        def sightings() -> Iterator[Sighting]:
            with source_errors(exporter):
                some = exporter.survey_some(capture, keys) if keys is not None else None
                for found in some or exporter.survey(capture):
                    if isinstance(found, Trouble):
                        self.troubles.append(found)
                    elif isinstance(found, Notice):
                        self.notes.append(found.text)
                    elif isinstance(found, Unseen):
                        self.unseen.add(found.store)
                    else:
                        yield found

        self.staging.add(sightings())
        self.left_out = self.staging.left_out()

    def _tell_overlooked(self, titles: list[str]) -> None:
        """Say what only this thorough run has found: tokens had lied."""
        if titles:
            more = f" and {len(titles) - NAMED:,} more" if len(titles) > NAMED else ""
            self.notes.append(
                f"{len(titles):,} of {self.task.top} had changed without a sign that other runs "
                f"look for, and are up to date now: {', '.join(titles[:NAMED])}{more}."
            )

    # -- the end -----------------------------------------------------------------------------

    def _gather(self, touched: set[str]) -> None:
        fresh = not self.row.gathered or self.task.thorough
        writer = GatheringWriter(self.writing, self.task, None if fresh else touched)
        with source_errors(self.task.exporter):
            gatherings = list(self.task.exporter.gatherings(self.task.capture))
        writer.write(gatherings, complete=not self.troubles)

    def _label(self) -> None:
        if self.task.labels and self.task.exporter.labelled:
            from rootcellar.engine.labelling import Labelling

            labelling = Labelling(self.task, self.writing)
            labelling.catch_up()
            self.notes += labelling.notes

    def _brake(self, brake: Brake) -> None:
        self.report.outcome = "brake"
        self.report.message, self.report.hint = brake.message, brake.hint
        self._fill_shortfalls()
        gathered = self.row.gathered and not self.staging.verdicts()
        self._remember(replace(self.row, token="", content="", gathered=gathered))

    def _finish(self, row: ExporterRow) -> None:
        """Remember a run that came to its end; `row` says what the next one may rely on."""
        self._fill_shortfalls()
        report = self.report
        report.outcome = shortfall_outcome(
            len(report.absent), len(report.failed), len(self.troubles)
        )
        if self.troubles:
            report.message = self.troubles[0].reason
            report.hint = self.troubles[0].hint
        views = self.task.views_digest
        self._remember(replace(row, stores=self._stores(), views=views, gathered=True))
        self.state.forget_promises(self.writing.archive, self.name)

    def _fill_shortfalls(self) -> None:
        archive = self.writing.archive
        for key, title, gap in self.state.coverage.missing(archive, self.name):
            shortfall = Shortfall(key, title, gap.reason, gap.hint, gap.role)
            (self.report.failed if gap.failed else self.report.absent).append(shortfall)
        for trouble in self.troubles:
            self.report.failed.append(Shortfall("", trouble.title, trouble.reason, trouble.hint))
        self.report.kept = len(self.state.holdings.kept(archive, self.name))
        self.report.skipped = sum(self.left_out.values())
        self.report.scopes = scope_counts(
            self.state.coverage.scopes(archive, self.name), self.left_out
        )

    def _stores(self) -> tuple[str, ...]:
        """Return every library that has ever been seen, now and before."""
        return tuple(sorted({*self.row.stores, *self.staging.stores()}))

    def _remember(self, row: ExporterRow) -> None:
        """Remember an exporter's row, with how this run ended."""
        succeeded = self.row.succeeded
        if self.report.outcome == "ok" or not (self.report.failed or self.report.message):
            succeeded = now().isoformat(timespec="seconds")
        ended = replace(
            row,
            outcome=self.report.outcome,
            message=self.report.message,
            hint=self.report.hint,
            succeeded=succeeded,
            left_out=self.left_out,
        )
        self.state.put_exporter(self.writing.archive, ended)

    def failed(self, error: RootcellarError) -> None:
        """Report that the exporter failed, and remember why."""
        self.report.outcome = error.outcome if error.outcome in OUTCOMES else "failed"
        self.report.message, self.report.hint = error.message, error.hint
        self._fill_shortfalls()
        kept = self.state.exporter(self.writing.archive, self.name)
        self._remember(replace(kept, token="", content=""))
