"""An internal disk that is full or failing: the run fails in words, and costs nothing."""

import contextlib
import sqlite3
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from checking import check_archive
from orchard import Farm, tree
from seasons import Orchards, autumn, spring, summer

from rootcellar.archive import disk as disk_module
from rootcellar.errors import RootcellarError

pytestmark = pytest.mark.faults


@contextlib.contextmanager
def failing_at(statement: int, error: sqlite3.Error) -> Iterator[list[int]]:
    """Let the state answer every statement that writes, from the given one on, with an error."""
    count = [0]

    class Connection(sqlite3.Connection):
        def execute(self, sql: str, *rest: Any) -> sqlite3.Cursor:
            self.count(sql)
            return super().execute(sql, *rest)

        def executemany(self, sql: str, *rest: Any) -> sqlite3.Cursor:
            self.count(sql)
            return super().executemany(sql, *rest)

        def count(self, sql: str) -> None:
            if sql.startswith(("INSERT", "UPDATE", "DELETE", "COMMIT")) and "temp." not in sql:
                count[0] += 1
                if 0 < statement <= count[0]:
                    raise error

    really_connect = sqlite3.connect

    def connect(*arguments: Any, **options: Any) -> sqlite3.Connection:
        return really_connect(*arguments, factory=Connection, **options)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(sqlite3, "connect", connect)
        yield count


def attempt(farm: Farm) -> tuple[str, str, str]:
    try:
        report = farm.export().exporters["orchard"]
    except RootcellarError as error:
        return error.outcome, error.message, error.hint
    return report.outcome, report.message, report.hint


@pytest.mark.parametrize(
    "error",
    [
        sqlite3.OperationalError("database or disk is full"),
        sqlite3.OperationalError("disk I/O error"),
    ],
)
def test_the_state_may_fail_at_any_statement(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, everything: bool, error: sqlite3.Error
) -> None:
    monkeypatch.setattr(disk_module, "_syncfs", lambda handle: True)
    orchards = Orchards(tmp_path, (spring, summer), autumn)
    with failing_at(0, error) as count:
        orchards.copy("counting").export()
    for statement in range(1, count[0] + 1, 1 if everything else 7):
        farm = orchards.copy("broken")
        with failing_at(statement, error) as reached:
            outcome, message, hint = attempt(farm)
        if reached[0] < statement:
            assert statement == count[0], "runs differ by more than the last statement"
            continue
        assert outcome == "failed", statement
        assert str(error) in message
        assert "state" in message
        assert hint
        farm.export()
        assert tree(farm.archive, inside=True) == orchards.expected, statement
        assert check_archive(farm.archive, farm.state_path) == []
