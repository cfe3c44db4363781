"""The list behind the line of `rootcellar status`: each file that is missing, and why."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import click

from rootcellar.errors import UsageError
from rootcellar.state.downloads import DownloadQueue
from rootcellar.state.rows import ArchiveRow
from rootcellar.state.store import StateStore


@dataclass(frozen=True, slots=True)
class Short:
    """One file that is not in the archive: of which item, why, what to do.

    `refused` is what the app said that was asked to download it, if that was the last word.
    """

    key: str
    title: str
    role: str
    reason: str
    hint: str
    failed: bool
    refused: str


def shortfalls(state: StateStore, archive: ArchiveRow, exporter: str) -> Iterator[Short]:
    """Yield every file of an exporter that is missing, in the order of the archive."""
    refused = DownloadQueue(state, archive, exporter).refusals()
    for key, title, gap in state.coverage.missing(archive, exporter):
        said = refused.get(key, "") if gap.downloadable else ""
        yield Short(key, title, gap.role, gap.reason, gap.hint, gap.failed, said)


def require_known(names: Sequence[str], known: Sequence[str]) -> None:
    """Raise UsageError for an exporter that has never run into this archive."""
    for name in names:
        if name not in known:
            raise UsageError(
                f"No exporter named {name} has run into this archive.",
                hint=f"There are: {', '.join(known) or 'none'}.",
            )


def tell_shortfalls(found: Mapping[str, Sequence[Short]]) -> None:
    """Print what is missing, by reason."""
    for some in found.values():
        groups: dict[tuple[str, str], list[Short]] = {}
        for one in some:
            groups.setdefault((one.reason, one.hint), []).append(one)
        for (reason, hint), group in groups.items():
            click.echo()
            click.echo(click.style(reason, bold=True))
            if hint:
                click.echo(f"  {hint}")
            for one in group:
                said = f" ({one.refused})" if one.refused else ""
                click.echo(f"  {one.title}{said}")


def document_of(some: Sequence[Short]) -> list[dict[str, Any]]:
    """Return what is missing as plain JSON."""
    return [
        {
            "key": one.key,
            "title": one.title,
            "role": one.role,
            "reason": one.reason,
            "hint": one.hint,
            "failed": one.failed,
            "refused": one.refused,
        }
        for one in some
    ]
