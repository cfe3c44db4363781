"""`rootcellar export`: bring the archive up to date."""

import contextlib
import sys
from pathlib import Path

import click
from msgspec.structs import replace

from rootcellar.cli.asking import asked
from rootcellar.cli.output import size_in_words, tell_json, warn
from rootcellar.cli.progress import shown_progress
from rootcellar.cli.setting import (
    Setting,
    accept_losses_option,
    dry_run_option,
    find_archive,
    json_option,
    setting_options,
)
from rootcellar.outcomes import EXIT_CODES
from rootcellar.quantities import counted
from rootcellar.report import Checked, Downloaded, ExporterReport, RunReport
from rootcellar.state.path import default_path
from rootcellar.state.store import StateStore

SHOWN = 5
"""How many absent or failed files are named on the screen; --json names all."""


@click.command()
@click.argument("exporters", nargs=-1, metavar="[EXPORTER ...]")
@setting_options
@dry_run_option
@click.option("--thorough", is_flag=True, help="Compare everything, also what seems unchanged.")
@click.option(
    "--download-missing",
    is_flag=True,
    help="Then ask Photos for originals that are only in iCloud (on a Mac).",
)
@accept_losses_option
@json_option
def command(
    exporters: tuple[str, ...],
    archive: Path | None,
    home: Path | None,
    settings: Path | None,
    dry_run: bool,
    thorough: bool,
    download_missing: bool,
    accept_losses: bool,
    as_json: bool,
) -> None:
    """Bring the archive up to date.

    Without names, every exporter that finds its data is run. The archive is made when the folder
    is new or empty.
    """
    from rootcellar.engine.beside import tame_garbage_collection
    from rootcellar.engine.running import run

    tame_garbage_collection()
    with contextlib.redirect_stdout(sys.stderr):  # whatever an exporter prints is not the report
        setting = asked(Setting.load(settings, home), exporters)
        order = setting.order(exporters, thorough=thorough, accept_losses=accept_losses)
        with StateStore(default_path()) as state:
            found = find_archive(archive, setting.settings, state)
            chosen = replace(
                order(found.path, dry_run), meant=found.uuid, download=download_missing
            )
            with shown_progress(quiet=as_json) as progress:
                report = run(chosen, state, progress)
    if as_json:
        tell_json(report.to_plain())
    else:
        tell_report(report)
    sys.exit(EXIT_CODES[report.outcome])


def tell_report(report: RunReport) -> None:
    """Print what a run did, as a person wants to read it."""
    for note in report.notes:
        warn(note)
    for name, one in report.exporters.items():
        click.echo(f"{click.style(name.capitalize(), bold=True)}: {_summary(one)}")
        if one.message:
            colour = "red" if one.outcome == "failed" else "yellow"
            click.echo(click.style(f"  {one.message}", fg=colour))
            if one.hint:
                click.echo(f"  {one.hint}")
        if one.download is not None:
            _tell_download(one.download)
        _tell_shortfalls(one)
    if report.checked is not None:
        _tell_checked(report.checked)
    if report.dry_run:
        click.echo("Nothing was written: this was a dry run.")
    else:
        click.echo(f"Archive: {report.archive}")


def _tell_checked(checked: Checked) -> None:
    said = f"Read again: {counted(checked.files, 'file')}, {size_in_words(checked.bytes)}"
    if checked.left:
        said += f"; {checked.left:,} left for the next times"
    if checked.healed:
        said += f"; {counted(checked.healed, 'damaged file')} healed"
    click.echo(f"{said}.")
    if checked.damaged:
        said = counted(checked.damaged, "file is", "files are")
        click.echo(click.style(f"  {said} DAMAGED:", fg="red"))
        for line in checked.named:
            click.echo(f"    {line}")
        click.echo("    rootcellar verify names them all; restore them from another copy.")


def _summary(report: ExporterReport) -> str:
    if report.outcome == "skipped":
        return "not here"
    counts = {
        "new": report.new,
        "changed": report.changed,
        "moved": report.moved,
        "gone from the source (kept in the archive)": report.gone,
        "unchanged": report.unchanged,
    }
    said = ", ".join(f"{count:,} {what}" for what, count in counts.items() if count)
    if report.skipped:
        said += f"{', ' if said else ''}{report.skipped:,} left out by your settings"
    if report.kept:
        said += f"; {counted(report.kept, 'page')} kept that you have edited"
    if report.files:
        said += f"; {counted(report.files, 'file')}, {size_in_words(report.bytes)} written"
    if not said:
        return "failed" if report.outcome == "failed" else "nothing there"
    return said


def _tell_download(done: Downloaded) -> None:
    if done.asked:
        size = size_in_words(done.bytes)
        click.echo(f"  downloaded {done.arrived:,} of {done.asked:,} asked for ({size})")
    if done.refused:
        click.echo(f"  {done.refused:,} cannot be downloaded, and will not be asked for again")
    if done.stopped:
        click.echo(f"  downloads stopped: {done.stopped}")


def _tell_shortfalls(report: ExporterReport) -> None:
    for what, shortfalls in (("absent", report.absent), ("failed", report.failed)):
        groups: dict[tuple[str, str], list[str]] = {}
        for one in shortfalls:
            groups.setdefault((one.reason, one.hint), []).append(one.title)
        for (reason, hint), titles in groups.items():
            colour = "red" if what == "failed" else "yellow"
            files = "file" if len(titles) == 1 else "files"
            click.echo(click.style(f"  {len(titles):,} {files} {what}: {reason}", fg=colour))
            more = f" and {len(titles) - SHOWN:,} more" if len(titles) > SHOWN else ""
            click.echo(f"    {', '.join(titles[:SHOWN])}{more}")
            if hint:
                click.echo(f"    {hint}")
