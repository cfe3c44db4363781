"""Kills a run in process at any of its steps, and writes down in which order the steps came.

A step is whatever changes something that outlives the process: a folder, a file, some bytes, a
rename, a removal, an mtime, a barrier, a statement of the state. Once killed, nothing more can be
done: what the cleanup of the dying run tries is refused, as it would not happen.
"""

import contextlib
import os
import sqlite3
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import PurePath
from typing import Any

import pytest

from rootcellar.archive import disk as disk_module

_WRITES = ("INSERT", "UPDATE", "DELETE", "BEGIN", "COMMIT", "CREATE", "DROP")


class Killed(BaseException):
    """The process is dead."""


@dataclass
class Deadline:
    """Counts steps, and kills at the one numbered `at` (from 1); 0 lets the run go through."""

    at: int = 0
    steps: list[str] = field(default_factory=list)
    dead: bool = False

    def step(self, name: str) -> None:
        """Take one step, unless this is where the process dies, or it is dead."""
        if self.dead:
            raise Killed
        self.steps.append(name)
        if len(self.steps) == self.at:
            self.dead = True
            raise Killed


class _File:
    """An unbuffered file whose writes are steps; a kill leaves half of the bytes."""

    def __init__(self, file: Any, name: str, deadline: Deadline) -> None:
        self.file = file
        self.name = name
        self.deadline = deadline

    def write(self, data: Any) -> int:
        was_dead = self.deadline.dead
        try:
            self.deadline.step(f"write {self.name}")
        except Killed:
            if not was_dead:
                self.file.write(bytes(data)[: len(data) // 2])
            raise
        return self.file.write(data)

    def __enter__(self) -> "_File":
        return self

    def __exit__(self, *_: object) -> None:
        self.file.close()


def _connection(deadline: Deadline) -> type[sqlite3.Connection]:
    class Connection(sqlite3.Connection):
        """Counts what is written to the state; temporary tables die with the process anyway."""

        def execute(self, sql: str, *rest: Any) -> sqlite3.Cursor:
            if sql.startswith("PRAGMA synchronous"):
                sql = "PRAGMA synchronous = OFF"  # a dead process is no power cut
            self._count(sql)
            return super().execute(sql, *rest)

        def executemany(self, sql: str, *rest: Any) -> sqlite3.Cursor:
            self._count(sql)
            return super().executemany(sql, *rest)

        def _count(self, sql: str) -> None:
            if sql == "ROLLBACK" and deadline.dead:
                raise Killed
            if sql.startswith(_WRITES) and "temp." not in sql and "TEMP" not in sql:
                deadline.step(f"state {sql[:40]}")

    return Connection


@contextlib.contextmanager
def killed_at(at: int = 0) -> Iterator[Deadline]:
    """Run what is inside until its step number `at`; a kill ends the block quietly."""
    deadline = Deadline(at)
    connections: list[sqlite3.Connection] = []
    with pytest.MonkeyPatch.context() as patch, contextlib.suppress(Killed):
        _patch(patch, deadline, connections)
        yield deadline
    for connection in connections:
        connection.close()  # as the end of the process does; what was begun is rolled back


def _patch(
    patch: pytest.MonkeyPatch, deadline: Deadline, connections: list[sqlite3.Connection]
) -> None:
    names: dict[int, str] = {}
    really_open, really_fdopen = os.open, os.fdopen

    def opening(path: Any, flags: int, *rest: Any, **options: Any) -> int:
        if flags & (os.O_CREAT | os.O_WRONLY | os.O_RDWR):
            deadline.step(f"create {path}")
        handle = really_open(path, flags, *rest, **options)
        names[handle] = str(path)
        return handle

    def fdopen(handle: int, mode: str = "r", *rest: Any, **options: Any) -> Any:
        file = really_fdopen(handle, mode, *rest, **options)
        return _File(file, names[handle], deadline) if "w" in mode else file

    def stepping(name: str) -> Callable[..., Any]:
        really = getattr(os, name)

        def function(*paths: Any, **options: Any) -> Any:
            told = " ".join(str(path) for path in paths if isinstance(path, str | PurePath))
            deadline.step(f"{name} {told}")
            return really(*paths, **options)

        return function

    for name in ("mkdir", "rename", "replace", "unlink", "remove", "rmdir", "utime"):
        patch.setattr(os, name, stepping(name))
    patch.setattr(os, "open", opening)
    patch.setattr(os, "fdopen", fdopen)

    def syncfs(handle: int) -> bool:
        deadline.step("flush")
        return True

    patch.setattr(disk_module, "_syncfs", syncfs)
    factory = _connection(deadline)
    really_connect = sqlite3.connect

    def connect(*arguments: Any, **options: Any) -> sqlite3.Connection:
        if PurePath(arguments[0]).name != "state.sqlite":
            return really_connect(*arguments, **options)  # a private copy, in scratch
        connection = really_connect(*arguments, factory=factory, **options)
        connections.append(connection)
        return connection

    patch.setattr(sqlite3, "connect", connect)
