"""What follows an export in a job's chain, in this order; each is a function of one module.

This is the place to add to: a verified slice, further copies. `export` makes the snapshot itself.
"""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from rootcellar.report import RunReport
from rootcellar.schedule.jobs import Job
from rootcellar.schedule.stopping import Stop
from rootcellar.state.store import StateStore


@dataclass(frozen=True, slots=True)
class Link:
    """What a step of the chain is given; it asks `stop` between its own steps.

    What it has to say goes into the report's notes; what went wrong is raised.
    """

    archive: Path
    job: Job
    state: StateStore
    stop: Stop
    report: RunReport


STEPS: tuple[Callable[[Link], None], ...] = ()


def follow(link: Link) -> None:
    """Do what follows an export; only when it went through, and nobody asks to stop."""
    for step in STEPS:
        if link.report.outcome in ("ok", "partial") and not link.stop():
            step(link)
