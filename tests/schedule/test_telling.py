"""What is told arrives: on the screen, by Apprise, at the dead man's switch; or is told again."""

import itertools
import socket
import sqlite3
import threading
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from listening import Server, listening

from rootcellar.errors import StateError
from rootcellar.schedule.alerts import Alert
from rootcellar.schedule.due import Past, Verdict
from rootcellar.schedule.jobs import Job, Notify
from rootcellar.schedule.telling import Teller, deliver, ping_ended, ping_started
from rootcellar.state.jobs import JobRun, Jobs, open_jobs

NOW = datetime(2026, 11, 23, 3, tzinfo=UTC)
ALERT = Alert("stale", "nightly is stale", "Connect \"the drive\"; $HOME `date` 'x' \\ --help")
RUN = JobRun(7, "nightly", "s", NOW, NOW, 1, "ok", True, "", "")


@pytest.fixture
def server() -> Iterator[Server]:
    with listening() as server:
        yield server


@pytest.fixture
def jobs(tmp_path: Path) -> Iterator[Jobs]:
    with open_jobs(tmp_path / "state" / "state.sqlite") as jobs:
        jobs.past("nightly", NOW)
        yield jobs


def test_the_screen_gets_the_words_as_they_are(shim: Any, monkeypatch: Any) -> None:
    assert deliver(Notify(), ALERT)
    assert shim.calls == [
        f"notify-send --app-name=rootcellar -- rootcellar: {ALERT.title} {ALERT.text}"
    ]
    monkeypatch.setattr("sys.platform", "darwin")
    assert deliver(Notify(), ALERT)
    (call,) = shim.calls
    assert call.startswith("osascript -e on run argv -e display notification (item 2 of argv)")
    assert call.endswith(f"rootcellar: {ALERT.title} {ALERT.text}")
    shim.answer({"osascript": (1, "", "no screen")})
    assert not deliver(Notify(), ALERT)


def test_apprise_delivers_to_every_address(shim: Any, server: Server) -> None:
    notify = Notify(
        system=False, urls=(f"json://{server.address}/a", f"json://{server.address}/b")
    )
    assert deliver(notify, ALERT)
    assert [path for path, _ in server.taken] == ["/a", "/b"]
    assert all("nightly is stale" in body and "Connect" in body for _, body in server.taken)
    assert shim.calls == []


def test_what_cannot_be_delivered_is_said_without_the_secrets_of_the_address(
    server: Server, capsys: Any
) -> None:
    server.status = 500
    notify = Notify(system=False, urls=(f"json://ada:secret@{server.address}/", "nonsense://x"))
    assert not deliver(notify, ALERT)
    said = capsys.readouterr().err
    assert "Nothing could be delivered to json://…" in said
    assert "secret" not in said


def test_an_alert_that_nobody_took_is_told_again_and_not_at_every_tick(jobs: Jobs) -> None:
    attempts: list[datetime] = []
    taken = False

    def attempt(notify: Notify, alert: Alert) -> bool:
        attempts.append(now)
        return taken

    teller = Teller(Notify(), attempt)
    verdict = Verdict(True, "s", "", NOW, stale=True)
    for quarter in range(12):
        now = NOW + timedelta(minutes=15 * quarter)
        taken = quarter > 6
        teller.tell(jobs, "nightly", Past(since=NOW), verdict, now)
    assert attempts == [NOW, NOW + timedelta(hours=1), NOW + timedelta(hours=2)]


def test_the_dead_mans_switch_is_told_of_start_success_and_failure(server: Server) -> None:
    job = Job(ping=f"http://{server.address}/check/")
    ping_started(job)
    ping_ended(job, RUN)
    for outcome, settled in (("failed", False), ("brake", True), ("partial", False)):
        run = JobRun(7, "nightly", "s", NOW, NOW, 1, outcome, settled, "It broke.", "")
        ping_ended(job, run)
    ping_ended(job, JobRun(7, "nightly", "s", NOW, NOW, 1, "waiting", False, "", ""))
    ping_ended(job, JobRun(7, "nightly", "s", NOW, NOW, 1, "partial", True, "", ""))
    paths = [path for path, _ in server.taken]
    assert paths == ["/check/start", "/check/", *["/check/fail"] * 3, "/check/"]
    assert server.taken[2][1] == "failed. It broke."


def test_a_switch_that_is_not_there_stops_nothing(capsys: Any) -> None:
    job = Job(ping="http://127.0.0.1:1/check")
    ping_started(job)
    ping_ended(job, RUN)
    assert "The ping could not be sent" in capsys.readouterr().err


@contextmanager
def talking(*pieces: bytes, pause: float = 0) -> Iterator[str]:
    """A server that says these pieces, over and over when it makes pauses between them."""
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def serve() -> None:
            with suppress(OSError):
                caller, _ = listener.accept()
                with caller:
                    caller.recv(1 << 16)
                    for piece in itertools.cycle(pieces) if pause else pieces:
                        caller.sendall(piece)
                        time.sleep(pause)

        threading.Thread(target=serve, daemon=True).start()
        yield f"127.0.0.1:{listener.getsockname()[1]}"


def test_a_switch_that_speaks_no_http_stops_nothing(capsys: Any) -> None:
    with talking(b"220 mail.example.org ESMTP\r\n") as address:
        ping_started(Job(ping=f"http://{address}/check"))
    assert "The ping could not be sent" in capsys.readouterr().err


def test_a_switch_whose_answer_trickles_is_not_waited_for(capsys: Any, monkeypatch: Any) -> None:
    monkeypatch.setattr("rootcellar.schedule.telling.PING_SECONDS", 0.3)
    before = time.monotonic()
    with talking(b"HTTP/1.1 200 OK\r\nX:", b"x", pause=0.1) as address:
        ping_started(Job(ping=f"http://{address}/check"))
    assert time.monotonic() - before < 5
    assert "no answer within 0.6 s" in capsys.readouterr().err


@pytest.mark.parametrize(
    "ping", ["https://hc.example/my check", "https://hc.example/é", "http://"]
)
def test_an_address_that_no_ping_can_go_to_is_refused(ping: str) -> None:
    with pytest.raises(ValueError, match="ping is "):
        Job(ping=ping)


def test_the_signals_of_a_switch_stand_before_the_question_mark(server: Server) -> None:
    job = Job(ping=f"http://{server.address}/push/key?status=up&msg=OK")
    ping_started(job)
    ping_ended(job, RUN)
    ping_ended(job, JobRun(7, "nightly", "s", NOW, NOW, 1, "failed", False, "It broke.", ""))
    assert [path for path, _ in server.taken] == [
        "/push/key/start?status=up&msg=OK",
        "/push/key?status=up&msg=OK",
        "/push/key/fail?status=up&msg=OK",
    ]


def test_a_service_whose_answer_never_ends_keeps_nobody_else_from_being_told(
    server: Server, capsys: Any, monkeypatch: Any
) -> None:
    monkeypatch.setattr("rootcellar.schedule.telling.SERVICE_SECONDS", 5)
    before = time.monotonic()
    with talking(b"HTTP/1.1 200 OK\r\nX:", b"x", pause=0.1) as address:
        urls = (f"json://ada:secret@{address}/", f"json://{server.address}/a")
        assert deliver(Notify(system=False, urls=urls), ALERT)
    assert time.monotonic() - before < 30
    assert [path for path, _ in server.taken] == ["/a"]
    said = capsys.readouterr().err
    assert "json://… (no answer in time)" in said
    assert "secret" not in said


def test_a_state_of_an_earlier_version_gets_its_tables(tmp_path: Path) -> None:
    path = tmp_path / "state.sqlite"
    with open_jobs(path):
        pass
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        connection.execute("DROP TABLE job_run")
        connection.execute("DROP TABLE job")
        connection.execute("DELETE FROM migration WHERE name LIKE '%-jobs'")
    with open_jobs(path) as jobs:
        assert jobs.runs(3) == []


def test_a_state_that_is_in_use_is_not_called_damaged(tmp_path: Path, monkeypatch: Any) -> None:
    path = tmp_path / "state.sqlite"
    with open_jobs(path) as jobs:
        jobs.past("nightly", NOW)
    connect = sqlite3.connect
    monkeypatch.setattr(sqlite3, "connect", lambda *a, **o: connect(*a, **{**o, "timeout": 0.05}))
    with closing(connect(path, isolation_level=None)) as other:
        other.execute("BEGIN EXCLUSIVE")
        with pytest.raises(StateError, match="Another program") as error, open_jobs(path) as jobs:
            jobs.past("weekly", NOW)
    assert "rebuild" not in error.value.hint
