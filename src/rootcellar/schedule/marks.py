"""Moments that are remembered beside the state, as the times of empty files.

They can be kept where a disk is full, the state is damaged, or another run has it in use.
"""

import contextlib
import os
from datetime import UTC, datetime
from pathlib import Path

from rootcellar.state.path import make_private

FAILING, TOLD, LOOKED = "failing", "failing-told", "looked"
"""Since when ticks fail; when that was told; when the system last called `run --due`."""


def marks_folder(state: Path) -> Path:
    """Return where the marks of a state are."""
    return state.parent / "locks"


def moment_of(mark: Path) -> datetime | None:
    """Return the moment that a mark stands for, aware; None when there is none."""
    try:
        return datetime.fromtimestamp(mark.stat().st_mtime, UTC)
    except OSError:
        return None


def set_mark(mark: Path, moment: datetime) -> None:
    """Have a mark stand for a moment, where it can be written."""
    with contextlib.suppress(OSError):
        make_private(mark.parent)
        mark.touch()
        os.utime(mark, (moment.timestamp(), moment.timestamp()))
