"""The logs of runs: written whatever happens, and let go of in the order of their age."""

import os
import sys
from pathlib import Path
from typing import Any

from rootcellar.schedule.logs import KEPT, LARGE, TIMER_LOG, Logs


def test_what_is_said_is_heard_and_recorded(tmp_path: Path, capsys: Any) -> None:
    logs = Logs(tmp_path / "logs")
    with logs.recording(7, "nightly, run 7"):
        sys.stderr.write("la la la\n")
    logs.add(7, "ok\n")
    assert logs.path(7).read_text() == "nightly, run 7\nla la la\nok\n"
    assert capsys.readouterr().err == "la la la\n"


def test_the_oldest_are_let_go_of_also_where_a_new_state_counts_from_one(tmp_path: Path) -> None:
    logs = Logs(tmp_path)
    for number in range(500, 500 + KEPT):
        logs.path(number).write_text("of the state that was lost")
        os.utime(logs.path(number), (number, number))
    (tmp_path / TIMER_LOG).write_bytes(b"x" * (LARGE + 1))
    with logs.recording(1, "nightly, run 1"):
        pass
    assert logs.path(1).exists()
    assert not logs.path(500).exists()
    assert len(list(tmp_path.glob("run-*.log"))) == KEPT
    assert [path.name for path in tmp_path.glob("schedule*")] == [f"{TIMER_LOG}.1"]


def test_a_log_on_a_full_disk_ends_nothing(tmp_path: Path, capsys: Any) -> None:
    logs = Logs(tmp_path)
    logs.path(1).symlink_to("/dev/full")
    with logs.recording(1, "nightly, run 1"):
        sys.stderr.write("la la la\n")
    logs.add(1, "ok")
    assert "la la la" in capsys.readouterr().err
