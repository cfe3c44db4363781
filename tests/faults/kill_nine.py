"""Kills a process at random moments of its run, again and again; for any command line."""

import random
import subprocess
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Kills:
    """What came of it: how often the process was killed, how often it had ended before that."""

    killed: int
    ended: int
    seconds: float


def kill_at_random(
    command: Sequence[str],
    env: Mapping[str, str],
    times: int,
    check: Callable[[int], None],
    *,
    prepare: Callable[[int], None] = lambda number: None,
    seed: int | None = None,
) -> Kills:
    """Run `command` so often that it was killed `times` times, each at a random moment of a run.

    `prepare(number)` sets the scene before each run and `check(number)` looks at what was left
    behind; it usually runs the command once more, unkilled, and raises when anything is wrong.
    How long an unkilled run takes is measured on the way, and followed when the machine is busy.
    """
    chance = random.Random(seed)
    prepare(0)
    whole = _run(command, env)
    check(0)
    killed = ended = 0
    began = time.monotonic()
    while killed < times and ended < 3 * times + 10:
        prepare(killed + ended + 1)
        process = subprocess.Popen(
            command, env=dict(env), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )
        try:
            process.wait(timeout=whole * chance.uniform(0.2, 1))  # not while it starts
            ended += 1
            whole *= 0.95
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
            killed += 1
        check(killed + ended)
    return Kills(killed, ended, time.monotonic() - began)


def _run(command: Sequence[str], env: Mapping[str, str]) -> float:
    """Run the command to its end; return how many seconds it took."""
    began = time.monotonic()
    subprocess.run(command, env=dict(env), check=True, capture_output=True)
    return time.monotonic() - began
