"""`rootcellar snapshot`: make, list, show and compare snapshots of the archive."""

import contextlib
import sys
from collections.abc import Iterator, Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

import click

from rootcellar.archive.disk import Disk
from rootcellar.archive.manifests import Header
from rootcellar.cli.interchange import export
from rootcellar.cli.output import size_in_words, tell_json, warn
from rootcellar.cli.prune import prune
from rootcellar.cli.setting import choose_archive, load_place_settings, place_options
from rootcellar.report import EXIT_CODES
from rootcellar.snapshots.chain import Chain, choose, read_chain, tree_of
from rootcellar.snapshots.diffing import Difference, compare, in_words
from rootcellar.snapshots.walking import Walk
from rootcellar.state.path import default_path
from rootcellar.state.store import StateStore

SHOWN = 10
files_option = click.option("--files", "with_files", is_flag=True, help="Name every file.")


@click.group()
def command() -> None:
    """Make, list, show and compare snapshots of the archive.

    A snapshot says what the archive held at one moment. Every export that changes something makes
    one, and nothing is copied for it. `rootcellar restore` brings back what one holds.
    """


@contextlib.contextmanager
def opened(archive: Path | None, settings: Path | None) -> Iterator[tuple[Disk, Chain]]:
    """Open an archive for reading, with its snapshots."""
    from rootcellar.engine.opening import read_archive

    with StateStore(default_path()) as state:
        place = choose_archive(archive, load_place_settings(settings), state)
        with read_archive(place, state) as disk:
            yield disk, read_chain(disk)


# -- create --------------------------------------------------------------------------------------


@command.command()
@click.option("--trusted", is_flag=True, help="Look at no file; trust what was written last.")
@place_options
def create(trusted: bool, archive: Path | None, settings: Path | None, as_json: bool) -> None:
    """Look at every file's size and time, and make a snapshot if anything has changed.

    Pages that you have edited are in it as they are now. Exit code 3 when a file that should be
    as it was is changed or missing: `rootcellar verify` says more, and mends what it can.
    """
    from rootcellar.engine.opening import open_archive, require_archive
    from rootcellar.snapshots.making import Maker

    with StateStore(default_path()) as state:
        place = choose_archive(archive, load_place_settings(settings), state)
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
    click.echo(f"Snapshot {last} was made." if made else f"Nothing has changed since {last}.")
    for what, paths in (
        ("pages you have edited", seen.edited),
        ("files changed that nobody should change", seen.damaged),
        ("files missing", seen.missing),
    ):
        if paths:
            click.echo(f"  {len(paths):,} {what}:")
            _tell_some(paths)
    if seen.damaged or seen.missing:
        click.echo("Run `rootcellar verify`: it mends what can be mended.")


def _tell_some(paths: list[str]) -> None:
    for path in paths[:SHOWN]:
        click.echo(f"    {path}")
    if len(paths) > SHOWN:
        click.echo(f"    and {len(paths) - SHOWN:,} more")


# -- list ----------------------------------------------------------------------------------------


@command.command(name="list")
@place_options
def list_them(archive: Path | None, settings: Path | None, as_json: bool) -> None:
    """List the snapshots, oldest first."""
    with opened(archive, settings) as (_, chain):
        pass
    if as_json:
        tell_json(
            {
                "snapshots": [_plain(chain, chain.headers[name]) for name in chain.order],
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


def _plain(chain: Chain, header: Header) -> dict[str, Any]:
    return {
        "id": header.id,
        "created": header.created,
        "parent": header.parent or None,
        "files": header.files,
        "bytes": header.bytes,
        "complete": header.is_complete,
        "walked": header.walked,
        "pruned": chain.pruned.get(header.id),
        "exporters": _exporters(header),
    }


def _exporters(header: Header) -> Mapping[str, dict[str, Any]]:
    return {
        name: {
            "outcome": one.outcome,
            "items": one.items,
            "safe": one.safe,
            "absent": one.absent,
            "failed": one.failed,
        }
        for name, one in header.exporters.items()
    }


def _state_of(chain: Chain, header: Header) -> str:
    said = []
    for name, one in header.exporters.items():
        if one.safe < one.items or one.failed:
            said.append(f"{name}: {one.safe:,} of {one.items:,} items")
    if header.id in chain.pruned:
        said.append("pruned")
    return "; ".join(said)


# -- show ----------------------------------------------------------------------------------------


@command.command()
@click.argument("snapshot", required=False)
@files_option
@place_options
def show(
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
            **_plain(chain, header),
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
    click.echo(f"{name}: {header.files:,} files, {size_in_words(header.bytes)}")
    click.echo(f"  since the one before: {changed}")
    for exporter, one in header.exporters.items():
        click.echo(f"  {exporter}: {one.safe:,} of {one.items:,} items complete ({one.outcome})")
    for top, (files, size) in sorted(tops.items()):
        click.echo(f"  {top}/  {files:,} files, {size_in_words(size)}")
    if name in chain.pruned:
        click.echo(f"  pruned on {chain.pruned[name][:10]}: what had changed since may be gone")
    for path in sorted(tree) if with_files else ():
        click.echo(path)


# -- diff ----------------------------------------------------------------------------------------


@command.command()
@click.argument("before", required=False)
@click.argument("after", required=False)
@files_option
@place_options
def diff(
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


command.add_command(prune)
command.add_command(export)
