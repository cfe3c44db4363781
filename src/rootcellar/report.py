"""What a run did, as values, as JSON and as words; `docs/reference/reports.md` has the shapes."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

from rootcellar.outcomes import worst


@dataclass(frozen=True, slots=True)
class Shortfall:
    """One file that is not in the archive: whose it is, why, and what to do next."""

    key: str
    title: str
    reason: str
    hint: str
    role: str = ""


@dataclass(frozen=True, slots=True)
class Scope:
    """How much of one part of a source is safe; the settings leave `left_out` items out."""

    items: int = 0
    safe: int = 0
    left_out: int = 0


def scope_counts(
    counts: Mapping[str, tuple[int, int]], left_out: Mapping[str, int]
) -> dict[str, Scope]:
    """Return each scope's counts from (items, incomplete) in the state and what was left out."""
    found = {}
    for name in sorted({*counts, *left_out} - {""}):
        items, incomplete = counts.get(name, (0, 0))
        found[name] = Scope(items, items - incomplete, left_out.get(name, 0))
    return found


@dataclass
class Downloaded:
    """What was asked for from the app in a run, how much of it came, and why it ended early.

    `refused` items will not be asked for again.
    """

    asked: int = 0
    arrived: int = 0
    bytes: int = 0
    refused: int = 0
    stopped: str = ""


@dataclass
class ExporterReport:
    """What one exporter's run did; counts are of items, `files` of files written, in all bytes.

    `skipped` items are there, and the settings leave them out. `scopes` tells what is safe of each
    part of the source, where it has parts.
    """

    outcome: str = "ok"
    new: int = 0
    changed: int = 0
    moved: int = 0
    unchanged: int = 0
    gone: int = 0
    kept: int = 0
    skipped: int = 0
    absent: list[Shortfall] = field(default_factory=list)
    failed: list[Shortfall] = field(default_factory=list)
    files: int = 0
    bytes: int = 0
    seconds: float = 0.0
    message: str = ""
    hint: str = ""
    scopes: dict[str, Scope] = field(default_factory=dict)
    download: Downloaded | None = None

    def to_plain(self) -> dict[str, Any]:
        """Return the report as plain JSON; what is empty is left out of its end."""
        plain = asdict(self)
        plain["seconds"] = round(self.seconds, 3)
        for name in ("message", "hint", "scopes", "download"):
            if not plain[name]:
                del plain[name]
        return plain


@dataclass(frozen=True, slots=True)
class LeftBehind:
    """One file of an adopted folder that stays where it is (an absolute path), and why."""

    path: str
    reason: str


@dataclass(frozen=True, slots=True)
class Adopted:
    """What was taken over from a folder without copying, and what stays where it is."""

    folder: str
    files: int
    bytes: int
    left: list[LeftBehind]


@dataclass(frozen=True, slots=True)
class Checked:
    """What was read again of the archive after an export: files, bytes, and how many are `left`.

    `named` says of some of the `damaged` files what is wrong; those `healed` are good again.
    """

    files: int
    bytes: int
    left: int
    healed: int
    damaged: int
    named: list[str]


@dataclass
class RunReport:
    """What one run did, over all exporters; times are ISO 8601 in UTC."""

    archive: str
    started: str
    finished: str = ""
    snapshot: str | None = None
    exporters: dict[str, ExporterReport] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)
    dry_run: bool = False
    adopted: Adopted | None = None
    checked: Checked | None = None

    @property
    def outcome(self) -> str:
        """The worst outcome of any exporter; `partial` also when the archive is damaged."""
        is_damaged = self.checked is not None and self.checked.damaged > 0
        outcomes = [report.outcome for report in self.exporters.values()]
        return worst([*outcomes, "partial" if is_damaged else "ok"])

    def to_plain(self) -> dict[str, Any]:
        """Return the report as the one JSON document that `--json` prints."""
        plain: dict[str, Any] = {
            "outcome": self.outcome,
            "archive": self.archive,
            "snapshot": self.snapshot,
            "started": self.started,
            "finished": self.finished,
            "exporters": {name: one.to_plain() for name, one in self.exporters.items()},
        }
        if self.notes:
            plain["notes"] = self.notes
        if self.dry_run:
            plain["dry_run"] = True
        if self.adopted is not None:
            plain["adopted"] = asdict(self.adopted)
        if self.checked is not None:
            plain["checked"] = asdict(self.checked)
        return plain


def shortfall_outcome(absent: int, failed: int, troubles: int) -> str:
    """Return the outcome of an exporter that went through: partial when anything is short."""
    return "partial" if absent or failed or troubles else "ok"
