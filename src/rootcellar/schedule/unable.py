"""Ticks that cannot even look what is due: the settings are wrong, or the state is damaged.

Nobody reads what a timer logs, so a person is told all the same; marks remember it, and no state.
"""

import contextlib
import os
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from pathlib import Path

from rootcellar.errors import RootcellarError
from rootcellar.schedule.alerts import FAILED, RECOVERED, REMIND, Alert
from rootcellar.schedule.jobs import Notify
from rootcellar.schedule.marks import FAILING, TOLD, moment_of, set_mark
from rootcellar.state.path import make_private

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
        since = moment_of(folder / FAILING)
        if since is None or since > now:
            set_mark(folder / FAILING, now)
            return
        told = moment_of(folder / TOLD)
        if now - since < PATIENCE or (told and abs(now - told) < REMIND):
            return
        title = f"nothing has run since {since.astimezone():%Y-%m-%d %H:%M}"
        if self._deliver(notify, Alert(FAILED, title, text)):
            set_mark(folder / TOLD, now)

    def worked(self, notify: Callable[[], Notify]) -> None:
        """Forget what was; tell that it is over to whom it had been told."""
        if not (self._folder / FAILING).exists():
            return
        if (self._folder / TOLD).exists():
            text = "What is due is run again."
            if not self._deliver(notify(), Alert(RECOVERED, "the schedule works again", text)):
                return
            (self._folder / TOLD).unlink()
        (self._folder / FAILING).unlink()

    def _usable_folder(self) -> Path | None:
        import tempfile

        for folder in (self._folder, Path(tempfile.gettempdir()) / f"rootcellar-{os.getuid()}"):
            with contextlib.suppress(OSError):
                make_private(folder)
                if os.access(folder, os.W_OK):
                    return folder
        return None
