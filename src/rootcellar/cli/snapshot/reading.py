"""What the commands share that read snapshots."""

import contextlib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import click

from rootcellar.archive.disk import Disk
from rootcellar.archive.manifests import Header
from rootcellar.cli.choosing import choose_archive
from rootcellar.config import load_place
from rootcellar.snapshots.chain import Chain, read_chain
from rootcellar.state.path import default_path
from rootcellar.state.store import StateStore

files_option = click.option("--files", "with_files", is_flag=True, help="Name every file.")


@contextlib.contextmanager
def opened(archive: Path | None, settings: Path | None) -> Iterator[tuple[Disk, Chain]]:
    """Open an archive for reading, with its snapshots."""
    from rootcellar.engine.opening import read_archive

    with StateStore(default_path()) as state:
        place = choose_archive(archive, load_place(settings), state)
        with read_archive(place, state) as disk:
            yield disk, read_chain(disk)


def plain(chain: Chain, header: Header) -> dict[str, Any]:
    """Return what a snapshot says of itself, as plain JSON."""
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
