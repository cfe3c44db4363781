"""Ticks that cannot even look what is due: the settings are wrong, or the state is damaged.

Nobody reads what a timer logs, so a person is told all the same. What is remembered for that are
the times of empty files: they can be kept where a disk is full and no state can be written.
"""

import contextlib
import os
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

from rootcellar.errors import RootcellarError
from rootcellar.schedule.alerts import FAILED, RECOVERED, REMIND, Alert
from rootcellar.schedule.jobs import Notify

PATIENCE = timedelta(hours=1)
"""So long ticks may fail before anybody is told: settings are edited, updates are installed."""

Deliver = Callable[[Notify, Alert], bool]


class Unable:
    """Remembers since when ticks fail, and when that was told."""

    def __init__(self, folder: Path, deliver: Deliver) -> None:
        self._folder = folder
        self._deliver = deliver

    @contextlib.contextmanager
    def watching(
        self, notify: Callable[[], Notify], clock: Callable[[], datetime]
    ) -> Iterator[None]:
        """Tell of what is raised inside, once that lasts; and once when it is over."""
        try:
            yield
        except RootcellarError as error:
            self.failed(notify(), f"{error.message} {error.hint}".strip(), clock())
            raise
        except Exception as error:
            self.failed(notify(), f"{type(error).__name__}: {error}", clock())
            raise
        self.worked(notify)

    def failed(self, notify: Notify, text: str, now: datetime) -> None:
        """Take down that a tick failed, and tell a person when it is time to."""
        folder = self._usable_folder()
        if folder is None:
            return
        since = _time(folder / "failing")
        if since is None or since > now:
            _mark(folder / "failing", now)
            return
        told = _time(folder / "failing-told")
        if now - since < PATIENCE or (told and abs(now - told) < REMIND):
            return
        title = f"nothing has run since {since.astimezone():%Y-%m-%d %H:%M}"
        if self._deliver(notify, Alert(FAILED, title, text)):
            _mark(folder / "failing-told", now)

    def worked(self, notify: Callable[[], Notify]) -> None:
        """Forget what was; tell that it is over to whom it had been told."""
        if not (self._folder / "failing").exists():
            return
        if (self._folder / "failing-told").exists():
            text = "What is due is run again."
            if not self._deliver(notify(), Alert(RECOVERED, "the schedule works again", text)):
                return
            (self._folder / "failing-told").unlink()
        (self._folder / "failing").unlink()

    def _usable_folder(self) -> Path | None:
        import tempfile

        for folder in (self._folder, Path(tempfile.gettempdir()) / f"rootcellar-{os.getuid()}"):
            with contextlib.suppress(OSError):
                folder.mkdir(parents=True, exist_ok=True, mode=0o700)
                if os.access(folder, os.W_OK):
                    return folder
        return None


def _time(path: Path) -> datetime | None:
    try:
        return datetime.fromtimestamp(path.stat().st_mtime, UTC)
    except OSError:
        return None


def _mark(path: Path, now: datetime) -> None:
    with contextlib.suppress(OSError):
        path.touch()
        os.utime(path, (now.timestamp(), now.timestamp()))
