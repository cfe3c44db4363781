"""`rootcellar snapshot create`: a snapshot now, if anything has changed."""

import sys
from dataclasses import asdict
from pathlib import Path

import click

from rootcellar.cli.choosing import choose_archive
from rootcellar.cli.options import place_options
from rootcellar.cli.output import tell_json, warn
from rootcellar.config import load_place
from rootcellar.outcomes import EXIT_CODES
from rootcellar.quantities import counted
from rootcellar.snapshots.walking import Walk
from rootcellar.state.path import default_path
from rootcellar.state.store import StateStore

SHOWN = 10


@click.command()
@click.option("--trusted", is_flag=True, help="Look at no file; trust what was written last.")
@place_options
def command(trusted: bool, archive: Path | None, settings: Path | None, as_json: bool) -> None:
    """Look at every file's size and time, and make a snapshot if anything has changed.

    Pages that you have edited are in it as they are now. Exit code 3 when a file that should be
    as it was is changed or missing: `rootcellar verify` says more, and mends what it can.
    """
    from rootcellar.engine.opening import open_archive, require_archive
    from rootcellar.snapshots.making import Maker

    with StateStore(default_path()) as state:
        place = choose_archive(archive, load_place(settings), state)
        require_archive(place, state)
        with open_archive(place, state) as found:
            before = state.trees.last(found.row)
            maker = Maker(found.disk, state, found.row, found.identity)
            maker.make()
            seen = Walk() if trusted else maker.walk()
            last = state.trees.last(found.row)
            notes = found.notes
    made = last is not None and last != before
    for note in notes:
        warn(note)
    if as_json:
        tell_json(
            {
                "outcome": seen.outcome,
                "archive": str(place),
                "snapshot": last.id if last else None,
                "made": made,
                **({} if trusted else {"walk": asdict(seen)}),
            }
        )
    else:
        _tell_created(last.id if last else "", seen, made=made)
    sys.exit(EXIT_CODES[seen.outcome])


def _tell_created(last: str, seen: Walk, *, made: bool) -> None:
    if made:
        click.echo(f"Snapshot {last} was made.")
    elif seen.damaged or seen.missing:
        click.echo(f"No snapshot was made: what is not as it was in {last} is damage.")
    else:
        click.echo(f"Nothing has changed since {last}.")
    for one, several, paths in (
        ("page you have edited", "pages you have edited", seen.edited),
        (
            "file changed that nobody should change",
            "files changed that nobody should change",
            seen.damaged,
        ),
        ("file missing", "files missing", seen.missing),
    ):
        if paths:
            click.echo(f"  {counted(len(paths), one, several)}:")
            _tell_some(paths)
    if seen.damaged or seen.missing:
        click.echo("Run `rootcellar verify`: it mends what can be mended.")


def _tell_some(paths: list[str]) -> None:
    for path in paths[:SHOWN]:
        click.echo(f"    {path}")
    if len(paths) > SHOWN:
        click.echo(f"    and {len(paths) - SHOWN:,} more")
