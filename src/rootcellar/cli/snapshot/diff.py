"""`rootcellar snapshot diff`: what changed from one snapshot to another."""

from dataclasses import asdict
from pathlib import Path
from typing import Any

import click

from rootcellar.cli.options import place_options
from rootcellar.cli.output import size_in_words, tell_json
from rootcellar.cli.snapshot.reading import files_option, opened
from rootcellar.snapshots.chain import choose
from rootcellar.snapshots.diffing import Difference, compare, in_words


@click.command()
@click.argument("before", required=False)
@click.argument("after", required=False)
@files_option
@place_options
def command(
    before: str | None,
    after: str | None,
    with_files: bool,
    archive: Path | None,
    settings: Path | None,
    as_json: bool,
) -> None:
    """Tell what changed from one snapshot to another.

    With one name: since then. Without any: what the newest has changed.
    """
    with opened(archive, settings) as (disk, chain):
        newer = choose(chain, after)
        older = choose(chain, before) if before else chain.headers[newer].parent
        found = compare(disk, chain, older, newer)
    if as_json:
        tell_json(_difference(found, with_files=with_files))
        return
    click.echo(f"{found.before or 'before the first'} -> {found.after}")
    click.echo(f"  {in_words(found)}")
    click.echo(
        f"  {len(found.added):,} files added, {len(found.changed):,} changed, "
        f"{len(found.removed):,} removed; {size_in_words(found.bytes)}"
    )
    if with_files:
        for sign, paths in (("+", found.added), ("*", found.changed), ("-", found.removed)):
            for path in paths:
                click.echo(f"{sign} {path}")


def _difference(found: Difference, *, with_files: bool) -> dict[str, Any]:
    files: dict[str, Any] = {
        name: getattr(found, name) if with_files else len(getattr(found, name))
        for name in ("added", "changed", "removed")
    }
    return {
        "before": found.before or None,
        "after": found.after,
        "words": in_words(found),
        "exporters": {name: asdict(one) for name, one in found.exporters.items()},
        "files": files,
        "bytes": found.bytes,
    }
