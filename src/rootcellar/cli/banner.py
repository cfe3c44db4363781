"""The line that a person at a terminal sees first when a job is stale, whatever they came for."""

import contextlib
import sys
from pathlib import Path

import click

from rootcellar.errors import RootcellarError
from rootcellar.state.path import default_path

SILENT = frozenset({"run", "schedule", "status", "doctor", "demo", "init"})
"""Commands that say it themselves, have to do with no archive, or are called by a timer."""


def show_banner(command: str, arguments: list[str]) -> None:
    """Say on stderr which jobs are stale; costs nothing where no job has ever run."""
    if command in SILENT or not sys.stderr.isatty() or not default_path().exists():
        return
    with contextlib.suppress(RootcellarError):  # what is wrong is the command's own to tell
        for line in stale_lines(_settings_named(arguments)):
            click.echo(click.style(f"! {line}", fg="red", bold=True), err=True)


def stale_lines(settings: Path | None) -> list[str]:
    """Return a line for every job that is stale."""
    from rootcellar.config import load_timetable
    from rootcellar.schedule.slots import local_zone
    from rootcellar.schedule.standing import standings
    from rootcellar.state.faults import now
    from rootcellar.state.jobs import open_jobs

    timetable = load_timetable(settings)
    with open_jobs(default_path()) as known:
        found = standings(timetable.jobs, known, now(), local_zone())
    return [one.line for one in found if one.verdict.stale]


def _settings_named(arguments: list[str]) -> Path | None:
    for number, argument in enumerate(arguments):
        if argument == "--settings" and number + 1 < len(arguments):
            return Path(arguments[number + 1])
        if argument.startswith("--settings="):
            return Path(argument.partition("=")[2])
    return None
