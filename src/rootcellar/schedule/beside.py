"""What must be told while a tick goes on: it may hang, on a share whose server died for instance.

No tick comes then: launchd and systemd start no second one, and cron's finds the lock held.
"""

import contextlib
import threading
from collections.abc import Callable, Iterator
from datetime import datetime, tzinfo
from pathlib import Path

from rootcellar.config import Timetable
from rootcellar.errors import RootcellarError
from rootcellar.schedule.due import judge
from rootcellar.schedule.slots import local_zone
from rootcellar.schedule.telling import SERVICE_SECONDS, Teller
from rootcellar.state.faults import now
from rootcellar.state.jobs import open_jobs

EVERY = 15 * 60
"""Seconds between two looks, as between two ticks."""


@contextlib.contextmanager
def looking(look: Callable[[], None], every: float = EVERY) -> Iterator[None]:
    """Call `look` now and then while what is inside goes on."""
    ended = threading.Event()

    def watch() -> None:
        while not ended.wait(every):
            with contextlib.suppress(RootcellarError):  # the state is in use; the next look tells
                look()

    thread = threading.Thread(target=watch, daemon=True)
    thread.start()
    try:
        yield
    finally:
        ended.set()
        thread.join(SERVICE_SECONDS)


def tell_of_all(
    timetable: Timetable,
    state: Path,
    teller: Teller,
    clock: Callable[[], datetime] = now,
    zone: Callable[[], tzinfo] = local_zone,
) -> None:
    """Tell what must be told of every job, without running any; raises StateError."""
    with open_jobs(state) as known:
        for name, job in timetable.jobs.items():
            past = known.past(name, clock())
            verdict = judge(job.plan(name), past, clock(), zone())
            teller.tell(known, name, past, verdict, clock())
