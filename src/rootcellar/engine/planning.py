"""A dry run: what would be done, found out without writing anything anywhere."""

from collections.abc import Iterator

from rootcellar.brake import Brake, decide
from rootcellar.engine.judging import find_losses, whole_stores
from rootcellar.engine.task import Task
from rootcellar.items import Sighting, Trouble, Unseen
from rootcellar.report import ExporterReport, Shortfall, shortfall_outcome
from rootcellar.state.rows import ArchiveRow
from rootcellar.state.staging import Staging
from rootcellar.state.store import StateStore

LOOK = "It would first look whether new items are the same pictures or notes under other names. "
"""Said where this dry run, which reads no content, may be wrong about what is gone."""


def plan_only(task: Task, state: StateStore, archive: ArchiveRow | None) -> ExporterReport:
    """Return how many items would be new, looked at again, moved, left alone, or marked gone.

    Nothing is read but the survey, so `changed` counts items that may have changed. A brake that
    would stop the run is foretold.
    """
    report = ExporterReport()
    troubles: list[Trouble] = []
    unseen: set[str] = set()
    staging = Staging(state, archive, task.exporter.name)

    def sightings() -> Iterator[Sighting]:
        for found in task.exporter.survey(task.capture):
            if isinstance(found, Trouble):
                troubles.append(found)
                report.failed.append(Shortfall("", found.title, found.reason, found.hint))
            elif isinstance(found, Unseen):
                unseen.add(found.store)
            elif isinstance(found, Sighting):
                yield found

    staging.add(sightings())
    _count(report, staging, task)
    whole = whole_stores(staging, troubles, unseen)
    vanished = {key: (trash, folder) for key, trash, folder in staging.vanished(whole)}
    report.gone = len(vanished)
    report.outcome = shortfall_outcome(0, len(report.failed), 0)
    if archive is not None and not task.accept_losses:
        row = state.exporter(archive, staging.exporter)
        losses = find_losses(state, archive, staging, row, vanished).losses
        _foretell(decide(losses, task.top), report)
    return report


def _count(report: ExporterReport, staging: Staging, task: Task) -> None:
    """Count the items that were sighted, by what would be done with them."""
    differing = 0
    report.skipped = sum(staging.left_out().values())
    for one in staging.compared(task.base):
        if one.outside:
            continue
        differing += 1
        if not one.known:
            report.new += 1
        elif not one.same_fingerprint or one.returned:
            report.changed += 1
        else:
            report.moved += 1
    report.unchanged = staging.count() - differing - report.skipped


def _foretell(brake: Brake | None, report: ExporterReport) -> None:
    if brake is not None:
        report.outcome = "brake"
        report.message = f"A run would stop at this. {brake.message}"
        report.hint = f"{LOOK if report.new else ''}{brake.hint}"
