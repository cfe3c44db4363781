"""The two processes of a run: how the one that reads the source is started, and what both need.

A first export is bound to read much: `start_early` lets that process load the exporters' heavy
libraries while this one is still loading its own. It alone may be imported that early.
"""

import gc
import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import subprocess

WARM = "--warm"
GARBAGE = 50_000
"""How many new objects there may be before the garbage collector looks."""
_waiting: list["subprocess.Popen[bytes]"] = []


def start_early(words: Sequence[str]) -> None:
    """Start the process before anything else is loaded, for the first exporter that wants one.

    `words` are those of the command line, among them the names of the exporters that are to run.
    """
    _waiting.append(_start(WARM, *words))


def start() -> "subprocess.Popen[bytes]":
    """Return the process that was started early, or a new one."""
    return _waiting.pop() if _waiting else _start()


def _start(*options: str) -> "subprocess.Popen[bytes]":
    import subprocess  # a command that starts nothing shall not pay for it

    return subprocess.Popen(  # noqa: S603 - our own module, by this interpreter
        [sys.executable, "-m", "rootcellar.engine.aside", *options],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    )


def tame_garbage_collection() -> None:
    """Have the collector look less often, and not at what has been imported: a tenth of a run.

    Nothing here makes garbage in cycles by the thousand, and what flows is let go at once.
    """
    gc.freeze()
    gc.set_threshold(GARBAGE)
