"""`rootcellar restore`: bring files of a snapshot back, into a folder."""

import sys
from dataclasses import asdict
from pathlib import Path

import click

from rootcellar.cli.output import size_in_words, tell_json
from rootcellar.cli.setting import (
    ANY_PATH,
    choose_archive,
    dry_run_option,
    load_only_settings,
    place_options,
)
from rootcellar.errors import UsageError
from rootcellar.report import EXIT_CODES
from rootcellar.snapshots.restoring import Restored, Restoring
from rootcellar.state.path import default_path
from rootcellar.state.store import StateStore

SHOWN = 10


@click.command()
@click.argument("paths", nargs=-1, metavar="[PATH ...]")
@click.option("--snapshot", "wanted", help="Which one; the beginning of its name is enough.")
@click.option("--to", type=ANY_PATH, help="The folder to restore into.")
@click.option("--overwrite", is_flag=True, help="Replace other files that are in the way.")
@dry_run_option
@place_options
def command(
    paths: tuple[str, ...],
    wanted: str | None,
    to: Path | None,
    overwrite: bool,
    dry_run: bool,
    archive: Path | None,
    settings: Path | None,
    as_json: bool,
) -> None:
    """Bring files of a snapshot back, into a folder.

    A PATH is a file or folder of the archive, a pattern ('Photos/2024/*.HEIC'), an exporter
    (notes) or the title of an item ("Apple pie"); without any, everything is restored. Every file
    is checked while it is written. The archive itself is not changed.

    Exit code 3 when bytes exist nowhere any more; these files are named.
    """
    from rootcellar.engine.opening import read_archive

    if to is None:
        raise UsageError("Where to?", hint="Name a new or an empty folder with --to DIR.")
    with StateStore(default_path()) as state:
        place = choose_archive(archive, load_only_settings(settings), state)
        with read_archive(place, state) as disk:
            restoring = Restoring(disk, wanted)
            chosen = restoring.select(paths)
            report = restoring.restore(
                chosen, to.expanduser(), overwrite=overwrite, dry_run=dry_run
            )
    if as_json:
        tell_json({"outcome": report.outcome, "archive": str(place), **asdict(report)})
    else:
        _tell(report)
    sys.exit(EXIT_CODES[report.outcome])


def _tell(report: Restored) -> None:
    verb = "would be restored" if report.dry_run else "restored"
    click.echo(
        f"{report.files:,} files, {size_in_words(report.bytes)} {verb} "
        f"from {report.snapshot} to {report.to}"
    )
    if report.same:
        click.echo(f"{report.same:,} files were there already.")
    if report.lost:
        click.echo(click.style(f"{len(report.lost):,} files cannot be restored:", fg="red"))
        for one in report.lost[:SHOWN]:
            click.echo(f"  {one.path}: {one.reason}")
        if len(report.lost) > SHOWN:
            click.echo(f"  and {len(report.lost) - SHOWN:,} more; --json names all")
