"""The rules of what is to be done with an item; pure: no files, no database, no clock."""

from enum import StrEnum


class Verdict(StrEnum):
    """Why an item is looked at more closely, or left alone."""

    NEW = "new"
    CHANGED = "changed"
    MOVED = "moved"
    RERENDER = "rerender"
    COMPLETE = "complete"
    REDO = "redo"
    ASIDE = "aside"
    UNCHANGED = "unchanged"
    GONE = "gone"


def judge(
    *,
    known: bool,
    same_fingerprint: bool,
    same_place: bool,
    returned: bool = False,
    arrived: bool = False,
    damaged: bool = False,
    same_views: bool = True,
    outside: bool = False,
) -> Verdict:
    """Return what is to be done with an item that was sighted.

    `returned`: it had been gone, or left out. `arrived`: bytes it was missing are there now.
    `damaged`: a file of it is missing from the archive, or is not what was written. The first
    reason that holds wins; every reason but `rerender` and `unchanged` has the item read again
    and compared, so a later one is never lost.

    `outside`: the settings leave it out; what the archive holds of it stays, and that is taken
    down.
    """
    if outside:
        return Verdict.ASIDE if known else Verdict.UNCHANGED
    if not known:
        return Verdict.NEW
    if damaged:
        return Verdict.REDO
    if returned or not same_fingerprint:
        return Verdict.CHANGED
    if arrived:
        return Verdict.COMPLETE
    if not same_place:
        return Verdict.MOVED
    if not same_views:
        return Verdict.RERENDER
    return Verdict.UNCHANGED


NEEDS_READING = frozenset(
    {Verdict.NEW, Verdict.CHANGED, Verdict.MOVED, Verdict.COMPLETE, Verdict.REDO}
)
"""The verdicts whose items are read from the source; the others work from stored records."""

NEEDS_NAME = frozenset({Verdict.NEW, Verdict.CHANGED, Verdict.MOVED, Verdict.REDO})
"""The verdicts whose items may be given a new name."""
