"""`rootcellar init`: find what is here, choose a place, make the archive, write the settings."""

import sys
from pathlib import Path

import click

from rootcellar.cli.advice import advice_on_archive
from rootcellar.cli.output import warn
from rootcellar.cli.setting import ANY_PATH, Setting
from rootcellar.config import settings_path
from rootcellar.errors import UsageError
from rootcellar.new_settings import settings_text, write_settings
from rootcellar.state.path import default_path
from rootcellar.state.store import StateStore


@click.command()
@click.argument("archive", type=ANY_PATH, required=False)
@click.option("--home", type=ANY_PATH, help="The Mac home to read.")
@click.option("--settings", type=ANY_PATH, help="Write this settings file.")
@click.option("--yes", is_flag=True, help="Ask nothing.")
def command(archive: Path | None, home: Path | None, settings: Path | None, yes: bool) -> None:
    """Find what is on this machine, choose a place, and write the settings.

    ARCHIVE is a new or empty folder, best on another drive; or an archive that exists already,
    which is then taken over.
    """
    from rootcellar.engine.opening import locate, look, open_archive

    place = settings or settings_path()
    setting = Setting.load(settings if settings and settings.exists() else None, home)
    _show_found(setting)
    if archive is None:
        if yes or not sys.stdin.isatty():
            raise UsageError(
                "No folder for the archive was named.",
                hint="rootcellar init /Volumes/Drive/Archive --yes",
            )
        archive = Path(click.prompt("Where shall the archive be (a new or empty folder)?"))
    archive = locate(archive)
    with StateStore(default_path()) as state:
        known = look(archive, state)
        for advice in advice_on_archive(archive, setting.home.path):
            warn(advice)
        verb = "Use the archive that is at" if known else "Make an archive in"
        if not yes and sys.stdin.isatty():
            click.confirm(f"{verb} {archive}?", default=True, abort=True)
        with open_archive(archive, state) as opened:
            for note in opened.notes:
                warn(note)
    _write(place, archive, home)
    click.echo("\nNow run: rootcellar export")


def _show_found(setting: Setting) -> None:
    click.echo(f"In {setting.home.path} there is:")
    nothing = True
    for exporter in setting.installed.exporters:
        found = setting.stores(exporter)
        for store in found.stores:
            nothing = False
            click.echo(f"  {click.style(exporter.name, bold=True)}: {store.path}")
        for problem in found.problems:
            click.echo(click.style(f"  {problem.message}", fg="yellow"))
            click.echo(f"  {problem.hint}")
    if nothing:
        click.echo("  nothing that rootcellar can read. (Another home can be named with --home.)")


def _write(place: Path, archive: Path, home: Path | None) -> None:
    text = settings_text(archive, home.absolute() if home else None)
    if write_settings(place, text):
        click.echo(f"The archive is at {archive}; the settings are in {place}.")
    else:
        click.echo(f"The archive is at {archive}.")
        warn(
            f"There are settings already, and they were left as they are: {place}. "
            f'To use this archive without naming it, write there: archive = "{archive}"'
        )
