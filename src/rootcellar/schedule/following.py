"""What follows an export in a job's chain, in this order; each is a function of one module.

This is the place to add to, further copies for instance. `export` makes the snapshot itself.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from rootcellar.report import RunReport
from rootcellar.schedule.jobs import Job
from rootcellar.schedule.stopping import Stop
from rootcellar.state.store import StateStore


@dataclass(frozen=True, slots=True)
class Link:
    """What a step of the chain is given; it asks `stop` between its own steps.

    What it has to say goes into the report; what went wrong is raised. `export` runs some of the
    job's exporters once more.
    """

    archive: Path
    job: Job
    state: StateStore
    stop: Stop
    report: RunReport
    export: Callable[[Sequence[str]], RunReport]


def prove_a_part(link: Link) -> None:
    """Read a part of the archive again."""
    from rootcellar.schedule.proving import prove

    prove(link)


STEPS: tuple[Callable[[Link], None], ...] = (prove_a_part,)


def follow(link: Link) -> None:
    """Do what follows an export; only when it went through, and nobody asks to stop."""
    for step in STEPS:
        if link.report.outcome in ("ok", "partial") and not link.stop():
            step(link)
