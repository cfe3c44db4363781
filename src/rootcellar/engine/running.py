"""One run over all exporters: the archive opened once, each exporter in turn, the status told."""

import contextlib
import json
import sqlite3
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import timedelta
from pathlib import Path
from typing import Any

from msgspec import Struct, field
from msgspec.structs import replace

from rootcellar.archive.identity import Identity, replace_file
from rootcellar.archive.layout import STATUS
from rootcellar.archive.trouble import archive_errors, explained
from rootcellar.archive.writer import is_pending
from rootcellar.engine.adopting import Adoption
from rootcellar.engine.exporting import ExporterRun
from rootcellar.engine.opening import OpenArchive, locate, look, open_archive
from rootcellar.engine.planning import plan_only
from rootcellar.engine.task import Progress, Task
from rootcellar.engine.writing import Writing
from rootcellar.errors import (
    ArchiveUnwritable,
    DestinationWaiting,
    DownloadsImpossible,
    RootcellarError,
    StateError,
    Stopped,
    StoreMissing,
    UsageError,
)
from rootcellar.outcomes import OUTCOMES, worst
from rootcellar.report import ExporterReport, RunReport
from rootcellar.state.rows import ArchiveRow
from rootcellar.state.store import StateStore, now, state_errors
from rootcellar.status import status_text

GOING_ON = ("ok", "partial")
TaskMaker = Callable[[], contextlib.AbstractContextManager[Task]]
"""Opens the capture of one exporter, and closes it again."""
OnProgress = Callable[[str, Progress], None]


class Missing(Struct, frozen=True):
    """Why an exporter finds nothing to export; `asked` tells whether it was asked for by name."""

    message: str
    hint: str
    asked: bool


class Order(Struct, frozen=True):
    """What one run is to do: which archive, and for each exporter a task or why there is none.

    `stores` are the folders of the source that are read; no archive may lie inside one.
    """

    archive: Path
    tasks: Mapping[str, TaskMaker]
    tops: Mapping[str, str]
    missing: Mapping[str, Missing] = field(default_factory=dict)
    stores: Sequence[Path] = ()
    dry_run: bool = False
    settled: Path | None = None
    """The archive that the settings name."""
    meant: str = ""
    """The uuid of an archive that was found again at another place than before."""
    inhabited: bool = False
    """Whether an archive may be made in a folder that others have filled."""
    walk_every: timedelta = timedelta(days=1)
    """How often every file of the archive is looked at, to find what others changed."""
    adoption: Adoption | None = None
    """A folder whose files are taken into the archive instead of being copied."""
    download: bool = False
    """Whether apps are asked for what is not here, also by settings that do not say so."""
    outlook: str = ""
    """When the next run is due, in words, for STATUS.txt; empty when nobody has planned one."""
    stopping: Callable[[], str] = lambda: ""
    """Asked between batches: why the run shall stop here, or an empty text."""


def run(order: Order, state: StateStore, progress: OnProgress | None = None) -> RunReport:
    """Do what is ordered; raises RootcellarError only when no exporter could be started at all."""
    with state_errors(state.path):
        return _run(order, state, progress or (lambda *_: None))


def _run(order: Order, state: StateStore, progress: OnProgress) -> RunReport:
    _refuse_archive_in_store(order)
    identity = look(
        order.archive, state, order.settled, inhabited=order.inhabited, meant=order.meant
    )
    report = RunReport(
        archive=str(locate(order.archive)),
        started=now().isoformat(timespec="seconds"),
        dry_run=order.dry_run,
    )
    row = state.archive(identity.uuid) if identity else None
    report.exporters.update(_without_store(order, state, row))
    if order.dry_run:
        for name, make_task in order.tasks.items():
            with make_task() as task:
                report.exporters[name] = plan_only(task, state, row)
    else:
        with open_archive(
            order.archive,
            state,
            settled=order.settled,
            inhabited=order.inhabited,
            meant=order.meant,
        ) as archive:
            _export(order, archive, report, progress)
    report.finished = now().isoformat(timespec="seconds")
    return report


def _without_store(
    order: Order, state: StateStore, archive: ArchiveRow | None
) -> dict[str, ExporterReport]:
    """Report the exporters that find no data: failed when asked for or when there was some before.

    Raises StoreMissing when nothing is left to do.
    """
    reports = {}
    for name, missing in order.missing.items():
        had_items = archive is not None and state.coverage.living(archive, name) > 0
        reports[name] = ExporterReport(outcome="skipped")
        if missing.asked or had_items:
            reports[name] = ExporterReport("failed", message=missing.message, hint=missing.hint)
    if not order.tasks and (archive is None or worst(_outcomes(reports)) == "ok"):
        told = [one for one in order.missing.values() if one.asked] or [*order.missing.values()]
        raise StoreMissing(
            " ".join([one.message for one in told]) or "No exporter is installed.",
            hint=told[0].hint if told else "Install rootcellar again.",
        )
    return reports


def _outcomes(reports: Mapping[str, ExporterReport]) -> list[str]:
    return [report.outcome for report in reports.values()]


def _refuse_archive_in_store(order: Order) -> None:
    archive = locate(order.archive)
    for store in order.stores:
        if archive == store or store in archive.parents:
            raise UsageError(
                f"The archive {archive} would lie inside {store}, which is only ever read.",
                hint="Choose a folder outside of it, best on another drive.",
            )


def _export(order: Order, archive: OpenArchive, report: RunReport, progress: OnProgress) -> None:
    started = now()
    writing = Writing(archive.disk, archive.state, archive.identity, order.tops, order.adoption)
    report.notes += archive.notes
    for name, missing in report.exporters.items():
        if missing.outcome == "failed":
            _remember_failure(archive, name, missing)

    def step(name: str, done: Progress | None) -> None:
        if reason := order.stopping():
            raise Stopped(reason, hint="What was written is safe; the next run goes on from here.")
        if done is not None:
            progress(name, done)

    for name, make_task in order.tasks.items():
        report.exporters[name] = _export_one(
            name, make_task, writing, archive, step, report.notes, download=order.download
        )
    if order.adoption is not None:
        order.adoption.tidy(archive.disk)
    unused = archive.made and not writing.changed and not is_pending(archive.disk)
    if unused and report.outcome == "failed" and not archive.troubled:
        archive.unmake()
        return
    _make_snapshot(order, archive, writing.identity, report)
    _tell_status(archive, report, order.outlook)
    counts = {name: _counts(one) for name, one in report.exporters.items()}
    archive.state.put_run(writing.archive, started, now(), report.outcome, json.dumps(counts))


def _export_one(
    name: str,
    make_task: TaskMaker,
    writing: Writing,
    archive: OpenArchive,
    step: Callable[[str, Progress | None], None],
    notes: list[str],
    *,
    download: bool,
) -> ExporterReport:
    run: ExporterRun | None = None
    try:
        step(name, None)
        with state_errors(archive.state.path), make_task() as task:
            run = ExporterRun(task, writing)
            for done in run.run():
                step(name, done)
            notes += run.notes
            for done in _download(run, make_task, writing, asked=download, notes=notes):
                step(f"{name}: downloads", done)
            return run.report
    except RootcellarError as error:
        failure = error
    except OSError as error:
        failure = explained(error, archive.path)
    except Exception as error:  # noqa: BLE001 - one exporter's fault must not stop the others
        import traceback

        traceback.print_exc()
        failure = RootcellarError(
            f"The exporter {name} failed unexpectedly: {type(error).__name__}: {error}",
            hint="This is a fault of the program; please report it with the lines above.",
        )
    if isinstance(failure, ArchiveUnwritable | DestinationWaiting | StateError):
        archive.troubled = True
    report = run.report if run else ExporterReport()
    if run is not None:
        with contextlib.suppress(OSError, sqlite3.Error):
            run.failed(failure)
    report.outcome = failure.outcome if failure.outcome in OUTCOMES else "failed"
    report.message, report.hint = failure.message, failure.hint
    return report


def _download(
    run: ExporterRun, make_task: TaskMaker, writing: Writing, *, asked: bool, notes: list[str]
) -> Iterator[Progress]:
    """Have downloaded what is not here, if that is wanted, and count it in the run's report."""
    limits = run.task.exporter.download_limits(run.task.capture.settings)
    if limits is None or not (asked or limits.always) or run.report.outcome not in GOING_ON:
        return
    from rootcellar.engine.downloading import Downloading, merged, run_again

    def again(files: Mapping[str, Mapping[str, Path]]) -> ExporterReport:
        with make_task() as task:
            task.capture.downloaded = files
            return run_again(task, writing)

    downloading = Downloading(run.task, writing, again, limits)
    try:
        yield from downloading.run()
    except DownloadsImpossible as error:
        notes.append(f"{error.message} {error.hint}")
        downloading.report.stopped = error.message
    if downloading.exported is not None:
        run.report = merged(run.report, downloading.exported)
    run.report.download = downloading.report


def _remember_failure(archive: OpenArchive, name: str, report: ExporterReport) -> None:
    row = archive.state.exporter(archive.row, name)
    failure = (report.outcome, report.message, report.hint)
    archive.state.put_exporter(
        archive.row,
        replace(row, token="", outcome=failure[0], message=failure[1], hint=failure[2]),
    )


def _make_snapshot(
    order: Order, archive: OpenArchive, identity: Identity, report: RunReport
) -> None:
    """Say in a manifest what the archive holds, if that has changed; a crash may have left some.

    Once a day (or as the settings say) every file is looked at first. Without a snapshot nothing
    is lost: the next run makes it.
    """
    trees = archive.state.trees
    walked = trees.occasion(archive.row, "walk")
    due = walked is not None and now() - walked[0] >= order.walk_every
    if due or not trees.is_settled(archive.row):
        from rootcellar.snapshots.making import Maker

        try:
            with archive_errors(archive.path), state_errors(archive.state.path):
                maker = Maker(archive.disk, archive.state, archive.row, identity)
                maker.make()
                if due:
                    report.notes += maker.walk().notes
                elif walked is None:
                    trees.put_occasion(archive.row, "walk", now())
        except RootcellarError as error:
            _fail_all(report, error)
    last = trees.last(archive.row)
    report.snapshot = last.id if last else None


def _fail_all(report: RunReport, error: RootcellarError) -> None:
    """Let a fault of the archive's drive be that of every exporter that was well."""
    for one in report.exporters.values():
        if one.outcome in ("ok", "partial"):
            one.outcome, one.message, one.hint = error.outcome, error.message, error.hint


def _tell_status(archive: OpenArchive, report: RunReport, outlook: str) -> None:
    """Write STATUS.txt, the one file that every run rewrites."""
    text = status_text(archive.state, archive.row, report, outlook)
    try:
        with archive_errors(archive.path):
            replace_file(archive.disk, STATUS, text.encode())
    except RootcellarError as error:
        _fail_all(report, error)


def _counts(report: ExporterReport) -> dict[str, Any]:
    plain = report.to_plain()
    plain["absent"], plain["failed"] = len(report.absent), len(report.failed)
    return plain
