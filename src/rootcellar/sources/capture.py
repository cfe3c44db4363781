"""The private, consistent copy of a store: the one way to read a live database of Apple's.

The original is never opened by SQLite: a plain open leaves `-wal` and `-shm` files beside it, and
fails on a read-only mount. It is copied instead, the database first and then its `-wal`, and the
copy is accepted when the log was not restarted in between.
"""

import contextlib
import hashlib
import os
import shutil
import sqlite3
import tempfile
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from rootcellar.errors import ScratchUnwritable, StoreMissing, StoreUnreadable
from rootcellar.exporter import Store
from rootcellar.sources.salvage import salvage
from rootcellar.sources.scratch import is_full, scratch_full

WAL_HEADER_BYTES = 32
"""Holds the salts, which change whenever the log is restarted (sqlite.org/fileformat2.html)."""
ATTEMPTS = 8
CLOCK_TICK = 0.02
"""Seconds within which two changes may bear one time; Linux counts in 4 or 10 ms."""
COARSE_TICK = 2.0
"""The same on a file system that keeps whole seconds: HFS+ 1, FAT 2."""
DAMAGED_HINT = (
    "Open its app on the Mac, which may repair it (for Photos, hold Option and Command while "
    "opening it), or restore it from a backup. What is in the archive already is safe."
)


@dataclass(frozen=True, slots=True)
class FoundStore:
    """A store that is there: `path` is its file or folder, with links resolved."""

    store: Store
    path: Path


@dataclass
class Capture:
    """What an exporter may look at during one run; everything in it is read-only but `scratch`.

    `stores` are this exporter's stores as found on the source. `settings` is an instance of the
    exporter's `settings` class. `scratch` is a private folder outside the archive (mode 0700) for
    slices and copies, removed after the run. `live` is true on the Mac that owns the data.
    """

    home: Path
    stores: tuple[FoundStore, ...]
    scratch: Path
    settings: Any
    live: bool = False
    downloaded: Mapping[str, Mapping[str, Path]] = field(default_factory=dict)
    """Files that the app was asked for and are not in the store, by key and role."""
    answers: tuple[str, ...] | None = field(default=None, repr=False)
    """What was typed to the exporter's `question`; None when nobody was there to be asked."""
    _copies: dict[Path, Path] = field(default_factory=dict)
    _checked: set[Path] = field(default_factory=set)
    _salvaged: dict[Path, tuple[Path, tuple[str, ...]]] = field(default_factory=dict)

    def database(self, path: Path, *, checked: bool = True) -> Path:
        """Return the path of a private, consistent copy of the SQLite database at `path`.

        The copy is made once per run and may be opened and even written to. Raises StoreMissing,
        or StoreUnreadable when it cannot be read or is no sound database. One that is not
        `checked` may be damaged, and is for comparing only.
        """
        if path not in self._copies:
            folder = Path(tempfile.mkdtemp(prefix="database-", dir=self.scratch))
            try:
                copy_database(path, folder / path.name)
            except (StoreUnreadable, ScratchUnwritable):
                shutil.rmtree(folder, ignore_errors=True)  # other stores need the space
                raise
            self._copies[path] = folder / path.name
        copy = self._copies[path]
        if checked and path not in self._checked:
            try:
                check_database(copy, path)
            except (StoreUnreadable, ScratchUnwritable):
                shutil.rmtree(self._copies.pop(path).parent, ignore_errors=True)
                raise
            self._checked.add(path)
        return copy

    def salvaged(self, path: Path) -> tuple[Path, tuple[str, ...]]:
        """Return a copy of what can be read of a damaged database, and the tables that lost rows.

        To be asked for when `database` has refused it. Raises StoreUnreadable when nothing can be
        read.
        """
        if path not in self._salvaged:
            folder = Path(tempfile.mkdtemp(prefix="database-", dir=self.scratch))
            damaged = folder / f"damaged-{path.name}"
            copy_database(path, damaged)
            try:
                losses = salvage(damaged, folder / path.name)
                check_database(folder / path.name, path)
            except (sqlite3.Error, StoreUnreadable) as error:
                shutil.rmtree(folder, ignore_errors=True)
                raise StoreUnreadable(
                    f"The database {path} is damaged, and nothing of it can be read ({error}).",
                    hint=DAMAGED_HINT,
                ) from error
            damaged.unlink()
            self._salvaged[path] = (folder / path.name, losses)
        return self._salvaged[path]

    def whole(self, path: Path) -> tuple[Path, ...]:
        """Return a copy of a database for keeping: one file, in which its log is folded.

        What is no sound database cannot be folded: it and its log are then returned as they lie
        there. Raises StoreMissing or StoreUnreadable.
        """
        folder = Path(tempfile.mkdtemp(prefix="database-", dir=self.scratch))
        copy = folder / path.name
        copy_database(path, copy)
        try:
            with opened(copy) as connection:
                connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
                connection.execute("PRAGMA journal_mode = DELETE")
        except sqlite3.DatabaseError as error:
            if is_full(error):
                raise scratch_full() from error
            copy_database(path, copy)
        sides = (copy.with_name(copy.name + ending) for ending in ("-wal", "-journal"))
        return (copy, *(side for side in sides if side.exists()))

    def signature(self, path: Path) -> str:
        """Return a digest of what a stat tells of a database and its log, without opening either.

        Includes the head of the `-wal`, so that a log that was restarted is never taken for the
        former one. A file that is not there counts as such.
        """
        parts = []
        for name in (path, wal_of(path)):
            try:
                status = name.stat()
            except OSError:
                parts.append("-")
                continue
            parts.append(f"{status.st_ino}:{status.st_size}:{status.st_mtime_ns}")
        parts.append((_head(wal_of(path)) or b"").hex())
        return hashlib.sha256("|".join(parts).encode()).hexdigest()


def wal_of(path: Path) -> Path:
    """Return the path of the write-ahead log of the database at `path`."""
    return path.with_name(path.name + "-wal")


def _head(path: Path) -> bytes | None:
    try:
        with path.open("rb") as file:
            return file.read(WAL_HEADER_BYTES)
    except FileNotFoundError:
        return None


def _state(path: Path) -> tuple[bytes | None, int, int]:
    head = _head(wal_of(path))
    if head:
        return head, 0, 0
    status = path.stat()
    return head, status.st_size, status.st_mtime_ns


def _let_settle(path: Path) -> None:
    """Wait until the database's time can tell: without a log it is only as good as its clock.

    A database written to within the last tick may be written to again without another time.
    """
    if _head(wal_of(path)):
        return
    moment = path.stat().st_mtime_ns
    tick = CLOCK_TICK if moment % 1_000_000_000 else COARSE_TICK
    age = time.time() - moment / 1e9
    if 0 <= age < tick:
        time.sleep(tick - age)


def copy_database(original: Path, copy: Path) -> None:
    """Copy a database that may be in use, with its log, so that the copy is one moment's state.

    Raises StoreMissing or StoreUnreadable; leaves nothing beside the original.
    """
    try:
        for _ in range(ATTEMPTS):
            _let_settle(original)
            before = _state(original)
            shutil.copyfile(original, copy)
            for ending in ("-wal", "-journal"):
                side = original.with_name(original.name + ending)
                target = copy.with_name(copy.name + ending)
                with contextlib.suppress(FileNotFoundError):
                    target.unlink()
                with contextlib.suppress(FileNotFoundError):
                    shutil.copyfile(side, target)
            if _state(original) == before:
                return
    except FileNotFoundError as error:
        raise StoreMissing(
            f"There is no database at {original}.",
            hint="The library may be incomplete, or was moved while it was being read.",
        ) from error
    except OSError as error:
        if is_full(error):
            raise scratch_full() from error
        raise StoreUnreadable(
            f"The database {original} cannot be read: {error.strerror}.",
            hint="Run `rootcellar doctor`: it tells which permission is missing.",
        ) from error
    raise StoreUnreadable(
        f"The database {original} changed each time it was copied.",
        hint="An application is writing to it heavily; try again in a few minutes.",
    )


def check_database(copy: Path, original: Path) -> None:
    """Raise StoreUnreadable unless the copy opens as a sound SQLite database."""
    try:
        with opened(copy) as connection:
            (verdict,) = connection.execute("PRAGMA quick_check(1)").fetchone()
            (tables,) = connection.execute("SELECT count(*) FROM sqlite_master").fetchone()
    except sqlite3.DatabaseError as error:
        if is_full(error):
            raise scratch_full() from error
        verdict, tables = _verdict(str(error)), 1
    if verdict != "ok" or not tables:
        detail = verdict.splitlines()[-1] if tables else "it holds no tables"
        raise StoreUnreadable(
            f"The database {original} is damaged ({detail}).",
            hint=DAMAGED_HINT,
        )


def _verdict(error: str) -> str:
    """Return what a check that broke off says; it is sound when only Apple's own code is lacking.

    Apple's applications add collations, functions and modules of their own to SQLite. A check
    cannot do without them, reading can.
    """
    lacking = ("no such collation sequence", "no such function", "no such module")
    return "ok" if error.startswith((*lacking, "unknown function")) else error


@contextlib.contextmanager
def opened(copy: Path) -> Iterator[sqlite3.Connection]:
    """Open a private copy for reading, with rows that can be read by column name."""
    connection = sqlite3.connect(copy, isolation_level=None)
    connection.row_factory = sqlite3.Row
    try:
        yield connection
    finally:
        connection.close()


@contextlib.contextmanager
def plainly_opened(copy: Path) -> Iterator[sqlite3.Connection]:
    """Open a private copy, with rows as tuples; damaged texts are read as far as they go."""
    with opened(copy) as connection:
        connection.row_factory = None
        connection.text_factory = lambda raw: raw.decode("utf-8", "replace")
        yield connection


def is_readable(path: Path) -> bool:
    """Return whether a file or folder can really be opened here (macOS grants by trying)."""
    try:
        if path.is_dir():
            with os.scandir(path):
                return True
        with path.open("rb"):
            return True
    except OSError:
        return False
