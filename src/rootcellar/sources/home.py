"""A Mac home as a source: this Mac's own, or one that was copied or mounted elsewhere."""

import contextlib
import errno
import os
import stat
import sys
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import Any

from rootcellar.errors import UsageError
from rootcellar.exporter import Store
from rootcellar.sources.capture import Capture, FoundStore
from rootcellar.sources.scratch import scratch_folder

HERE = "."
"""The place of a store that may be the home itself: somebody copied nothing else."""
DEPTH = 6
"""How many folders below a store's place are searched."""
PACKAGES = frozenset(
    {".app", ".lrdata", ".lrlibrary", ".aplibrary", ".fcpbundle",
     ".imovielibrary", ".theater", ".tvlibrary", ".musiclibrary", ".photolibrary.backup"}
)  # fmt: skip
"""Folders that a Mac shows as one thing, and that hold no library of Apple's inside."""
NOT_THERE = frozenset({errno.ENOENT, errno.ENOTDIR, errno.ELOOP})
"""What a stat says where there is nothing; all else means that we may not look."""
FULL_DISK_ACCESS = (
    "Give the program that runs rootcellar (your terminal) Full Disk Access: System Settings > "
    "Privacy & Security > Full Disk Access; then start it anew."
)


class Access(StrEnum):
    """Whether a store can be read."""

    READABLE = "readable"
    ABSENT = "absent"
    FORBIDDEN = "forbidden"


@dataclass(frozen=True, slots=True)
class Problem:
    """Something that kept us from looking for a store everywhere."""

    path: Path
    message: str
    hint: str


@dataclass(frozen=True, slots=True)
class FoundStores:
    """The stores that are there, in path order, and what is wrong with the rest."""

    stores: tuple[FoundStore, ...] = ()
    problems: tuple[Problem, ...] = ()

    @property
    def access(self) -> Access:
        """Readable when anything was found; forbidden when something is there and cannot be."""
        if self.stores:
            return Access.READABLE
        return Access.FORBIDDEN if self.problems else Access.ABSENT


class HomeFolder:
    """One Mac home; everything in it is only ever read."""

    def __init__(self, path: Path) -> None:
        self.path = Path(os.path.abspath(path.expanduser()))  # noqa: PTH100 - links stay as named
        try:
            is_folder = _is_folder(self.path)
        except OSError as error:
            problem = _forbidden(self.path, error)
            raise UsageError(problem.message, hint=problem.hint) from error
        if not is_folder and not os.path.lexists(self.path):
            raise UsageError(
                f"There is no home {self.path}.",
                hint="Check the spelling, or connect the drive that it is on.",
            )
        if not is_folder:
            raise UsageError(
                f"{self.path} is a file; a Mac home is a folder.",
                hint="Name the folder that holds Pictures and Library; of a store that was copied "
                "alone, the folder that it lies in.",
            )

    @property
    def is_live(self) -> bool:
        """Whether this is the home of the person at this Mac, with its apps at hand."""
        return sys.platform == "darwin" and self.path.resolve() == Path.home().resolve()

    def stores(self, reads: Sequence[Store], named: Sequence[str] = ()) -> FoundStores:
        """Return every store of these kinds; `named` paths are looked at instead of a search.

        The same folder found twice (through a link) is one store.
        """
        found: dict[Path, FoundStore] = {}
        problems: list[Problem] = []
        for store in reads:
            if store.recognise is None:
                paths = self._own_place(store, problems)
            elif named:
                paths = self._named(store, named, problems)
            else:
                search = _Search(self.path, store.recognise)
                search.itself() if store.home == HERE else search.look(
                    self.path / store.home, DEPTH
                )
                paths, problems = search.found, problems + search.problems
            for path in paths:
                real = path.resolve()
                if closed := _closed(real):
                    problems.append(closed)
                else:
                    found.setdefault(real, FoundStore(store, real))
        return FoundStores(tuple(found[path] for path in sorted(found)), tuple(problems))

    def _named(self, store: Store, named: Sequence[str], problems: list[Problem]) -> list[Path]:
        paths = []
        for text in named:
            path = Path(text).expanduser()
            path = path if path.is_absolute() else self.path / path
            try:
                if _is_folder(path):
                    paths.append(path)
                    continue
            except OSError as error:
                problems.append(_forbidden(path, error))
                continue
            problems.append(
                Problem(
                    path,
                    f"The {store.name} {path} is not there.",
                    "Connect the drive it is on, or correct its path in the settings.",
                )
            )
        return paths

    def _own_place(self, store: Store, problems: list[Problem]) -> list[Path]:
        path = self.path / store.home
        try:
            path.stat()
        except OSError as error:
            if error.errno not in NOT_THERE:
                problems.append(_forbidden(path, error))
            return []
        return [path]


@dataclass
class _Search:
    """Looks for folders of one kind below a folder; links are followed, loops are not."""

    home: Path
    recognise: Callable[[Path], bool]
    found: list[Path] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)
    seen: set[str] = field(default_factory=set)

    def look(self, folder: Path, depth: int) -> None:
        """Take down every folder of the kind at or below `folder`."""
        try:
            if not _is_folder(folder) or not self._is_new(folder):
                return
            if self._recognised(folder):
                self.found.append(folder)
                return
            with os.scandir(folder) as entries:
                inside = sorted(
                    entry.path
                    for entry in entries
                    if not entry.name.startswith(".")
                    and (entry.is_dir(follow_symlinks=False) or entry.is_symlink())
                    and Path(entry.name).suffix.lower() not in PACKAGES
                )
        except OSError as error:
            self.problems.append(_forbidden(folder, error))
            return
        if depth:
            for path in inside:
                self.look(Path(path), depth - 1)

    def itself(self) -> None:
        """Take down the home if it is of the kind itself; what is below is not looked at."""
        try:
            if self._recognised(self.home):
                self.found.append(self.home)
        except OSError as error:
            self.problems.append(_forbidden(self.home, error))

    def _recognised(self, folder: Path) -> bool:
        try:
            return self.recognise(folder)
        except OSError:
            raise
        except Exception as error:  # noqa: BLE001 - a plugin's fault must not stop the others
            message = f"{folder} cannot be looked at: {type(error).__name__}: {error}."
            hint = "This is a fault of the exporter; please report it to its authors."
            self.problems.append(Problem(folder, message, hint))
            return False

    def _is_new(self, folder: Path) -> bool:
        real = os.path.realpath(folder)
        above = os.path.realpath(self.home)
        if real in self.seen or above == real or above.startswith(real.rstrip("/") + "/"):
            return False
        self.seen.add(real)
        return True


def _is_folder(path: Path) -> bool:
    """Return whether there is a folder; raises OSError when we may not know.

    `Path.is_dir` differs from one Python to the next in what it says of closed folders.
    """
    try:
        return stat.S_ISDIR(path.stat().st_mode)
    except OSError as error:
        if error.errno in NOT_THERE:
            return False
        raise


def _closed(path: Path) -> Problem | None:
    """Return why a store cannot be opened; an exporter might take a closed one for empty."""
    try:
        if path.is_dir():
            with os.scandir(path):
                return None
        with path.open("rb"):
            return None
    except OSError as error:
        return _forbidden(path, error)


def _forbidden(folder: Path, error: OSError) -> Problem:
    hint = (
        FULL_DISK_ACCESS if sys.platform == "darwin" else "Check the permissions of this folder."
    )
    return Problem(folder, f"{folder} cannot be opened: {error.strerror}.", hint)


@contextlib.contextmanager
def open_capture(
    home: HomeFolder, stores: tuple[FoundStore, ...], settings: Any
) -> Iterator[Capture]:
    """Give a capture of some stores, with a scratch folder that is removed afterwards."""
    with scratch_folder() as scratch:
        yield Capture(home.path, stores, scratch, settings, home.is_live)
