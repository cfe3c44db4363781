"""A dry run: what would be done, found out without writing anything anywhere."""

from collections.abc import Iterator

from rootcellar.engine.judging import whole_stores
from rootcellar.engine.task import Task
from rootcellar.items import Sighting, Trouble, Unseen
from rootcellar.report import ExporterReport, Shortfall, shortfall_outcome
from rootcellar.state.rows import ArchiveRow
from rootcellar.state.staging import Staging
from rootcellar.state.store import StateStore


def plan_only(task: Task, state: StateStore, archive: ArchiveRow | None) -> ExporterReport:
    """Return how many items would be new, looked at again, moved, left alone, or marked gone.

    Nothing is read but the survey, so `changed` counts items that may have changed.
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
    whole = whole_stores(staging, troubles, unseen)
    report.gone = sum(1 for _ in staging.vanished(whole))
    report.outcome = shortfall_outcome(0, len(report.failed), 0)
    return report
