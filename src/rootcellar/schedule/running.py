"""One tick: which jobs are due, each run in turn, what became of it kept, whoever must know told.

A tick with nothing to do must cost next to nothing: what is heavy is imported once a job is due.
"""

import contextlib
import fcntl
import traceback
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, tzinfo
from pathlib import Path
from typing import TYPE_CHECKING

from rootcellar.config import Timetable
from rootcellar.errors import DestinationWaiting, RootcellarError, UsageError
from rootcellar.schedule.due import Verdict, judge
from rootcellar.schedule.jobs import Job
from rootcellar.schedule.slots import local_zone
from rootcellar.schedule.stopping import Stop
from rootcellar.state.faults import now
from rootcellar.state.jobs import JobRun, Jobs

if TYPE_CHECKING:
    from rootcellar.report import RunReport

Chain = Callable[[str, Job, Stop], "RunReport"]
"""Runs what one job is made of; raises RootcellarError when nothing could be started."""


@dataclass(frozen=True, slots=True)
class Turn:
    """What a tick found and did for one job; `report` is there when its chain has run."""

    job: str
    verdict: Verdict
    run: JobRun | None = None
    report: "RunReport | None" = None


@dataclass
class Tick:
    """What one tick needs; tests give it a clock and a time zone of their own."""

    timetable: Timetable
    jobs: Jobs
    chain: Chain
    clock: Callable[[], datetime] = now
    zone: Callable[[], tzinfo] = local_zone
    is_present: Callable[[Job], bool] = lambda _: True
    """Whether the drive of a job's archive is there; asked for jobs that run on mount."""
    after: Callable[[Turn, Job], None] = lambda *_: None
    """Called for every job, run or not: tells whoever must know."""
    before: Callable[[str, Job, int], None] = lambda *_: None
    """Called when the run with this number begins."""
    stops: list[Stop] = field(default_factory=list)

    def run(self, names: Sequence[str] = (), *, due_only: bool) -> list[Turn]:
        """Run the jobs that are due, or those that are named, or all; return what became of them.

        Raises UsageError for a name that no job has.
        """
        self.jobs.end_cut_off(self.clock())
        turns = []
        for name in self._chosen(names):
            job = self.timetable.jobs[name]
            verdict = self._judge(name, job)
            turn = Turn(name, verdict)
            if (verdict.due or not due_only) and not any(stop.asked for stop in self.stops):
                turn = self._run(name, job, verdict)
            self.after(turn, job)
            turns.append(turn)
        return turns

    def _chosen(self, names: Sequence[str]) -> Sequence[str]:
        for name in names:
            if name not in self.timetable.jobs:
                raise UsageError(
                    f"There is no job named {name}.",
                    hint=f"There are: {', '.join(self.timetable.jobs)}. Jobs are tables like "
                    f"[jobs.{name}] in {self.timetable.path}.",
                )
        return names or tuple(self.timetable.jobs)

    def _judge(self, name: str, job: Job) -> Verdict:
        plan, moment = job.plan(name), self.clock()
        past = self.jobs.past(name, moment)
        if not plan.schedule.is_timed:
            present = (past.present or moment) if self.is_present(job) else None
            self.jobs.seen(name, present)
            past = replace(past, present=present)
        return judge(plan, past, moment, self.zone())

    def _run(self, name: str, job: Job, verdict: Verdict) -> Turn:
        slot = verdict.slot or self._slot_by_hand(name, job)
        number = self.jobs.start(name, slot, self.clock())
        self.before(name, job, number)
        stop = Stop(job.time_budget)
        self.stops.append(stop)
        blank = JobRun(number, name, slot, self.clock(), self.clock(), 1, "failed", False, "", "")
        report: RunReport | None = None
        try:
            report = self.chain(name, job, stop)
            run = _ended(blank, report, stop)
        except RootcellarError as error:
            outcome = error.outcome if error.outcome == "waiting" else "failed"
            run = replace(blank, outcome=outcome, message=error.message, hint=error.hint)
        except Exception as error:  # noqa: BLE001 - one job's fault must not stop the others
            traceback.print_exc()
            run = replace(
                blank,
                message=f"The job failed unexpectedly: {type(error).__name__}: {error}",
                hint="This is a fault of the program; please report it with the lines above.",
            )
        finally:
            self.stops.remove(stop)
        run = replace(run, finished=self.clock())
        self.jobs.finish(run)
        return Turn(name, verdict, run, report)

    def _slot_by_hand(self, name: str, job: Job) -> str:
        """Return which slot a run counts for that somebody asked for while nothing was due."""
        latest = job.plan(name).schedule.latest(self.clock(), self.zone())
        return latest.name if latest else f"by hand {self.clock().isoformat(timespec='seconds')}"


def _ended(run: JobRun, report: "RunReport", stop: Stop) -> JobRun:
    """Return how a run ended whose chain went through."""
    worst_first = sorted(report.exporters.values(), key=lambda one: one.outcome != report.outcome)
    told = next((one for one in worst_first if one.message), None)
    counts = {name: _counts(one.to_plain()) for name, one in report.exporters.items()}
    is_short = report.outcome == "partial" and any(
        one.failed or one.message for one in report.exporters.values()
    )
    settled = report.outcome in ("ok", "partial", "brake") and not is_short
    return replace(
        run,
        outcome=report.outcome,
        settled=settled or (report.outcome == "waiting" and stop.is_overtime),
        message=told.message if told else "",
        hint=told.hint if told else "",
        counts=counts,
    )


def _counts(plain: dict[str, object]) -> dict[str, object]:
    """Return the counts of an exporter's report; what is absent or failed as numbers."""
    return {
        key: len(value) if isinstance(value, list) else value
        for key, value in plain.items()
        if not isinstance(value, dict)
    }


@contextlib.contextmanager
def run_lock(state_file: Path) -> Iterator[None]:
    """Let one run go on at a time; raises DestinationWaiting when another one does."""
    folder = state_file.parent / "locks"
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    with (folder / "run.lock").open("w") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            raise DestinationWaiting(
                "Another run is going on.", hint="Wait until it has finished."
            ) from error
        yield
