"""One container of notes, opened: its private database, its schema, its folders, its files.

This module alone decides which stores are read, in which order, and what is said about one that
cannot be read.
"""

import contextlib
import hashlib
import sqlite3
import time
from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path

from msgspec import Struct

from rootcellar.api import (
    Capture,
    SourceError,
    StoreMissing,
    Trouble,
    plainly_opened,
)
from rootcellar_notes.older import DATABASES as OLDER
from rootcellar_notes.older import OlderStore, is_older_store, open_older_store
from rootcellar_notes.store.belonging import prepare
from rootcellar_notes.store.files import Files
from rootcellar_notes.store.folders import Tree, read_tree
from rootcellar_notes.store.schema import Schema, read_schema

DATABASE = "NoteStore.sqlite"
FRESH_SECONDS = 2.0
"""A file changed more recently may change again without its time telling: FAT counts in 2 s."""


class Container(Struct, frozen=True):
    """A container that can be read. `database` is the private copy."""

    path: Path
    database: Path
    schema: Schema
    tree: Tree
    files: Files

    @property
    def identity(self) -> str:
        """Return what tells this store from another, wherever it lies."""
        return self.schema.identity or self.path.name

    def connection(self) -> AbstractContextManager[sqlite3.Connection]:
        """Open the private copy."""
        return plainly_opened(self.database)


def is_container(folder: Path) -> bool:
    """Return whether a folder is a container of notes; raises OSError when we may not look."""
    try:
        (folder / DATABASE).stat()
    except (FileNotFoundError, NotADirectoryError):
        return folder.name == "group.com.apple.notes" and (folder / "Accounts").is_dir()
    return True


Opening = Callable[[Capture, Path], Container | OlderStore]


def open_containers(capture: Capture) -> tuple[list[Container | OlderStore], list[Trouble]]:
    """Open every container of the capture, the one changed last first, older stores last.

    One that cannot be read becomes a Trouble; when none can be read, its error is raised.
    """
    containers: list[Container | OlderStore] = []
    troubles: list[Trouble] = []
    errors: list[SourceError] = []
    paths = {found.path for found in capture.stores}
    newer = [path for path in paths if is_container(path) or not is_older_store(path)]
    older = [path for path in paths if is_older_store(path)]
    in_order: list[tuple[Path, Opening]] = [(path, _open) for path in _newest_first(newer)]
    in_order += [(path, open_older_store) for path in _newest_first(older)]
    for path, opening in in_order:
        try:
            containers.append(opening(capture, path))
        except SourceError as error:
            errors.append(error)
            troubles.append(Trouble(str(path), error.message, error.hint))
    if errors and not containers:
        raise errors[0]
    return containers, troubles


def _newest_first(paths: list[Path]) -> list[Path]:
    return sorted(paths, key=lambda path: (-_changed(path), path))


def _open(capture: Capture, path: Path) -> Container:
    source = path / DATABASE
    try:
        source.stat()
    except FileNotFoundError as error:
        raise StoreMissing(
            f"{path} is a container of Notes without its database ({DATABASE}).",
            hint="Open Notes on this Mac once, or restore the folder from a backup. What is in "
            "the archive already is safe.",
        ) from error
    except OSError:
        pass  # forbidden: the capture tries, and says so
    database = capture.database(source)
    with plainly_opened(database) as connection:
        schema = read_schema(connection, str(source))
        prepare(connection, schema)
        tree = read_tree(connection, schema)
    accounts = [one.identifier for one in tree.accounts.values()]
    return Container(path, database, schema, tree, Files(path, accounts))


def token(capture: Capture) -> str | None:
    """Return a digest of what a stat shows of all stores; None when too fresh to tell."""
    limit = time.time_ns() - int(FRESH_SECONDS * 1e9)
    digest = hashlib.sha256()
    for path in sorted(found.path for found in capture.stores):
        if _changed(path) > limit:
            return None
        for name in (DATABASE, *OLDER):
            signature = capture.signature(path / name)
            digest.update(f"{path}/{name}={signature}\n".encode(errors="replace"))
    return digest.hexdigest()


def _changed(container: Path) -> int:
    """Return when the database or its log was changed last; 0 when it is not there."""
    newest = 0
    for name in (ending for one in (DATABASE, *OLDER) for ending in (one, f"{one}-wal")):
        with contextlib.suppress(OSError):
            newest = max(newest, (container / name).stat().st_mtime_ns)
    return newest
