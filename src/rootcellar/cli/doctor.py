"""`rootcellar doctor`: what can be read here, what cannot, and what to do about it."""

import importlib.util
import os
import platform
import sys
from collections.abc import Callable, Iterator
from dataclasses import asdict
from pathlib import Path

import click

from rootcellar import __version__
from rootcellar.archive.drive import drive_of
from rootcellar.cli.advice import advice_on_archive
from rootcellar.cli.checks import Check, check_notify, check_schedule, check_standings
from rootcellar.cli.output import size_in_words, tell_json
from rootcellar.cli.setting import (
    Setting,
    find_archive,
    json_option,
    places_of,
    setting_options,
)
from rootcellar.errors import RootcellarError, UsageError
from rootcellar.exporter import Exporter
from rootcellar.items import Trouble
from rootcellar.sources.capture import FoundStore, is_readable
from rootcellar.sources.home import open_capture
from rootcellar.state.path import default_path
from rootcellar.state.store import StateStore

LITTLE_SPACE = 1 << 30
"""Less free space than this on the archive's drive is worth a word, in bytes."""


@click.command()
@setting_options
@click.option("--here", is_flag=True, help="Look from here only, not also from the schedule.")
@json_option
def command(
    archive: Path | None,
    home: Path | None,
    settings: Path | None,
    here: bool,
    as_json: bool,
) -> None:
    """Tell what can be read here, what cannot, and what to do about it.

    Exit code 0 when nothing is wrong, 1 when something must be done.
    """
    checks = list(_checks(archive, home, settings))
    if not here and all(check.id != "settings" or check.result == "ok" for check in checks):
        checks += check_schedule(settings)
    problems = [check for check in checks if check.result == "problem"]
    if as_json:
        outcome = "failed" if problems else "ok"
        tell_json({"outcome": outcome, "checks": [asdict(check) for check in checks]})
        sys.exit(bool(problems))
    marks = {"ok": ("ok  ", "green"), "note": ("note", "yellow"), "problem": ("!   ", "red")}
    for check in checks:
        text, colour = marks[check.result]
        click.echo(f"{click.style(text, fg=colour)} {check.message}")
    todo = [check for check in checks if check.hint and check.result != "ok"]
    if todo:
        click.echo("\nWhat to do:")
        for number, check in enumerate(todo, 1):
            click.echo(f"{number}. {check.hint}")
    else:
        click.echo("\nNothing needs to be done.")
    sys.exit(bool(problems))


def _checks(archive: Path | None, home: Path | None, settings: Path | None) -> Iterator[Check]:
    yield Check(
        "program",
        "ok",
        f"rootcellar {__version__}, Python {platform.python_version()} at {sys.executable}, "
        f"{platform.system()} {platform.release()}",
    )
    try:
        setting = Setting.load(settings, home)
    except RootcellarError as error:
        yield Check("settings", "problem", error.message, error.hint)
        return
    there = setting.settings.path.exists()
    where = f"Settings: {setting.settings.path}" if there else "Settings: none, defaults are used"
    yield Check("settings", "ok", where)
    yield from _check_jobs(setting)
    yield from _check_exporters(setting)
    try:
        with StateStore(default_path()) as state:
            yield Check("state", "ok", f"State: {state.path}")
            yield from _check_archive(archive, setting, state)
        yield from check_standings(settings)
        yield from check_notify(setting.settings.notify)
    except RootcellarError as error:
        yield Check("state", "problem", error.message, error.hint)


def _check_jobs(setting: Setting) -> Iterator[Check]:
    for name, job in setting.settings.jobs.items():
        try:
            setting.chosen(job.exporters)
        except RootcellarError as error:
            yield Check(f"job.{name}", "problem", f"The job {name}: {error.message}", error.hint)
        if job.concern:
            hint = (
                f"Set stale_after of {name} to more, or leave it out: then there is time for two."
            )
            yield Check(f"job.{name}", "note", f"The job {name}: {job.concern}", hint)


def _check_exporters(setting: Setting) -> Iterator[Check]:
    for plugin in setting.installed.broken:
        yield Check(
            f"exporter.{plugin.name}",
            "problem",
            f"The exporter {plugin.name} ({plugin.distribution}) is broken: {plugin.reason}",
            f"Update or remove the package {plugin.distribution}.",
        )
    for exporter in setting.installed.exporters:
        found = setting.stores(exporter)
        for problem in found.problems:
            yield Check(f"store.{exporter.name}", "problem", problem.message, problem.hint)
        for store in found.stores:
            yield from _check_store(exporter.name, store.path)
        if setting.home.is_live and found.stores:
            yield from _second_look(setting, exporter, found.stores)
        if not found.stores and not found.problems:
            places = places_of(setting.home.path, exporter)
            yield Check(
                f"store.{exporter.name}",
                "note",
                f"{exporter.name}: nothing found below {places}",
                f"If your {exporter.name} are elsewhere, name their home with --home.",
            )
    if importlib.util.find_spec("osxphotos") is None:
        yield Check(
            "osxphotos",
            "problem",
            "The package osxphotos is missing.",
            "Install rootcellar again: it brings osxphotos along.",
        )


def _second_look(
    setting: Setting, exporter: Exporter, stores: tuple[FoundStore, ...]
) -> Iterator[Check]:
    """Ask the app itself whether it tells of the same as its store."""
    name = f"live.{exporter.name}"
    try:
        with open_capture(setting.home, stores, setting.settings.tables[exporter.name]) as capture:
            for found in exporter.second_look(capture):
                if isinstance(found, Trouble):
                    yield Check(name, "note", f"{exporter.name}: {found.reason}", found.hint)
                else:
                    yield Check(name, "ok", f"{exporter.name}: {found.text}")
    except RootcellarError as error:
        yield Check(name, "note", f"{exporter.name}: {error.message}", error.hint)


def _check_store(exporter: str, path: Path) -> Iterator[Check]:
    unreadable = _first_unreadable(path, is_readable)
    if unreadable is None:
        yield Check(f"store.{exporter}", "ok", f"{exporter}: {path} can be read")
        return
    from rootcellar.sources.home import FULL_DISK_ACCESS

    hint = FULL_DISK_ACCESS
    if sys.platform != "darwin":
        hint = f"Allow your user to read {unreadable} (chmod, or mount it with your user id)."
    yield Check(f"store.{exporter}", "problem", f"{exporter}: {unreadable} cannot be read", hint)


def _first_unreadable(path: Path, readable: Callable[[Path], bool]) -> Path | None:
    """Return the first of a store's own folders and databases that cannot be opened."""
    if not readable(path):
        return path
    folders = (path / "database", path / "Stores")
    inside = [one for folder in folders for one in (folder, *sorted(folder.glob("*.sqlite")))]
    return next((one for one in inside if one.exists() and not readable(one)), None)


def _check_archive(archive: Path | None, setting: Setting, state: StateStore) -> Iterator[Check]:
    from rootcellar.engine.opening import locate, look

    try:
        found = find_archive(archive, setting.settings, state)
    except UsageError as error:
        yield Check("archive", "note", error.message, error.hint)
        return
    for note in found.notes:
        hint = "If it is to stay there, name that place in the settings."
        yield Check("archive.moved", "note", note, hint)
    place = locate(found.path)
    try:
        identity = look(place, state, setting.settings.archive, meant=found.uuid)
    except RootcellarError as error:
        yield Check("archive", "problem", error.message, error.hint)
        return
    if identity is None:
        yield Check("archive", "ok", f"Archive: {place} will be made by the first export")
    else:
        yield Check("archive", "ok", f"Archive: {place} (run {identity.counter})")
        yield from _check_drive(place)
        yield from _check_missing(setting, state, identity.uuid)
    for advice in advice_on_archive(place, setting.home.path):
        yield Check("archive.place", "note", advice, "Think about another place for the archive.")


def _check_missing(setting: Setting, state: StateStore, uuid: str) -> Iterator[Check]:
    """Tell of exporters whose items are in the archive, and whose data is nowhere to be found."""
    row = state.archive(uuid)
    wanted = setting.settings.exporters
    for exporter in setting.installed.exporters:
        if wanted and exporter.name not in wanted:
            continue
        found = setting.stores(exporter)
        living = state.coverage.living(row, exporter.name) if row else 0
        if living and not found.stores and not found.problems:
            yield Check(
                f"store.{exporter.name}",
                "problem",
                f"{exporter.name}: {living:,} items are in the archive, and their source is gone",
                "Is it on a drive that is not connected, or has it moved? Name its home with "
                "--home, or in the settings.",
            )


def _check_drive(place: Path) -> Iterator[Check]:
    drive = drive_of(place)
    words = f"{size_in_words(drive.free)} free on the archive's drive ({drive.kind or 'unknown'})"
    if drive.free < LITTLE_SPACE:
        yield Check("archive.space", "problem", words, "Free some space on the archive's drive.")
    else:
        yield Check("archive.space", "ok", words)
    if drive.is_read_only or not os.access(place, os.W_OK):
        yield Check(
            "archive.writable",
            "problem",
            f"{place} cannot be written to",
            "Check the permissions of the folder, and whether the drive is read-only.",
        )
