"""The process beside a run that reads the source; started by `engine/beside.py`."""

import contextlib
import gc
import os
import signal
import sys
import tempfile
from collections.abc import Iterator

from rootcellar.engine.beside import WARM
from rootcellar.engine.reading import serve, warm_up
from rootcellar.errors import ScratchUnwritable
from rootcellar.sources.scratch import scratch_folder


@contextlib.contextmanager
def temporary_files_in_scratch() -> Iterator[None]:
    """Have what the libraries put into temporary folders lie in scratch, which is swept."""
    with contextlib.ExitStack() as stack:
        with contextlib.suppress(ScratchUnwritable):  # the run itself will say so
            tempfile.tempdir = str(stack.enter_context(scratch_folder()))
        yield


if __name__ == "__main__":
    # Ctrl-C reaches both processes; this one ends when the run does and its input closes.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    gc.disable()  # while much is imported and nothing is garbage; `serve` has it on again
    # Whatever a library prints must not get between the answers.
    answers = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)
    with temporary_files_in_scratch():
        if WARM in sys.argv[1:2]:
            warm_up(sys.argv[2:])
        serve(sys.stdin.buffer, answers)
    os._exit(0)  # taking apart what has been loaded takes longer than all of the above
