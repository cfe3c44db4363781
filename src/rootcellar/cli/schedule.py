"""`rootcellar schedule`: hand `rootcellar run --due` to launchd, systemd or cron."""

import shlex
import sys
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any, Protocol

import click

from rootcellar.cli.options import json_option, settings_option
from rootcellar.cli.output import tell_json
from rootcellar.cli.setting import Setting
from rootcellar.config import Timetable, load_timetable
from rootcellar.errors import StateError, UsageError
from rootcellar.schedule.logs import TIMER_LOG
from rootcellar.schedule.marks import LOOKED, marks_folder, set_mark
from rootcellar.schedule.waking import (
    Answer,
    Installed,
    Templates,
    Wake,
    default_system,
    systems_here,
)
from rootcellar.state.faults import now
from rootcellar.state.jobs import open_jobs
from rootcellar.state.path import default_path, logs_folder, make_private


class System(Protocol):
    """What wakes programs on a machine."""

    name: str

    def install(self) -> list[str]:
        """Install the timer; return what a person should know."""

    def remove(self) -> None:
        """Remove it, and all it has left."""

    def show(self) -> Installed:
        """Return what the system really has."""

    @property
    def grantee(self) -> str:
        """The program that must be allowed to read, where the system asks for that."""

    def probe(self, command: Sequence[str]) -> Answer:
        """Run a command as the schedule runs, and return what it said."""


system_option = click.option(
    "--with",
    "system",
    type=click.Choice(["launchd", "systemd", "cron"]),
    help="Use this one, and not what this machine uses by itself.",
)


@click.group()
def command() -> None:
    """Hand `rootcellar run` to launchd, systemd or cron."""


@command.command()
@system_option
@settings_option
def install(system: str | None, settings: Path | None) -> None:
    """Have the system run what is due, every quarter of an hour and when a drive is connected."""
    timetable = load_timetable(settings)
    setting = Setting.load(settings, None)
    for job in timetable.jobs.values():
        setting.chosen(job.exporters)  # what is wrong is better said now than at 3 in the night
    before = systems_installed(settings)
    chosen = system_named(system or (before[0].name if before else None), settings)
    try:
        make_private(logs_folder())
    except OSError as error:
        raise StateError(
            f"The folder of the logs, {logs_folder()}, cannot be made: {error.strerror}.",
            hint="Is the internal disk full, or may this folder not be written to?",
        ) from error
    hints = chosen.install()
    _expect(timetable)
    for other in before:
        if other.name != chosen.name:
            other.remove()
            click.echo(f"{other.name} no longer calls rootcellar.")
    click.echo(f"{chosen.name} now calls rootcellar every quarter of an hour. The jobs:")
    for name, job in timetable.jobs.items():
        click.echo(f"  {click.style(name, bold=True)}: {job.schedule}")
        if job.concern:
            click.echo(click.style(f"    {job.concern}", fg="yellow"))
    for hint in hints:
        click.echo(hint)
    click.echo("\n`rootcellar doctor` tells whether everything can be read from there.")


def _expect(timetable: Timetable) -> None:
    """From here on the system should call: jobs that it never runs shall be stale in time."""
    set_mark(marks_folder(default_path()) / LOOKED, now())
    with open_jobs(default_path()) as known:
        for name in timetable.jobs:
            known.past(name, now())


@command.command()
@system_option
@settings_option
@json_option
def show(system: str | None, settings: Path | None, as_json: bool) -> None:
    """Tell what the system really has. Exit code 1 when something must be done."""
    chosen = system_named(system, settings) if system else system_installed(settings)
    found = (chosen or system_named(None, settings)).show()
    is_well = found.installed and not found.problems
    if as_json:
        tell_json(_document(found, "ok" if is_well else "failed"))
    else:
        _tell(found)
    sys.exit(not is_well)


@command.command()
@system_option
@settings_option
def remove(system: str | None, settings: Path | None) -> None:
    """Have the system run nothing any more. The archive, its state and the settings stay."""
    installed = systems_installed(settings)
    for one in [system_named(system, settings)] if system else installed:
        one.remove()
    gone = [one.name for one in installed if system in (None, one.name)]
    for name in gone:
        click.echo(f"{name} no longer calls rootcellar.")
    if not gone:
        click.echo("Nothing was installed.")


def system_installed(settings: Path | None) -> System | None:
    """Return what calls rootcellar on this machine; None when nothing does."""
    return next(iter(systems_installed(settings)), None)


def systems_installed(settings: Path | None) -> list[System]:
    """Return all that calls rootcellar on this machine, the best first; one is enough."""
    here = [system_named(name, settings) for name in systems_here()]
    return [system for system in here if system.show().installed]


def system_named(name: str | None, settings: Path | None) -> System:
    """Return what wakes programs here, or the one that is named; raises UsageError."""
    if settings is not None and not settings.exists():
        raise UsageError(f"There is no settings file {settings}.", hint="Check the path.")
    from rootcellar.schedule.crontab import Cron
    from rootcellar.schedule.launchd import Launchd
    from rootcellar.schedule.systemd import Systemd

    kinds: dict[str, type[Launchd] | type[Systemd] | type[Cron]] = {
        "launchd": Launchd,
        "systemd": Systemd,
        "cron": Cron,
    }
    log = logs_folder() / TIMER_LOG
    return kinds[name or default_system()](Wake.of_this_program(settings, log), Templates())


def _document(found: Installed, outcome: str) -> dict[str, Any]:
    plain = asdict(found)
    plain["files"] = [str(path) for path in found.files]
    plain["command"] = list(found.command)
    plain["problems"] = [{"message": text, "hint": hint} for text, hint in found.problems]
    plain["next"] = plain.pop("following") or None
    return {"outcome": outcome, **plain}


def _tell(found: Installed) -> None:
    if not found.installed:
        click.echo(f"{found.system} does not call rootcellar.")
        click.echo("Run: rootcellar schedule install")
        return
    click.echo(f"{found.system} calls: {shlex.join(found.command)}")
    for path in found.files:
        click.echo(f"  {path}")
    for name, value in found.details.items():
        click.echo(f"  {name}: {value}")
    for message, hint in found.problems:
        click.echo(click.style(message, fg="yellow"))
        click.echo(f"  {hint}")
