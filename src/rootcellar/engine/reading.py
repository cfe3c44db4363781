"""Reading items of the source: in this process, or in one beside it, one slice ahead.

An exporter that says so (`reads_aside`) is read in a process of its own: it loads its heavy
libraries while the survey is under way, and reads the next slice while this one is written.
"""

import contextlib
import gc
import itertools
import pickle
import select
import sqlite3
import subprocess
from collections.abc import Collection, Iterator, Sequence
from typing import IO, Any, Protocol

from rootcellar.engine import beside
from rootcellar.engine.foresight import Render, encoded, foresee, packed, unpacked
from rootcellar.errors import RootcellarError, SourceError, StoreUnreadable
from rootcellar.exporter import Exporter
from rootcellar.items import Item
from rootcellar.sources.capture import Capture
from rootcellar.sources.scratch import is_full, scratch_full


@contextlib.contextmanager
def source_errors(exporter: Exporter) -> Iterator[None]:
    """Tell errors of the source apart from errors of the archive and the state."""
    try:
        yield
    except OSError as error:
        if is_full(error):
            raise scratch_full() from error
        place = error.filename or "a file"
        raise StoreUnreadable(
            f"{exporter.title or exporter.name}: {place} cannot be read ({error.strerror}).",
            hint="Run `rootcellar doctor`: it tells what may be read here, and what to do.",
        ) from error
    except sqlite3.Error as error:
        if is_full(error):
            raise scratch_full() from error
        raise StoreUnreadable(
            f"{exporter.title or exporter.name}: the database is not as expected ({error}).",
            hint="It may be damaged, or of an unknown version. What is in the archive "
            "already is safe.",
        ) from error


PATIENCE = 0.5
"""Seconds within which a process without work removes its temporary files and ends."""

HURRY = b"hurry"
"""Sent when items are waited for: what can as well be done later is left to the other process."""


class Reader(Protocol):
    """Reads the items of some keys; `ahead` announces what will be read next."""

    def warm_up(self) -> None:
        """Get ready for reading; called early, returns at once."""

    def ahead(self, keys: Sequence[str]) -> None:
        """Begin to read what `read` will be asked for next."""

    def read(self, keys: Sequence[str]) -> list[Item]:
        """Return the items of these keys."""


class HereReader:
    """Reads in this process."""

    def __init__(self, exporter: Exporter, capture: Capture) -> None:
        self.exporter = exporter
        self.capture = capture

    def warm_up(self) -> None:
        """Do nothing: it would only take time from the survey."""

    def ahead(self, keys: Sequence[str]) -> None:
        """Do nothing: there is nobody to do it."""

    def read(self, keys: Sequence[str]) -> list[Item]:
        """Return the items of these keys."""
        with source_errors(self.exporter):
            return list(self.exporter.read(self.capture, keys))


class AsideReader:
    """Reads in a process beside this one, which ends when this one does."""

    def __init__(self, exporter: Exporter, capture: Capture, render: Render | None = None) -> None:
        self.exporter = exporter
        self.capture = capture
        self.render = render
        self._process: subprocess.Popen[bytes] | None = None
        self._announced: tuple[str, ...] | None = None
        self._knows_capture = False
        self._read_already: dict[tuple[str, ...], list[Item]] = {}

    def warm_up(self) -> None:
        """Start the process, which loads the exporter's libraries."""
        if self._process is None:
            self._process = beside.start()
            self._send(type(self.exporter))

    def ahead(self, keys: Sequence[str]) -> None:
        """Have the process begin with these keys, unless it is at work already."""
        if self._announced is None and keys:
            self._ask(tuple(keys))

    def read(self, keys: Sequence[str]) -> list[Item]:
        """Return the items of these keys, which may have been announced."""
        wanted = tuple(keys)
        if self._announced is not None and self._announced != wanted:
            before = self._announced
            self._send(HURRY)
            self._read_already[before] = self._answer()
        if wanted in self._read_already:
            return self._read_already.pop(wanted)
        if self._announced is None:
            self._ask(wanted)
        self._send(HURRY)
        items: list[Item] = self._answer()
        return items

    def _ask(self, keys: tuple[str, ...]) -> None:
        self.warm_up()
        if not self._knows_capture:
            self._send((self.capture, packed(self.render)))
            self._knows_capture = True
        self._send(keys)
        self._announced = keys

    def _answer(self) -> Any:
        self._announced = None
        assert self._process is not None
        assert self._process.stdout is not None
        try:
            answer: Any = pickle.load(self._process.stdout)  # noqa: S301 - written by our own process
        except (EOFError, pickle.UnpicklingError) as error:
            raise SourceError(
                f"The process that reads {self.exporter.name} ended unexpectedly.",
                hint="Run the same command again; if it fails again, please report it. (The "
                "machine may be short of memory.)",
            ) from error
        if isinstance(answer, BaseException):
            raise answer
        return answer

    def _send(self, what: object) -> None:
        assert self._process is not None
        assert self._process.stdin is not None
        with contextlib.suppress(BrokenPipeError):  # the answer will tell why
            pickle.dump(what, self._process.stdin)
            self._process.stdin.flush()

    def close(self) -> None:
        """End the process: with its input, or at once where it is still at work."""
        if self._process is not None:
            for pipe in (self._process.stdin, self._process.stdout):
                if pipe is not None:
                    with contextlib.suppress(OSError):
                        pipe.close()
            with contextlib.suppress(subprocess.TimeoutExpired):
                self._process.wait(0 if self._announced else PATIENCE)
            self._process.kill()
            self._process.wait()
            self._process = None


@contextlib.contextmanager
def open_reader(
    exporter: Exporter, capture: Capture, render: Render | None = None
) -> Iterator[Reader]:
    """Give the reader that suits an exporter; with `render`, it may render pages ahead."""
    if not exporter.reads_aside:
        yield HereReader(exporter, capture)
        return
    with contextlib.closing(AsideReader(exporter, capture, render)) as reader:
        yield reader


def warm_up(names: Collection[str]) -> None:
    """Load the libraries of the exporters among `names` that are read aside, or of all such.

    Errors show when it is an exporter's turn.
    """
    from rootcellar.plugins import installed

    aside = [exporter for exporter in installed().exporters if exporter.reads_aside]
    for exporter in [one for one in aside if one.name in names] or aside:
        with contextlib.suppress(Exception):
            exporter.warm_up()


def serve(requests: IO[bytes], answers: IO[bytes]) -> None:
    """Answer requests until there are no more: first the exporter, then the capture, then keys."""
    try:
        exporter: Exporter = pickle.load(requests)()  # noqa: S301 - written by our own process
        exporter.warm_up()
        beside.tame_garbage_collection()
        gc.enable()
        capture: Capture
        capture, rendering = pickle.load(requests)  # noqa: S301
        render = unpacked(rendering)
        while True:
            keys = pickle.load(requests)  # noqa: S301
            if keys == HURRY:
                continue
            try:
                with source_errors(exporter):
                    items = list(exporter.read(capture, keys))
                if render:
                    items = _foreseen(items, render, requests)
                answer: object = [encoded(item) for item in items]
            except RootcellarError as error:
                answer = error
            except Exception as error:  # noqa: BLE001 - it is raised again where it is asked for
                answer = RuntimeError(_trace(error))
            pickle.dump(answer, answers)
            answers.flush()
    except (EOFError, BrokenPipeError):
        return


def _foreseen(items: Sequence[Item], render: Render, requests: IO[bytes]) -> list[Item]:
    """Return items with their pages rendered, as many as there is time for."""
    some = itertools.takewhile(lambda _: not select.select([requests], [], [], 0)[0], items)
    rendered = [foresee(item, render) for item in some]
    return [*rendered, *items[len(rendered) :]]


def _trace(error: Exception) -> str:
    import traceback

    return "".join(traceback.format_exception(error))
