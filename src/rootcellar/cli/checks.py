"""What `doctor` looks at of the schedule: is it there, does it work, what can it read."""

import json
import shlex
import shutil
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

from rootcellar.config import load_timetable
from rootcellar.errors import RootcellarError
from rootcellar.schedule.jobs import Notify
from rootcellar.schedule.marks import LOOKED, marks_folder, moment_of
from rootcellar.schedule.slots import local_zone
from rootcellar.schedule.standing import moment, standings
from rootcellar.state.faults import now
from rootcellar.state.jobs import open_jobs
from rootcellar.state.path import default_path


@dataclass(frozen=True, slots=True)
class Check:
    """One thing that was looked at; `result` is ok, note, or problem."""

    id: str
    result: str
    message: str
    hint: str = ""


LONG_AGO = timedelta(hours=1)
"""The system should look every quarter of an hour."""
PROBED = ("store.", "archive", "state")
"""The checks that may come out otherwise where the schedule runs."""


def check_standings(settings: Path | None) -> Iterator[Check]:
    """Tell how the jobs stand."""
    timetable = load_timetable(settings)
    with open_jobs(default_path()) as known:
        for one in standings(timetable.jobs, known, now(), local_zone()):
            hint = (one.last.hint if one.last else "") or f"Run: rootcellar run {one.name}"
            if one.verdict.stale:
                yield Check(f"job.{one.name}", "problem", one.line, hint)
            elif one.last is not None and one.last.is_failure:
                yield Check(f"job.{one.name}", "note", one.line, hint)
            else:
                yield Check(f"job.{one.name}", "ok", one.line)


def check_notify(notify: Notify) -> Iterator[Check]:
    """Tell whether anybody can be told."""
    if notify.urls:
        import apprise

        for url in notify.urls:
            kind = url.partition(":")[0]
            if apprise.Apprise().add(url):
                yield Check("notify", "ok", f"Alerts go to {kind}://…")
            else:
                yield Check(
                    "notify",
                    "problem",
                    f"The address {kind}://… in [notify] urls is none that Apprise knows.",
                    "https://appriseit.com lists the addresses.",
                )
    program = "osascript" if sys.platform == "darwin" else "notify-send"
    if not notify.urls and not (notify.system and shutil.which(program)):
        yield Check(
            "notify",
            "note",
            "Nobody can be told when a job needs something.",
            "Set urls in [notify] of the settings: mail, ntfy, Slack and others.",
        )


def check_schedule(settings: Path | None) -> Iterator[Check]:
    """Tell whether the schedule is installed and sound, and what it can read; looks from there."""
    from rootcellar.cli.schedule import system_installed

    try:
        system = system_installed(settings)
    except RootcellarError as error:
        yield Check("schedule", "problem", error.message, error.hint)
        return
    if system is None:
        yield Check(
            "schedule",
            "problem" if _is_wanted(settings) else "note",
            "Nothing runs by itself: the schedule is not installed.",
            "Run: rootcellar schedule install",
        )
        return
    found = system.show()
    for message, hint in found.problems:
        yield Check("schedule", "problem", message, hint)
    if found.problems:
        return
    yield Check("schedule", "ok", f"{found.system} calls {shlex.join(found.command)}")
    yield _check_looks(found.system)
    from rootcellar.schedule.waking import Wake

    wake = Wake.of_this_program(settings, Path())
    answer = system.probe(wake.other("doctor", "--here", "--json"))
    try:
        checks = json.loads(answer.out)["checks"]
    except (ValueError, KeyError, TypeError):
        yield Check(
            "scheduled",
            "problem",
            f"{found.system} could not be asked what it can read: {answer.err or answer.code}",
            "Run: rootcellar schedule show",
        )
        return
    yield from _seen_from_there(checks, found.system, system.grantee)


def _check_looks(system: str) -> Check:
    """Tell when the system last called `run --due`: a line of cron's does nothing by itself."""
    looked = moment_of(marks_folder(default_path()) / LOOKED)
    if looked is not None and timedelta(0) <= now() - looked < LONG_AGO:
        return Check("schedule.looked", "ok", f"{system} last looked on {moment(looked)}")
    since = f"since {moment(looked)}" if looked else "yet"
    return Check(
        "schedule.looked",
        "note",
        f"{system} has not looked what is due {since}.",
        f"If this machine was not off or asleep: see whether {system} runs at all.",
    )


def _seen_from_there(checks: list[dict[str, Any]], system: str, grantee: str) -> Iterator[Check]:
    wrong = [one for one in checks if one["result"] == "problem" and one["id"].startswith(PROBED)]
    for one in wrong:
        hint = one["hint"]
        if grantee and one["id"].startswith(("store.", "archive")):
            hint = (
                f"Switch on {grantee} in System Settings > Privacy & Security > Full Disk Access."
            )
        message = f"From where {system} runs it: {one['message']}"
        yield Check(f"scheduled.{one['id']}", "problem", message, hint)
    if not wrong:
        stores = [one["id"] for one in checks if one["id"].startswith("store.")]
        names = ", ".join(sorted({name.removeprefix("store.") for name in stores}))
        yield Check("scheduled", "ok", f"{system} can read what is here ({names})")


def _is_wanted(settings: Path | None) -> bool:
    """Return whether jobs shall run by themselves: the settings name some, or one has run."""
    timetable = load_timetable(settings)
    if timetable.path.exists() and "[jobs." in timetable.path.read_text(encoding="utf-8"):
        return True
    with open_jobs(default_path()) as known:
        return bool(known.runs(1))
