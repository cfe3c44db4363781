"""One verification from end to end: read, heal from the archive itself, then from the source."""

import contextlib
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from rootcellar.archive.disk import Disk
from rootcellar.engine.opening import locate, open_archive, require_archive
from rootcellar.engine.rebuilding import rebuild
from rootcellar.errors import RootcellarError, StateError
from rootcellar.snapshots.hashing import ALL, Limits, read_beside
from rootcellar.snapshots.healing import Healing
from rootcellar.snapshots.naming import mend_identity
from rootcellar.snapshots.problems import Problem, Verified
from rootcellar.snapshots.verifying import Verifying
from rootcellar.state.seal import read_seal
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
    changed = [] if only else _changed_state(state.path)
    mended = mend_identity(place, state)
    require_archive(place, state)
    with _blamed(changed), open_archive(place, state) as opened:
        if changed:
            rebuild(opened.disk, opened.identity, state)
        report = Verifying(opened).verify(only, limits)
        for one in changed:
            one.healed = not any(other.code == "S01" for other in report.problems)
        report.problems[:0] = [*mended, *changed]
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


def _changed_state(path: Path) -> list[Problem]:
    """Return what is wrong with the state's file, if nobody has written it since it was sealed."""
    seal = read_seal(path)
    found = read_beside(path) if seal else ""
    if not seal or found in ("", seal) or read_seal(path) != seal:
        return []
    message = "its bytes have changed by themselves"
    return [Problem(str(path), "state", message, seal, found, code="S03")]


@contextlib.contextmanager
def _blamed(changed: Sequence[Problem]) -> Iterator[None]:
    """Lay what goes wrong, whatever it is, to a state that is known to be damaged."""
    try:
        yield
    except RootcellarError:
        raise
    except Exception as error:
        if not changed:
            raise
        raise StateError(
            f"The state {changed[0].path} is damaged (S03): {changed[0].message}.",
            hint="Move this file away and run `rootcellar rebuild --archive ARCHIVE`: "
            "everything in it can be made again from the archive.",
        ) from error


def _look_again(place: Path, problems: Sequence[Problem]) -> None:
    """Mark what the source has healed."""
    with contextlib.suppress(OSError), contextlib.closing(Disk(locate(place))) as disk:
        for one in problems:
            if one.is_of_tree and not one.healed and disk.stat(one.path) is not None:
                with contextlib.suppress(OSError):
                    one.healed = disk.sha256(one.path) == one.expected
