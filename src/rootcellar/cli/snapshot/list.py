"""`rootcellar snapshot list`: the snapshots, oldest first."""

from pathlib import Path

import click

from rootcellar.archive.manifests import Header
from rootcellar.cli.options import place_options
from rootcellar.cli.output import size_in_words, tell_json, warn
from rootcellar.cli.snapshot.reading import opened, plain
from rootcellar.snapshots.chain import Chain


@click.command()
@place_options
def command(archive: Path | None, settings: Path | None, as_json: bool) -> None:
    """List the snapshots, oldest first."""
    with opened(archive, settings) as (_, chain):
        pass
    if as_json:
        tell_json(
            {
                "snapshots": [plain(chain, chain.headers[name]) for name in chain.order],
                "damaged": [
                    {"id": name, "code": error.code, "message": error.message}
                    for name, error in sorted(chain.damaged.items())
                ],
            }
        )
        return
    for name in chain.order:
        header = chain.headers[name]
        line = f"{name}  {header.files:>9,} files  {size_in_words(header.bytes):>9}"
        click.echo(f"{line}  {_state_of(chain, header)}".rstrip())
    for error in chain.damaged.values():
        warn(error.message)
    if not chain.order:
        click.echo("There is no snapshot yet; the next `rootcellar export` makes one.")


def _state_of(chain: Chain, header: Header) -> str:
    said = []
    for name, one in header.exporters.items():
        if one.safe < one.items or one.failed:
            said.append(f"{name}: {one.safe:,} of {one.items:,} items")
    if header.id in chain.pruned:
        said.append("pruned")
    return "; ".join(said)
