"""`rootcellar snapshot show`: what one snapshot holds."""

from pathlib import Path

import click

from rootcellar.cli.options import place_options
from rootcellar.cli.output import size_in_words, tell_json
from rootcellar.cli.snapshot.reading import files_option, opened, plain
from rootcellar.quantities import counted
from rootcellar.snapshots.chain import choose, tree_of
from rootcellar.snapshots.diffing import compare, in_words


@click.command()
@click.argument("snapshot", required=False)
@files_option
@place_options
def command(
    snapshot: str | None,
    with_files: bool,
    archive: Path | None,
    settings: Path | None,
    as_json: bool,
) -> None:
    """Tell what a snapshot holds, and what had changed in it; the newest if you name none."""
    with opened(archive, settings) as (disk, chain):
        name = choose(chain, snapshot)
        header = chain.headers[name]
        tree = tree_of(disk, name)
        parent = header.parent if header.parent in chain.headers else ""
        changed = in_words(compare(disk, chain, parent, name))
    tops: dict[str, list[int]] = {}
    for path, entry in tree.items():
        count = tops.setdefault(path.partition("/")[0], [0, 0])
        count[0] += 1
        count[1] += entry.size
    if as_json:
        document = {
            **plain(chain, header),
            "words": changed,
            "folders": {top: {"files": n, "bytes": size} for top, (n, size) in tops.items()},
        }
        if with_files:
            document["entries"] = [
                {"path": path, "size": one.size, "sha256": one.sha256, "key": one.key or None}
                for path, one in sorted(tree.items())
            ]
        tell_json(document)
        return
    click.echo(f"{name}: {counted(header.files, 'file')}, {size_in_words(header.bytes)}")
    click.echo(f"  since the one before: {changed}")
    for exporter, one in header.exporters.items():
        last = f" ({one.outcome})" if one.outcome else ""  # unknown after a rebuild
        click.echo(f"  {exporter}: {one.safe:,} of {one.items:,} items complete{last}")
    for top, (files, size) in sorted(tops.items()):
        click.echo(f"  {top}/  {counted(files, 'file')}, {size_in_words(size)}")
    if name in chain.pruned:
        click.echo(f"  pruned on {chain.pruned[name][:10]}: what had changed since may be gone")
    for path in sorted(tree) if with_files else ():
        click.echo(path)
