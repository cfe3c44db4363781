"""When a run shall stop before it is done: asked to by the system, or its time is used up."""

import contextlib
import os
import signal
import time
from collections.abc import Iterator
from datetime import timedelta
from types import FrameType

ASKED = "The run was asked to stop."
OVERTIME = "The run's time budget is used up."


class Halt:
    """Whether the whole process was asked to stop: whatever job runs, and all after it."""

    asked = False


class Stop:
    """Says why a run shall stop, or nothing; asked between two steps, each of which is ended."""

    def __init__(self, budget: timedelta | None = None, halt: Halt | None = None) -> None:
        self._halt = halt or Halt()
        self._until = None if budget is None else time.monotonic() + budget.total_seconds()

    def __call__(self) -> str:
        """Return why the run shall stop here, or an empty text."""
        if self._halt.asked:
            return ASKED
        return OVERTIME if self.is_overtime else ""

    @property
    def is_overtime(self) -> bool:
        """Whether the time budget is used up."""
        return self._until is not None and time.monotonic() >= self._until


@contextlib.contextmanager
def heeding_signals(halt: Halt) -> Iterator[None]:
    """Have SIGTERM and SIGHUP ask `halt`; a second one ends the process.

    One that is ignored (by `nohup`) stays so.
    """

    def ask(number: int, frame: FrameType | None) -> None:
        del frame
        halt.asked = True
        signal.signal(number, signal.SIG_DFL)

    heeded = [
        number
        for number in (signal.SIGTERM, signal.SIGHUP)
        if signal.getsignal(number) is not signal.SIG_IGN
    ]
    before = {number: signal.signal(number, ask) for number in heeded}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


@contextlib.contextmanager
def staying_awake() -> Iterator[None]:
    """Keep the machine from falling asleep meanwhile, where it has a program for that."""
    import shutil
    import subprocess
    import sys

    command = ["systemd-inhibit", "--what=sleep:idle", "--who=rootcellar", "--why=archiving"]
    command += ["tail", f"--pid={os.getpid()}", "-f", "/dev/null"]
    if sys.platform == "darwin":
        command = ["caffeinate", "-i", "-w", str(os.getpid())]
    program = shutil.which(command[0])
    if program is None:
        yield
        return
    with (
        subprocess.Popen(  # noqa: S603 - a program of the system, with our own arguments
            [program, *command[1:]],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        ) as process
    ):
        try:
            yield
        finally:
            process.terminate()
