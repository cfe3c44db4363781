"""`rootcellar run`: what jobs are made of, now or when they are due; what the system wakes."""

import contextlib
import io
import sys
from collections.abc import Iterator
from contextlib import AbstractContextManager, nullcontext
from dataclasses import asdict
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from rootcellar.cli.options import json_option, settings_option
from rootcellar.cli.output import tell_json
from rootcellar.config import Timetable, load_notify, load_timetable
from rootcellar.errors import DestinationWaiting
from rootcellar.outcomes import EXIT_CODES, worst
from rootcellar.schedule.beside import looking, tell_of_all
from rootcellar.schedule.due import Past, Verdict
from rootcellar.schedule.jobs import Job
from rootcellar.schedule.logs import Logs
from rootcellar.schedule.marks import LOOKED, marks_folder, set_mark
from rootcellar.schedule.running import Tick, Turn, run_lock
from rootcellar.schedule.stopping import Stop, heeding_signals
from rootcellar.schedule.telling import Teller, deliver, ping_ended, ping_started
from rootcellar.schedule.unable import Unable
from rootcellar.state.faults import now
from rootcellar.state.jobs import Jobs, open_jobs
from rootcellar.state.path import default_path, logs_folder

if TYPE_CHECKING:
    from rootcellar.report import RunReport


@click.command()
@click.argument("jobs", nargs=-1, metavar="[JOB ...]")
@click.option("--due", is_flag=True, help="Only the jobs that are due: what the schedule calls.")
@settings_option
@json_option
def command(jobs: tuple[str, ...], due: bool, settings: Path | None, as_json: bool) -> None:
    """Run jobs: export, and whatever follows it.

    Without names, every job of the settings is run.
    """
    turns: list[Turn] = []
    marks = marks_folder(default_path())
    watching: AbstractContextManager[None] = nullcontext()
    if due:
        set_mark(marks / LOOKED, now())
        watching = Unable(marks, deliver).watching(partial(load_notify, settings), now)
    with watching:
        timetable = load_timetable(settings)
        try:
            with run_lock(default_path()), open_jobs(default_path()) as known:
                teller = Teller(timetable.notify, deliver)
                tick = _tick(timetable, known, teller, quiet=as_json)
                look = partial(tell_of_all, timetable, default_path(), teller)
                with heeding_signals(tick.halt), looking(look):
                    turns = tick.run(jobs, due_only=due)
        except DestinationWaiting:
            if not due:
                raise  # when due, another run is going on: nothing is lost
    outcome = worst(turn.run.outcome for turn in turns if turn.run)
    if as_json:
        tell_json(_document(turns, outcome))
    else:
        _tell(turns, quiet=due and not sys.stdout.isatty())
    sys.exit(EXIT_CODES[outcome])


def _tick(timetable: Timetable, known: Jobs, teller: Teller, *, quiet: bool) -> Tick:
    """Return a tick that does what people expect of one: it records, tells and pings."""
    logs = Logs(logs_folder())

    def chain(name: str, job: Job, stop: Stop) -> "RunReport":
        from rootcellar.cli.chain import run_chain  # all that is heavy, once a job is due

        begun = partial(ping_started, job)
        return run_chain(timetable, name, job, stop, quiet=quiet, begun=begun)

    def is_present(job: Job) -> bool:
        from rootcellar.cli.presence import is_archive_there

        return is_archive_there(timetable, job)

    @contextlib.contextmanager
    def around(name: str, job: Job, number: int) -> Iterator[None]:
        del job
        head = f"{name}, run {number}, {now().isoformat(timespec='seconds')}"
        with logs.recording(number, head):
            yield

    def ended(turn: Turn, job: Job) -> None:
        assert turn.run is not None
        words = io.StringIO()
        with contextlib.redirect_stdout(words), contextlib.redirect_stderr(words):
            _tell_turn(turn)
        logs.add(turn.run.id, words.getvalue())
        ping_ended(job, turn.run)

    def after(turn: Turn, job: Job, past: Past, verdict: Verdict) -> None:
        del job
        teller.tell(known, turn.job, past, verdict, now())

    return Tick(
        timetable,
        known,
        chain,
        clock=now,
        is_present=is_present,
        around=around,
        ended=ended,
        after=after,
    )


def _document(turns: list[Turn], outcome: str) -> dict[str, Any]:
    """Return the one JSON document: the shape of an export's, with the jobs beside it."""
    reports = [turn.report.to_plain() for turn in turns if turn.report]
    merged = reports[-1] if reports else {"archive": None, "snapshot": None}
    exporters: dict[str, Any] = {}
    for report in reports:
        exporters |= report["exporters"]
    runs = [turn.run for turn in turns if turn.run]
    moments = [run.started for run in runs] or [now()]
    ends = [run.finished for run in runs] or [now()]
    return {
        "outcome": outcome,
        "archive": merged["archive"],
        "snapshot": merged["snapshot"],
        "started": min(moments).isoformat(timespec="seconds"),
        "finished": max(ends).isoformat(timespec="seconds"),
        "exporters": exporters,
        "jobs": {turn.job: _job(turn) for turn in turns},
    }


def _job(turn: Turn) -> dict[str, Any]:
    upcoming = turn.verdict.upcoming
    checked = turn.report.checked if turn.report else None
    return {
        "due": turn.verdict.due,
        "reason": turn.verdict.reason,
        "run": turn.run.id if turn.run else None,
        "outcome": turn.run.outcome if turn.run else None,
        "message": turn.run.message if turn.run else "",
        "hint": turn.run.hint if turn.run else "",
        "next": upcoming.isoformat(timespec="seconds") if upcoming else None,
        "deadline": turn.verdict.deadline.isoformat(timespec="seconds"),
        "stale": turn.verdict.stale,
        "checked": asdict(checked) if checked else None,
    }


def _tell(turns: list[Turn], *, quiet: bool) -> None:
    for turn in turns:
        if turn.run is not None:
            _tell_turn(turn)
        elif not quiet:
            click.echo(f"{click.style(turn.job, bold=True)}: {turn.verdict.reason}.")


def _tell_turn(turn: Turn) -> None:
    assert turn.run is not None
    click.echo(f"{click.style(turn.job, bold=True)}: {turn.run.outcome}")
    if turn.report is not None:
        from rootcellar.cli.export import tell_report

        tell_report(turn.report)
    elif turn.run.message:
        click.echo(click.style(f"  {turn.run.message}", fg="red"))
        click.echo(f"  {turn.run.hint}")
