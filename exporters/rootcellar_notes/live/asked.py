"""Speaks with the process that asks the Notes app, and is patient with it only so long."""

import contextlib
import select
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

import msgspec

from rootcellar.api import RootcellarError
from rootcellar_notes.live.messages import Answer, AppAccount, Head, Question, Told

COMMAND = (sys.executable, "-m", "rootcellar_notes.live.asking")
SECONDS = 150.0
"""How long the app may take from one answer to the next; Apple Events give up after 120."""
SILENT = "Open Notes, look whether it or the system asks something, and export again."


class AppNotAsked(RootcellarError):
    """The app could not be asked, or did not answer; the message says why."""


class AskedApp:
    """The Notes app, asked by a process of its own; that is started with the first question."""

    def __init__(self, command: Sequence[str] = COMMAND, seconds: float = SECONDS) -> None:
        self.command = command
        self.seconds = seconds
        self._process: subprocess.Popen[bytes] | None = None
        self._rest = b""

    def accounts(self) -> list[AppAccount]:
        """Return every account; raises AppNotAsked."""
        found = self._ask(Question("accounts"))
        return [one.account for one in found if one.account is not None]

    def heads(self, account: str) -> list[Head]:
        """Return every note of the account with this id, the texts aside; raises AppNotAsked."""
        found = self._ask(Question("heads", account=account))
        return [one.head for one in found if one.head is not None]

    def told(self, ids: Sequence[str], folder: Path | None = None) -> Iterator[Told]:
        """Yield the notes with these ids that the app has; raises AppNotAsked.

        Their attachments are saved into a new folder of their own below `folder`.
        """
        if not ids:
            return
        question = Question("notes", ids=list(ids), folder=str(folder) if folder else "")
        yield from (one.told for one in self._ask(question) if one.told is not None)

    def _ask(self, question: Question) -> Iterator[Answer]:
        if self._process is None:
            self._process = subprocess.Popen(  # noqa: S603 - our own module
                self.command, stdin=subprocess.PIPE, stdout=subprocess.PIPE
            )
        assert self._process.stdin is not None
        with contextlib.suppress(BrokenPipeError):  # the answer will tell
            self._process.stdin.write(msgspec.json.encode(question) + b"\n")
            self._process.stdin.flush()
        whole = False
        try:
            while not (answer := msgspec.json.decode(self._line(), type=Answer)).end:
                if answer.error:
                    whole = True
                    raise AppNotAsked(answer.error, hint=answer.hint)
                yield answer
            whole = True
        finally:
            if not whole:  # nobody hears the rest; it must not answer the next question
                self.close()

    def _line(self) -> bytes:
        """Return the next line of the answer."""
        assert self._process is not None
        assert self._process.stdout is not None
        parts = [self._rest]
        deadline = time.monotonic() + self.seconds
        while b"\n" not in parts[-1]:
            left = max(0.0, deadline - time.monotonic())
            ready, _, _ = select.select([self._process.stdout], [], [], left)
            more = self._process.stdout.read1(1 << 20) if ready else b""  # type: ignore[attr-defined]
            if not more:
                self.close()
                why = "ended while it was asked" if ready else "does not answer"
                raise AppNotAsked(f"Notes itself {why}.", hint=SILENT)
            parts.append(more)
        line, _, self._rest = b"".join(parts).partition(b"\n")
        return line

    def close(self) -> None:
        """End the process."""
        if self._process is not None:
            self._process.kill()
            self._process.communicate()
            self._process, self._rest = None, b""
