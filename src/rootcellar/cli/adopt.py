"""`rootcellar adopt`: take over a folder that another program has exported into."""

import contextlib
import sys
from pathlib import Path

import click
from msgspec.structs import replace

from rootcellar.cli.export import SHOWN, tell_report
from rootcellar.cli.output import size_in_words, tell_json
from rootcellar.cli.progress import shown_progress
from rootcellar.cli.setting import (
    ANY_PATH,
    Setting,
    accept_losses_option,
    choose_archive,
    dry_run_option,
    json_option,
    setting_options,
)
from rootcellar.config import Settings
from rootcellar.outcomes import EXIT_CODES
from rootcellar.quantities import counted
from rootcellar.report import Adopted
from rootcellar.state.path import default_path
from rootcellar.state.store import StateStore


@click.command()
@click.argument("folder", type=ANY_PATH)
@setting_options
@dry_run_option
@accept_losses_option
@json_option
def command(
    folder: Path,
    archive: Path | None,
    home: Path | None,
    settings: Path | None,
    dry_run: bool,
    accept_losses: bool,
    as_json: bool,
) -> None:
    """Take over a folder of exported pictures, without copying them.

    FOLDER is one that `osxphotos export` (or another program) has filled. It is an export that
    renames into the archive whatever FOLDER holds of the library, byte for byte, and copies only
    the rest. What matches nothing stays where it is, and is named.

    When no archive has been chosen yet, FOLDER itself becomes the archive.
    """
    from rootcellar.engine.beside import tame_garbage_collection
    from rootcellar.engine.opening import locate
    from rootcellar.engine.takeover import take_over

    tame_garbage_collection()
    with contextlib.redirect_stdout(sys.stderr):  # whatever an exporter prints is not the report
        setting = Setting.load(settings, home)
        exporters = [one for one in setting.chosen(()) if one.adopts]
        order = setting.order([one.name for one in exporters], accept_losses=accept_losses)
        with StateStore(default_path()) as state:
            place = _place(archive, folder, setting.settings, state)
            in_place = locate(place) == locate(folder)
            wanted = replace(order(place, dry_run), inhabited=in_place)
            with shown_progress(quiet=as_json) as progress:
                report = take_over(wanted, folder, exporters, state, progress)
    if as_json:
        tell_json(report.to_plain())
    else:
        tell_report(report)
        if report.adopted is not None:
            _tell_adopted(report.adopted, dry_run=report.dry_run)
    sys.exit(EXIT_CODES[report.outcome])


def _place(option: Path | None, folder: Path, settings: Settings, state: StateStore) -> Path:
    """Return the archive that is meant; the folder itself when none has been chosen yet."""
    if option is None and settings.archive is None and not state.archive_paths():
        return folder
    return choose_archive(option, settings, state)


def _tell_adopted(adopted: Adopted, *, dry_run: bool) -> None:
    verb = "would be taken over" if dry_run else "taken over"
    files = f"{counted(adopted.files, 'file')}, {size_in_words(adopted.bytes)}"
    click.echo(f"From {adopted.folder}: {files} {verb} without copying.")
    groups: dict[str, list[str]] = {}
    for one in adopted.left:
        groups.setdefault(one.reason, []).append(one.path.removeprefix(f"{adopted.folder}/"))
    for reason, paths in sorted(groups.items()):
        stay = counted(len(paths), "file stays where it is", "files stay where they are")
        click.echo(click.style(f"  {stay}: {reason}", fg="yellow"))
        more = f" and {len(paths) - SHOWN:,} more" if len(paths) > SHOWN else ""
        click.echo(f"    {', '.join(paths[:SHOWN])}{more}")
