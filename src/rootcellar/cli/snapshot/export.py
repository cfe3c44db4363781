"""`rootcellar snapshot export`: write a snapshot out for other programs."""

import sys
from dataclasses import asdict
from pathlib import Path

import click

from rootcellar.cli.choosing import choose_archive
from rootcellar.cli.options import ANY_PATH, place_options
from rootcellar.cli.output import size_in_words, tell_json
from rootcellar.config import load_place
from rootcellar.errors import UsageError
from rootcellar.outcomes import EXIT_CODES
from rootcellar.quantities import counted
from rootcellar.snapshots.interchange import write_bag, write_sha256sums
from rootcellar.snapshots.restoring import Restoring
from rootcellar.state.path import default_path
from rootcellar.state.store import StateStore


@click.command()
@click.argument("snapshot", required=False)
@click.option("--bagit", type=ANY_PATH, metavar="DIR", help="Make a BagIt bag in this folder.")
@click.option("--sha256sums", type=ANY_PATH, metavar="FILE", help="Write digests to this file.")
@place_options
def command(
    snapshot: str | None,
    bagit: Path | None,
    sha256sums: Path | None,
    archive: Path | None,
    settings: Path | None,
    as_json: bool,
) -> None:
    """Write a snapshot out for other programs.

    A BagIt bag (RFC 8493) is a folder with all files and their digests, as libraries and archives
    exchange them. The digests alone can be compared with `sha256sum -c` or `shasum -a 256 -c`.
    """
    from rootcellar.engine.opening import read_archive

    if (bagit is None) == (sha256sums is None):
        raise UsageError(
            "Say what to write.", hint="Either --bagit DIR or --sha256sums FILE, one of the two."
        )
    with StateStore(default_path()) as state:
        place = choose_archive(archive, load_place(settings), state)
        with read_archive(place, state) as disk:
            restoring = Restoring(disk, snapshot)
            if bagit is not None:
                report = write_bag(restoring, bagit.expanduser())
            elif sha256sums is not None:
                report = write_sha256sums(restoring, sha256sums.expanduser())
    if as_json:
        tell_json({"outcome": report.outcome, "archive": str(place), **asdict(report)})
    else:
        said = f"{counted(report.files, 'file')}, {size_in_words(report.bytes)}"
        click.echo(f"{report.snapshot}: {said} written out to {report.to}")
        for path in report.lost:
            click.echo(f"  LOST {path}")
    sys.exit(EXIT_CODES[report.outcome])
