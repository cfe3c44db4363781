"""What is safe, what is missing, how old: in words, for STATUS.txt and the terminal."""

from dataclasses import dataclass

from rootcellar.downloads import Limits, runs_left
from rootcellar.report import RunReport, Scope, scope_counts
from rootcellar.state.downloads import Standing
from rootcellar.state.rows import ArchiveRow, ExporterRow
from rootcellar.state.store import StateStore

SHORT = 2
"""With more reasons than this for what is missing, one line only counts them."""


@dataclass(frozen=True, slots=True)
class Coverage:
    """How much of one exporter's source is in the archive, counted in items.

    `absent` and `failed` map reasons to how many items they concern; `scopes` tells of each part
    of the source, where it has parts.
    """

    exporter: ExporterRow
    items: int
    safe: int
    in_trash: int
    gone: int
    absent: dict[str, int]
    failed: dict[str, int]
    kept: int
    scopes: dict[str, Scope]

    @property
    def line(self) -> str:
        """One line a person understands."""
        if self.safe == self.items:
            text = f"all {self.items:,} items safe"
        else:
            text = f"{self.safe:,} of {self.items:,} items safe"
        short = sum(self.absent.values()) + sum(self.failed.values())
        reasons = [
            f"{count:,} {what}: {reason.rstrip('.')}"
            for what, found in (("absent", self.absent), ("failed", self.failed))
            for reason, count in found.items()
        ]
        if len(reasons) > SHORT:
            reasons = [f"{short:,} files absent or failed, for {len(reasons)} reasons"]
        return "; ".join([text, *reasons])


def scope_line(name: str, scope: Scope) -> str:
    """Return one line about one part of a source."""
    text = ""
    if scope.items:
        safe = "all" if scope.safe == scope.items else f"{scope.safe:,} of"
        text = f"{safe} {scope.items:,} safe"
    if scope.left_out:
        text += f"{', ' if text else ''}{scope.left_out:,} left out by your settings"
    return f"{name}: {text}"


def coverage(state: StateStore, archive: ArchiveRow, exporter: str) -> Coverage:
    """Return how much of an exporter's source is in the archive."""
    row = state.exporter(archive, exporter)
    items, in_trash, gone, incomplete = state.coverage.totals(archive, exporter)
    absent: dict[str, set[str]] = {}
    failed: dict[str, set[str]] = {}
    for key, _, gap in state.coverage.missing(archive, exporter):
        (failed if gap.failed else absent).setdefault(gap.reason, set()).add(key)
    return Coverage(
        exporter=row,
        items=items,
        safe=items - incomplete,
        in_trash=in_trash,
        gone=gone,
        absent={reason: len(keys) for reason, keys in sorted(absent.items())},
        failed={reason: len(keys) for reason, keys in sorted(failed.items())},
        kept=len(state.holdings.kept(archive, exporter)),
        scopes=scope_counts(state.coverage.scopes(archive, exporter), row.left_out),
    )


def download_line(standing: Standing, limits: Limits) -> str:
    """Return one line about what apps are still to be asked for; "" when there is nothing."""
    parts = []
    if standing.waiting:
        size = f" ({_size(standing.bytes)})" if standing.bytes else ""
        parts.append(f"{standing.waiting:,} wait{size}")
        runs = runs_left(standing.bytes, standing.per_run or limits.bytes)
        if limits.always and runs:
            parts.append(
                "the next run may fetch them" if runs == 1 else f"about {runs:,} more runs"
            )
        elif not limits.always:
            parts.append("`rootcellar export --download-missing` asks for them")
    if standing.refused:
        parts.append(f"{standing.refused:,} cannot be downloaded")
    return f"downloads: {', '.join(parts)}" if parts else ""


def _size(size: int) -> str:
    """Return a size of downloads in words: GB, or MB where that says more."""
    return f"{size / 1e9:,.1f} GB" if size >= 100_000_000 else f"{size / 1e6:,.1f} MB"


def status_text(
    state: StateStore, archive: ArchiveRow, report: RunReport, outlook: str = ""
) -> str:
    """Return STATUS.txt: when the archive was last brought up to date, and what is wrong."""
    lines = [f"Last run: {report.started} ({report.outcome})"]
    lines += [outlook, ""] if outlook else [""]
    for row in state.exporters(archive):
        title = row.name.capitalize()
        one = coverage(state, archive, row.name)
        lines.append(f"{title}: {one.line}.")
        if len(one.scopes) > 1 or any(scope.left_out for scope in one.scopes.values()):
            lines += [f"  {scope_line(name, scope)}" for name, scope in one.scopes.items()]
        lines.append(f"  Last success: {row.succeeded or 'never'}")
        if row.message:
            lines.append(f"  {row.outcome.upper()}: {row.message}")
            lines.append(f"  {row.hint}")
    lines += ["", "`rootcellar status` tells more."]
    return "\n".join(lines) + "\n"
