"""What is safe, what is missing, how old: in words, for STATUS.txt and the terminal."""

from dataclasses import dataclass

from rootcellar.report import RunReport
from rootcellar.state.rows import ArchiveRow, ExporterRow
from rootcellar.state.store import StateStore

SHORT = 2
"""With more reasons than this for what is missing, one line only counts them."""


@dataclass(frozen=True, slots=True)
class Coverage:
    """How much of one exporter's source is in the archive, counted in items.

    `absent` and `failed` map reasons to how many items they concern.
    """

    exporter: ExporterRow
    items: int
    safe: int
    in_trash: int
    gone: int
    absent: dict[str, int]
    failed: dict[str, int]
    kept: int

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


def coverage(state: StateStore, archive: ArchiveRow, exporter: str) -> Coverage:
    """Return how much of an exporter's source is in the archive."""
    items, in_trash, gone, incomplete = state.holdings.totals(archive, exporter)
    absent: dict[str, set[str]] = {}
    failed: dict[str, set[str]] = {}
    for key, _, gap in state.holdings.missing(archive, exporter):
        (failed if gap.failed else absent).setdefault(gap.reason, set()).add(key)
    return Coverage(
        exporter=state.exporter(archive, exporter),
        items=items,
        safe=items - incomplete,
        in_trash=in_trash,
        gone=gone,
        absent={reason: len(keys) for reason, keys in sorted(absent.items())},
        failed={reason: len(keys) for reason, keys in sorted(failed.items())},
        kept=len(state.holdings.kept(archive, exporter)),
    )


def status_text(state: StateStore, archive: ArchiveRow, report: RunReport) -> str:
    """Return STATUS.txt: when the archive was last brought up to date, and what is wrong."""
    lines = [f"Last run: {report.started} ({report.outcome})", ""]
    for row in state.exporters(archive):
        title = row.name.capitalize()
        lines.append(f"{title}: {coverage(state, archive, row.name).line}.")
        lines.append(f"  Last success: {row.succeeded or 'never'}")
        if row.message:
            lines.append(f"  {row.outcome.upper()}: {row.message}")
            lines.append(f"  {row.hint}")
    lines += ["", "`rootcellar status` tells more."]
    return "\n".join(lines) + "\n"
