"""One tick: which jobs are due, each run in turn, what became of it kept, whoever must know told.

A tick with nothing to do must cost next to nothing: what is heavy is imported once a job is due.
"""

import contextlib
import fcntl
import traceback
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field, replace
from datetime import datetime, tzinfo
from pathlib import Path
from typing import TYPE_CHECKING

from rootcellar.config import Timetable
from rootcellar.errors import DestinationWaiting, RootcellarError, StateError, UsageError
from rootcellar.schedule.due import Past, Verdict, judge
from rootcellar.schedule.jobs import Job
from rootcellar.schedule.slots import local_zone
from rootcellar.schedule.stopping import Halt, Stop
from rootcellar.state.faults import now
from rootcellar.state.jobs import ARCHIVE, JobRun, Jobs
from rootcellar.state.path import make_private

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
    around: Callable[[str, Job, int], AbstractContextManager[None]] = lambda *_: nullcontext()
    """Entered for the time of the run with this number."""
    ended: Callable[[Turn, Job], None] = lambda *_: None
    """Called when a run has ended, still within `around`."""
    after: Callable[[Turn, Job, Past, Verdict], None] = lambda *_: None
    """Called for every job, run or not, with how it stands now: tells whoever must know."""
    halt: Halt = field(default_factory=Halt)
    """Once it is asked, the run that goes on stops at a safe place, and no other is started."""

    def run(self, names: Sequence[str] = (), *, due_only: bool) -> list[Turn]:
        """Run the jobs that are due, or those that are named, or all; return what became of them.

        Raises UsageError for a name that no job has.
        """
        self.jobs.end_cut_off()
        turns = []
        for name in self._chosen(names):
            job = self.timetable.jobs[name]
            past, verdict = self._judge(name, job)
            turn = Turn(name, verdict)
            if (verdict.due or not due_only) and not self.halt.asked:
                turn = self._run(name, job, verdict)
                past, verdict = self._judge(name, job)
            self.after(turn, job, past, verdict)
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
        return tuple(dict.fromkeys(names)) or tuple(self.timetable.jobs)

    def _judge(self, name: str, job: Job) -> tuple[Past, Verdict]:
        plan, moment = job.plan(name), self.clock()
        past = self.jobs.past(name, moment)
        if not plan.schedule.is_timed:
            present = (past.present or moment) if self.is_present(job) else None
            self.jobs.seen(name, present)
            past = replace(past, present=present)
        return past, judge(plan, past, moment, self.zone())

    def _run(self, name: str, job: Job, verdict: Verdict) -> Turn:
        slot = verdict.slot or self._slot_by_hand(name, job)
        number = self.jobs.start(name, slot, self.clock())
        blank = JobRun(number, name, slot, self.clock(), self.clock(), 1, "failed", False, "", "")
        try:
            with self.around(name, job, number):
                run, report = self._attempt(blank, job, Stop(job.time_budget, self.halt))
                turn = Turn(name, verdict, replace(run, finished=self.clock()), report)
                self.ended(turn, job)
        except KeyboardInterrupt:
            message, hint = "The run was interrupted.", "It goes on when it is due, or run again."
            ended = replace(blank, finished=self.clock(), message=message, hint=hint)
            self.jobs.finish(replace(ended, outcome="waiting"))
            raise
        assert turn.run is not None
        self.jobs.finish(turn.run)
        return turn

    def _attempt(self, blank: JobRun, job: Job, stop: Stop) -> "tuple[JobRun, RunReport | None]":
        try:
            report = self.chain(blank.job, job, stop)
        except RootcellarError as error:
            outcome = error.outcome if error.outcome == "waiting" else "failed"
            return replace(blank, outcome=outcome, message=error.message, hint=error.hint), None
        except Exception as error:  # noqa: BLE001 - one job's fault must not stop the others
            traceback.print_exc()
            fault = f"The job failed unexpectedly: {type(error).__name__}: {error}"
            hint = "This is a fault of the program; please report it with the lines above."
            return replace(blank, message=fault, hint=hint), None
        return _ended(blank, report, stop), report

    def _slot_by_hand(self, name: str, job: Job) -> str:
        """Return which slot a run counts for that somebody asked for while nothing was due."""
        latest = job.plan(name).schedule.latest(self.clock(), self.zone())
        return latest.name if latest else f"by hand {self.clock().isoformat(timespec='seconds')}"


def _ended(run: JobRun, report: "RunReport", stop: Stop) -> JobRun:
    """Return how a run ended whose chain went through."""
    worst_first = sorted(report.exporters.values(), key=lambda one: one.outcome != report.outcome)
    told = next((one for one in worst_first if one.message), None)
    counts = {name: _counts(one.to_plain()) for name, one in report.exporters.items()}
    if report.checked is not None:
        counts[ARCHIVE] = {"damaged": report.checked.damaged, "healed": report.checked.healed}
    is_short = report.outcome == "partial" and any(
        one.failed or one.message for one in report.exporters.values()
    )
    settled = report.outcome in ("ok", "partial", "brake") and not is_short
    return replace(
        run,
        outcome=report.outcome,
        settled=settled or (report.outcome == "waiting" and stop.is_overtime),
        message=told.message if told else _damage(report),
        hint=told.hint if told else "",
        counts=counts,
    )


def _damage(report: "RunReport") -> str:
    if report.checked is None or not report.checked.damaged:
        return ""
    return f"{report.checked.damaged:,} files of the archive are damaged."


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
    try:
        make_private(folder)
        lock = (folder / "run.lock").open("w")
    except OSError as error:
        raise StateError(
            f"The folder of the state, {state_file.parent}, cannot be used: {error.strerror}.",
            hint="Is the internal disk full, or may this folder not be written to?",
        ) from error
    with lock as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            raise DestinationWaiting(
                "Another run is going on.", hint="Wait until it has finished."
            ) from error
        yield
