"""What runs said: one file for each run on the internal disk, the latest hundred kept."""

import contextlib
import io
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import TextIO

from rootcellar.state.path import make_private

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
    def recording(self, run: int, head: str) -> Iterator[None]:
        """Record what is said on stderr in the run's log as well, below a first line.

        A log that cannot be written is no reason not to run: that is said, and nothing recorded.
        """
        file = self._opened(run)
        try:
            with contextlib.suppress(OSError):
                file.write(f"{head}\n")
            with contextlib.redirect_stderr(_Tee(sys.stderr, file)):
                yield
        finally:
            with contextlib.suppress(OSError):
                file.close()
        self.sweep()

    def _opened(self, run: int) -> TextIO:
        try:
            make_private(self.folder)
            return self.path(run).open("w", encoding="utf-8", errors="replace", buffering=1)
        except OSError as error:
            print(  # noqa: T201
                f"The log {self.path(run)} cannot be written: {error.strerror}.", file=sys.stderr
            )
            return io.StringIO()

    def add(self, run: int, text: str) -> None:
        """Add to the log of a run what was said elsewhere."""
        with (
            contextlib.suppress(OSError),
            self.path(run).open("a", encoding="utf-8", errors="replace") as file,
        ):
            file.write(text)

    def sweep(self) -> None:
        """Let go of old logs: the oldest, whatever their numbers are (a new state starts at 1)."""
        found = []
        for path in self.folder.glob("run-*.log"):
            with contextlib.suppress(OSError):
                found.append((path.stat().st_mtime, path))
        for _, path in sorted(found)[:-KEPT]:
            with contextlib.suppress(OSError):
                path.unlink()
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
            with contextlib.suppress(OSError):  # a full disk, a closed terminal: no run ends by it
                stream.write(text)
        return len(text)

    def flush(self) -> None:
        for stream in self._both:
            with contextlib.suppress(OSError):
                stream.flush()

    def isatty(self) -> bool:
        return self._both[0].isatty()

    def fileno(self) -> int:
        return self._both[0].fileno()
