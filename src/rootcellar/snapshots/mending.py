"""One verification from end to end: read, heal from the archive itself, then from the source."""

import contextlib
from collections.abc import Callable, Sequence
from pathlib import Path

from rootcellar.archive.disk import Disk
from rootcellar.engine.opening import locate, open_archive
from rootcellar.errors import RootcellarError
from rootcellar.snapshots.hashing import ALL, Limits
from rootcellar.snapshots.healing import Healing
from rootcellar.snapshots.verifying import Problem, Verified, Verifying
from rootcellar.state.store import StateStore

HEALED = "healed"
"""What is kept of a verification that found damage and has healed it all."""


def verify_and_heal(
    place: Path,
    state: StateStore,
    export: Callable[[Sequence[str]], object],
    only: Sequence[str] = (),
    limits: Limits = ALL,
) -> tuple[Verified, list[str]]:
    """Return what is wrong with the archive at `place`, healed where it can be, and notes.

    `export` runs exporters by name once more, where good bytes may be on the source alone; what
    it raises as a RootcellarError is left to the next export. Raises DestinationWaiting and the
    like when the archive cannot be opened.
    """
    with open_archive(place, state) as opened:
        report = Verifying(opened).verify(only, limits)
        exporters = Healing(opened, report.problems).heal() if report.problems else set()
        notes, row = opened.notes, opened.row
    if exporters:
        with contextlib.suppress(RootcellarError):
            export(sorted(exporters))
        _look_again(place, report.problems)
    found = state.trees.occasion(row, "verified")
    if not only and found and report.problems and not report.damaged:
        with state.transaction():
            state.trees.put_occasion(row, "verified", found[0], HEALED)
    return report, notes


def _look_again(place: Path, problems: Sequence[Problem]) -> None:
    """Mark what the source has healed."""
    with contextlib.suppress(OSError), contextlib.closing(Disk(locate(place))) as disk:
        for one in problems:
            if one.is_of_tree and not one.healed and disk.stat(one.path) is not None:
                with contextlib.suppress(OSError):
                    one.healed = disk.sha256(one.path) == one.expected
