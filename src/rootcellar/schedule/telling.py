"""Telling a person: on the screen, through Apprise, and by the ping that a dead machine omits.

Nothing of it can make a run fail: what could not be delivered is said on stderr, and tried again.
"""

import sys
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from rootcellar.schedule.alerts import Alert, alerts
from rootcellar.schedule.due import NOT_SET_BEFORE, Past, Verdict
from rootcellar.schedule.jobs import Job, Notify
from rootcellar.state.jobs import JobRun, Jobs

UNDELIVERED = "undelivered"
RETRY = timedelta(hours=1)
PING_SECONDS = 10
SERVICE_SECONDS = 60
"""No service may hold a run up for longer, whatever its answers trickle in like."""


@dataclass(frozen=True, slots=True)
class Teller:
    """Tells what the rules say must be told, and remembers what was."""

    notify: Notify
    deliver: Callable[[Notify, Alert], bool]

    def tell(self, jobs: Jobs, job: str, past: Past, verdict: Verdict, now: datetime) -> None:
        """Tell what must be told of a job; what nobody took is told again at a later tick."""
        if now < NOT_SET_BEFORE:
            return
        told = jobs.told(job)
        found, known = alerts(
            _of_rules(told),
            jobs.last(job),
            past,
            verdict,
            now,
            job=job,
            after=self.notify.after,
        )
        if not found:
            if known != told:
                jobs.put_told(job, known)
            return
        failed = told.get(UNDELIVERED)
        if failed and abs(now - datetime.fromisoformat(failed)) < RETRY:
            return
        delivered = [self.deliver(self.notify, alert) for alert in found]
        if all(delivered):
            jobs.put_told(job, known)
        else:
            jobs.put_told(job, {**told, UNDELIVERED: now.isoformat()})


def _of_rules(told: Mapping[str, Any]) -> dict[str, Any]:
    return {kind: value for kind, value in told.items() if kind != UNDELIVERED}


def deliver(notify: Notify, alert: Alert) -> bool:
    """Tell a person; true when anybody took it, or when nobody is to be told."""
    taken = [_on_screen(alert)] if notify.system else []
    if notify.urls:
        taken += _by_apprise(notify, alert)
    return any(taken) or not taken


def _on_screen(alert: Alert) -> bool:
    from rootcellar.schedule.waking import ask

    title = f"rootcellar: {alert.title}"
    if sys.platform == "darwin":
        script = "display notification (item 2 of argv) with title (item 1 of argv)"
        lines = ["on run argv", script, "end run"]
        command = ["osascript", *(part for line in lines for part in ("-e", line))]
        answer = ask([*command, title, alert.text], timeout=20)
    else:
        answer = ask(["notify-send", "--app-name=rootcellar", "--", title, alert.text], timeout=20)
    return answer.code == 0


def _by_apprise(notify: Notify, alert: Alert) -> list[bool]:
    import json

    from rootcellar.schedule.waking import TIMED_OUT, ask

    kinds = {"recovered": "success", "partial": "warning"}
    taken = []
    for url in notify.urls:
        order = {
            "url": url,  # goes by stdin: it may hold a password, which any user sees in arguments
            "title": f"rootcellar: {alert.title}",
            "body": alert.text,
            "kind": kinds.get(alert.kind, "failure"),
        }
        command = [sys.executable, "-P", "-m", "rootcellar.schedule.sending"]
        answer = ask(command, stdin=json.dumps(order), timeout=SERVICE_SECONDS)
        if answer.code:
            why = "no answer in time" if answer.code == TIMED_OUT else "it was not taken"
            kind = url.partition(":")[0]
            _say(f"Nothing could be delivered to {kind}://… ({why})")
        taken.append(not answer.code)
    return taken


def _fault_of(act: Callable[[], None], seconds: float) -> Exception | None:
    """Do something that asks another machine; return what was raised, TimeoutError for no end.

    Time limits of sockets begin anew with every byte, so one that trickles would never end.
    """
    faults: list[Exception | None] = []

    def run() -> None:
        try:
            act()
        except Exception as error:  # noqa: BLE001 - what telling does can make no run fail
            faults.append(error)
        else:
            faults.append(None)

    thread = threading.Thread(target=run, daemon=True)
    thread.start()
    thread.join(seconds)
    return faults[0] if faults else TimeoutError(f"no answer within {seconds:g} s")


def _say(text: str) -> None:
    print(text, file=sys.stderr)  # noqa: T201


def ping_started(job: Job) -> None:
    """Tell the dead man's switch of a job that a run begins."""
    if job.ping:
        _ping(_of_switch(job.ping, "start"), "")


def ping_ended(job: Job, run: JobRun) -> None:
    """Tell it how the run ended; one that waits says nothing, and the switch notices in time."""
    if job.ping and run.outcome != "waiting":
        text = f"{run.outcome}. {run.message} {run.hint}".strip()
        _ping(job.ping if run.is_success else _of_switch(job.ping, "fail"), text)


def _of_switch(ping: str, signal: str) -> str:
    """Return the address of another signal of the same switch; what follows ? stays at the end."""
    address, mark, query = ping.partition("?")
    return f"{address.rstrip('/')}/{signal}{mark}{query}"


def _ping(url: str, text: str) -> None:
    import urllib.request

    def send() -> None:
        request = urllib.request.Request(url, data=text.encode(), method="POST")  # noqa: S310
        urllib.request.urlopen(request, timeout=PING_SECONDS).close()  # noqa: S310 - http(s)

    fault = _fault_of(send, 2 * PING_SECONDS)
    if fault is not None:
        _say(f"The ping could not be sent: {fault}")
