"""The process that asks the Notes app: questions on stdin, answers on stdout (see `messages`)."""

import os
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import IO, Any

import msgspec

from rootcellar_notes.live.messages import PERMISSION, Answer, Question

INSTALL = "Install it: `pip install macnotesapp` (it needs Python 3.13 or older)."


def answers(question: Question, app: Any) -> Iterator[Answer]:
    """Yield the answers to one question; `app` is a NotesInApp."""
    match question.ask:
        case "accounts":
            yield from (Answer(account=one) for one in app.accounts())
        case "heads":
            yield from (Answer(head=one) for one in app.heads(question.account))
        case "notes":
            folder = Path(question.folder) if question.folder else None
            yield from (Answer(told=one) for one in app.told(question.ids, folder))
    yield Answer(end=True)


def serve(make: Callable[[], Any], lines: IO[bytes], out: IO[bytes]) -> None:
    """Answer questions until there are no more."""
    app: Any = None
    for line in lines:
        try:
            app = app or make()
            for one in answers(msgspec.json.decode(line, type=Question), app):
                _say(out, one)
        except ImportError as error:
            _say(out, Answer(error=f"macnotesapp is not here: {error}", hint=INSTALL))
        except Exception as error:  # noqa: BLE001 - AppleScript's and pyobjc's are of many kinds
            said = str(error) or type(error).__name__
            _say(out, Answer(error=f"Notes itself cannot be asked: {said}", hint=PERMISSION))


def _say(out: IO[bytes], answer: Answer) -> None:
    out.write(msgspec.json.encode(answer) + b"\n")
    out.flush()


def main() -> None:
    """Serve stdin and stdout; whatever a library prints goes to stderr."""
    from rootcellar_notes.live.app import NotesInApp

    out = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)
    serve(NotesInApp, sys.stdin.buffer, out)


if __name__ == "__main__":
    main()
