"""What one exporter is run on, and how far it is: values that the rooms of a run share."""

import hashlib
from collections.abc import Callable

from msgspec import Struct

from rootcellar.engine.foresight import Render
from rootcellar.exporter import Exporter
from rootcellar.items import Trouble
from rootcellar.labels import LabelKind
from rootcellar.sources.capture import Capture

CORE_VERSION = "1"
"""Raised when the core would write other lines or names from the same items."""


class Progress(Struct, frozen=True):
    """How far an exporter is: items done of items to do."""

    done: int
    total: int


class Task(Struct, frozen=True):
    """One exporter to run, with what it runs on.

    `troubles` are stores that should be there and are not: none of their items count as gone.
    """

    exporter: Exporter
    capture: Capture
    render: Render
    settings_digest: str
    views_digest: str
    accept_losses: bool = False
    thorough: bool = False
    troubles: tuple[Trouble, ...] = ()
    labels: tuple[LabelKind, ...] = ()
    """Which Finder labels files are given."""
    warm_up: Callable[[], None] = lambda: None
    """Loads what rendering needs, ahead of the first item."""

    @property
    def top(self) -> str:
        """The exporter's folder at the top of the archive."""
        return self.exporter.title or self.exporter.name

    @property
    def base(self) -> str:
        """A digest of all that changes what equal items come out as."""
        parts = [CORE_VERSION, self.exporter.version, self.settings_digest]
        return hashlib.sha256("|".join(parts).encode()).hexdigest()[:12]


def fingerprint_of(task: Task, fingerprint: str) -> str:
    """Return what the state remembers of an item's fingerprint: with all that shapes its files."""
    return f"{task.base}:{fingerprint}"
