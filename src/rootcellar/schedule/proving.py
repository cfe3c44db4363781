"""A part of the archive is read again after an export, so that all of it is in turn."""

from collections.abc import Sequence
from datetime import timedelta

from rootcellar.report import Checked
from rootcellar.schedule.following import Link
from rootcellar.state.faults import now

APART = timedelta(hours=20)
"""Jobs that run often do this once a day: every verification begins by looking at every file."""
NAMED = 20


def prove(link: Link) -> None:
    """Read again as much as the job says, heal what can be healed, and report the rest."""
    from rootcellar.engine.finding import identity_at
    from rootcellar.snapshots.hashing import Limits
    from rootcellar.snapshots.mending import verify_and_heal

    share = link.job.read_again
    uuid = identity_at(link.archive)
    row = link.state.archive(uuid) if uuid else None
    if share is None or row is None:
        return
    before = link.state.trees.occasion(row, "verified")
    if before and timedelta(0) <= now() - before[0] < APART:
        return

    def export(exporters: Sequence[str]) -> None:
        link.export(exporters)

    limits = Limits(share.bytes, share.seconds, link.stop)
    found, notes = verify_and_heal(link.archive, link.state, export, limits=limits)
    damaged = found.damaged
    link.report.notes += notes
    link.report.checked = Checked(
        files=found.checked,
        bytes=found.bytes,
        left=found.left,
        healed=len(found.problems) - len(damaged),
        damaged=len(damaged),
        named=[f"{one.path}: {one.message}" for one in damaged[:NAMED]],
    )
