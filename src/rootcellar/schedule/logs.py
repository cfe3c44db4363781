"""What runs said: one file for each run on the internal disk, the latest hundred kept."""

import contextlib
import io
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import TextIO

TIMER_LOG = "schedule.log"
KEPT = 100
LARGE = 1 << 20
"""The log of a timer is put aside when it is larger than this, in bytes; one before it is kept."""


class Logs:
    """The folder of logs."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def path(self, run: int) -> Path:
        """Return where the log of a run is."""
        return self.folder / f"run-{run:06d}.log"

    @contextlib.contextmanager
    def recording(self, run: int) -> Iterator[TextIO]:
        """Record what is said on stderr in the run's log as well; older ones are let go of."""
        self.folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        path = self.path(run)
        with (
            path.open("w", encoding="utf-8", buffering=1) as file,
            contextlib.redirect_stderr(_Tee(sys.stderr, file)),
        ):
            yield file
        self.sweep()

    def sweep(self) -> None:
        """Let go of old logs."""
        for path in sorted(self.folder.glob("run-*.log"))[:-KEPT]:
            path.unlink(missing_ok=True)
        timer = self.folder / TIMER_LOG
        with contextlib.suppress(OSError):
            if timer.stat().st_size > LARGE:
                timer.replace(timer.with_suffix(".log.1"))


class _Tee(io.TextIOBase):
    """Writes to two streams; asks the first whether a person is looking."""

    def __init__(self, first: TextIO, second: TextIO) -> None:
        self._both = (first, second)

    def write(self, text: str) -> int:
        for stream in self._both:
            stream.write(text)
        return len(text)

    def flush(self) -> None:
        for stream in self._both:
            stream.flush()

    def isatty(self) -> bool:
        return self._both[0].isatty()

    def fileno(self) -> int:
        return self._both[0].fileno()
