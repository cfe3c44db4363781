"""The rules of downloading: how long to wait, when to ask again, when to stop for tonight. Pure.

Someone with 60,000 pictures of which 50,000 are only in iCloud gets them night by night: so many
gigabytes or minutes, never so many that the Mac's own disk fills up (the app keeps what it
downloads), and never the same refusal twice.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Protocol

LEAST = 120.0
"""Seconds that every download may take; a cold start of the app takes half a minute."""
SLOWEST = 100_000
"""Bytes per second: a line slower than this is taken for none."""
FIRST_WAIT = timedelta(hours=1)
LONGEST_WAIT = timedelta(days=7)
TRIES = 8
"""After so many tries in vain, each longer after the last, no more is asked for."""
IN_A_ROW = 5
"""After so many in vain, one after the other, the rest is left for another run."""
USUAL_SIZE = 4_000_000
"""Bytes that a file is taken for when the source does not say."""


@dataclass(frozen=True, slots=True)
class Limits:
    """What one run may download; 0 means no limit, except for `keep_free`.

    `always`: in every run, not only when it is asked for. `bytes` per run; `minutes` per run;
    `keep_free` is how many bytes must stay free on the disk that the app keeps downloads on.
    """

    always: bool = False
    newest_first: bool = True
    bytes: int = 0
    minutes: float = 0
    keep_free: int = 0


class DownloadRefused(Exception):
    """A file did not come; `for_good` tells that asking again is of no use."""

    def __init__(self, reason: str, *, for_good: bool) -> None:
        super().__init__(reason)
        self.reason = reason
        self.for_good = for_good


class Downloader(Protocol):
    """Asks the app that owns the data for files that are not on this machine."""

    def can_ask(self, key: str, store: str) -> bool:
        """Return whether the app can be asked for an item of this store; others are left alone."""

    def free(self) -> int:
        """Return how many bytes are free on the disk that the app keeps downloads on."""

    def download(
        self, key: str, roles: tuple[str, ...], folder: Path, timeout: float
    ) -> Mapping[str, Path]:
        """Have these files of an item downloaded, and return them by role; they lie in `folder`.

        Roles that did not come are left out. Raises DownloadRefused; after `timeout` seconds at
        the latest.
        """

    def close(self) -> None:
        """End whatever was started for it."""


def timeout(size: int) -> float:
    """Return how many seconds a download of `size` bytes may take."""
    return LEAST + (size or USUAL_SIZE) / SLOWEST


def time_left(limits: Limits, seconds: float) -> float:
    """Return how many more seconds a run may take for one download, `seconds` after its start."""
    return max(LEAST, limits.minutes * 60 - seconds) if limits.minutes else math.inf


def wait_after(tries: int) -> timedelta:
    """Return how long to wait after so many tries in vain: an hour, four, sixteen, ..., a week."""
    factor: int = 4 ** min(tries - 1, 10)
    return min(FIRST_WAIT * factor, LONGEST_WAIT)


def reason_to_stop(
    limits: Limits, size: int, spent: int, seconds: float, free: int, in_vain: int = 0
) -> str:
    """Return why the next file, of `size` bytes, is not asked for in this run; "" for none.

    `spent` bytes have come in `seconds`, `free` bytes are free, the last `in_vain` brought
    nothing. A file larger than all that a run may download is let through when it is the first.
    """
    size = size or USUAL_SIZE
    if in_vain >= IN_A_ROW:
        return f"{in_vain} files in a row did not come; the line or iCloud may be down"
    if limits.bytes and spent and spent + size > limits.bytes:
        return f"{limits.bytes / 1e9:g} GB were downloaded, as many as the settings allow a run"
    if limits.minutes and seconds >= limits.minutes * 60:
        return f"{limits.minutes:g} minutes are over, as many as the settings allow a run"
    if free < limits.keep_free + 2 * size:  # the app keeps one, and gives us another
        return (
            f"only {free / 1e9:.1f} GB are free on the disk of the library, and "
            f"{limits.keep_free / 1e9:g} GB are to stay free"
        )
    return ""


def runs_left(waiting: int, per_run: int) -> int | None:
    """Return in how many more runs `waiting` bytes will have come; None when nothing tells."""
    if not waiting:
        return 0
    return -(-waiting // per_run) if per_run > 0 else None
