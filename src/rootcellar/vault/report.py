"""What a run did to a vault; docs/reference/reports.md has the shape."""

from dataclasses import dataclass, field


@dataclass
class VaultReport:
    """What became of the pages: counts, and what a person should look at."""

    folder: str = ""
    """Where in the vault the pages lie, which is where the person has moved them."""
    new: int = 0
    changed: int = 0
    moved: int = 0
    unchanged: int = 0
    gone: int = 0
    files: int = 0
    edited: list[str] = field(default_factory=list)
    """Pages that the person has changed, and that are left alone."""
    beside: list[str] = field(default_factory=list)
    """Newer versions that were laid beside such pages in this run."""
    deleted: list[str] = field(default_factory=list)
    """Titles of notes whose pages the person has deleted."""
    stayed: list[str] = field(default_factory=list)
    """Pages that were not renamed, because something of the person's links to them."""
    busy: list[str] = field(default_factory=list)
    """Pages that were changed while the run was at work, and that are left to the next one."""
    absent: list[str] = field(default_factory=list)
    """Files of notes that the archive does not hold as it should."""
