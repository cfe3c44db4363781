"""The process beside a run that reads the source; started by `engine/beside.py`."""

import gc
import os
import signal
import sys

from rootcellar.engine.beside import WARM
from rootcellar.engine.reading import serve, warm_up

if __name__ == "__main__":
    # Ctrl-C reaches both processes; this one ends when the run does and its input closes.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    gc.disable()  # while much is imported and nothing is garbage; `serve` has it on again
    # Whatever a library prints must not get between the answers.
    answers = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)
    if WARM in sys.argv[1:]:
        warm_up()
    serve(sys.stdin.buffer, answers)
