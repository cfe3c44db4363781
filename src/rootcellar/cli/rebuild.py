"""`rootcellar rebuild`: make the state again from the archive itself."""

import sys
from pathlib import Path

import click

from rootcellar.cli.output import tell_json
from rootcellar.cli.setting import (
    ANY_PATH,
    archive_option,
    choose_archive,
    json_option,
    load_only_settings,
)
from rootcellar.outcomes import EXIT_CODES
from rootcellar.quantities import counted
from rootcellar.state.path import default_path
from rootcellar.state.store import StateStore

SHOWN = 10


@click.command()
@archive_option
@click.option("--settings", type=ANY_PATH, help="Use this settings file.")
@json_option
def command(archive: Path | None, settings: Path | None, as_json: bool) -> None:
    """Make the state again from the archive itself.

    The state on the internal disk remembers what has been exported. It can be lost without harm:
    everything in it is read back from the archive. The archive is only read.

    Exit code 0 when every file is there, 3 when some are lost.
    """
    from rootcellar.archive.identity import read_identity
    from rootcellar.engine.opening import open_archive, require_archive
    from rootcellar.engine.rebuilding import rebuild

    with StateStore(default_path()) as state:
        place = choose_archive(archive, load_only_settings(settings), state)
        require_archive(place, state)
        with open_archive(place, state, adopt=True) as opened:
            identity = read_identity(opened.disk)
            assert identity is not None
            found = rebuild(opened.disk, identity, state)
    outcome = "partial" if found.lost else "ok"
    if as_json:
        tell_json(
            {
                "outcome": outcome,
                "archive": str(place),
                "items": found.items,
                "files": found.files,
                "lost": list(found.lost),
            }
        )
        sys.exit(EXIT_CODES[outcome])
    said = f"{counted(found.items, 'item')}, {counted(found.files, 'file')}"
    click.echo(f"The state was rebuilt: {said}.")
    if found.lost:
        click.echo(f"{counted(len(found.lost), 'file')} of the records, not there any more:")
        for path in found.lost[:SHOWN]:
            click.echo(f"  {path}")
        click.echo("The next export takes them from the source again, where it still has them.")
    sys.exit(EXIT_CODES[outcome])
