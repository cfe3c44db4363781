"""`rootcellar restore`: bring files of a snapshot back, into a folder."""

import sys
from dataclasses import asdict
from pathlib import Path
from typing import NoReturn

import click

from rootcellar.archive.identity import read_identity
from rootcellar.cli.choosing import choose_archive, relative
from rootcellar.cli.options import ANY_PATH, dry_run_option, place_options
from rootcellar.cli.output import size_in_words, tell_json
from rootcellar.config import load_place
from rootcellar.errors import UsageError
from rootcellar.outcomes import EXIT_CODES
from rootcellar.quantities import counted
from rootcellar.snapshots.restoring import Restored, Restoring
from rootcellar.state.path import default_path
from rootcellar.state.store import StateStore, now

SHOWN = 10


@click.command()
@click.argument("paths", nargs=-1, metavar="[PATH ...]")
@click.option("--snapshot", "wanted", help="Which one; the beginning of its name is enough.")
@click.option("--to", type=ANY_PATH, help="The folder to restore into.")
@click.option("--overwrite", is_flag=True, help="Replace other files that are in the way.")
@dry_run_option
@click.option(
    "--drill",
    type=click.IntRange(1),
    metavar="N",
    help="Restore N random files to a scratch place, compare and open them.",
)
@place_options
def command(
    paths: tuple[str, ...],
    wanted: str | None,
    to: Path | None,
    overwrite: bool,
    dry_run: bool,
    drill: int | None,
    archive: Path | None,
    settings: Path | None,
    as_json: bool,
) -> None:
    """Bring files of a snapshot back, into a folder.

    A PATH is a file or folder of the archive, a pattern ('Photos/2024/*.HEIC'), an exporter
    (notes) or the title of an item ("Apple pie"); without any, everything is restored. Every file
    is checked while it is written. The archive itself is not changed.

    With --drill, random files of random snapshots are restored to a scratch place, compared and
    opened, and nothing of it remains: a backup that is never restored is none.

    Exit code 3 when bytes exist nowhere any more; these files are named.
    """
    from rootcellar.engine.opening import read_archive

    if drill is not None:
        if paths or to or wanted:
            raise UsageError(
                "--drill chooses files and snapshots by itself.",
                hint="Leave out the paths, --snapshot and --to.",
            )
        _drill(drill, archive, settings, as_json=as_json)
    if to is None:
        raise UsageError("Where to?", hint="Name a new or an empty folder with --to DIR.")
    with StateStore(default_path()) as state:
        place = choose_archive(archive, load_place(settings), state)
        with read_archive(place, state) as disk:
            restoring = Restoring(disk, wanted)
            chosen = restoring.select(relative(paths, place))
            report = restoring.restore(
                chosen, to.expanduser(), overwrite=overwrite, dry_run=dry_run
            )
    if as_json:
        tell_json({"outcome": report.outcome, "archive": str(place), **asdict(report)})
    else:
        _tell(report)
    sys.exit(EXIT_CODES[report.outcome])


def _drill(count: int, archive: Path | None, settings: Path | None, *, as_json: bool) -> NoReturn:
    from rootcellar.engine.opening import read_archive
    from rootcellar.snapshots.drilling import drill

    with StateStore(default_path()) as state:
        place = choose_archive(archive, load_place(settings), state)
        with read_archive(place, state) as disk:
            report = drill(disk, count)
            identity = read_identity(disk)
        row = state.archive(identity.uuid) if identity else None
        if row is not None:
            state.trees.put_occasion(row, "drill", now(), report.outcome)
    if as_json:
        tell_json({"outcome": report.outcome, "archive": str(place), **asdict(report)})
    else:
        click.echo(
            f"{counted(report.drilled, 'file')} ({size_in_words(report.bytes)}) of "
            f"{counted(report.snapshots, 'snapshot')} restored and compared; "
            f"{report.opened:,} of them opened."
        )
        for one in report.failed:
            click.echo(f"  FAILED {one.path} of {one.snapshot}: {one.reason}")
        if not report.failed:
            click.echo("All of them are as they were.")
    sys.exit(EXIT_CODES[report.outcome])


def _tell(report: Restored) -> None:
    verb = "would be restored" if report.dry_run else "restored"
    click.echo(
        f"{counted(report.files, 'file')}, {size_in_words(report.bytes)} {verb} "
        f"from {report.snapshot} to {report.to}"
    )
    if report.same:
        click.echo(f"{counted(report.same, 'file was', 'files were')} there already.")
    if report.lost:
        files = counted(len(report.lost), "file")
        click.echo(click.style(f"{files} cannot be restored:", fg="red"))
        for one in report.lost[:SHOWN]:
            click.echo(f"  {one.path}: {one.reason}")
        if len(report.lost) > SHOWN:
            click.echo(f"  and {len(report.lost) - SHOWN:,} more; --json names all")
