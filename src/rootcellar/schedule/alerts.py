"""What a person must be told of a job: pure rules; nothing is passed over, nothing is a storm.

What was told before is one small mapping, kept by the state: kinds of alerts with their moments,
and how short the last run that was told of fell.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from rootcellar.schedule.due import Past, Verdict
from rootcellar.state.jobs import ARCHIVE, JobRun

FAILED, PARTIAL, BRAKE, STALE, RECOVERED = "failed", "partial", "brake", "stale", "recovered"
DAMAGED, HEALED = "damaged", "healed"
REMIND = timedelta(days=7)
"""A job that stays stale is told of again after so long."""
MUCH_WORSE = 20
"""So many more items that are only in iCloud are worth a word; each that cannot be read is."""


@dataclass(frozen=True, slots=True)
class Alert:
    """One thing a person must be told, in two lines."""

    kind: str
    title: str
    text: str


def alerts(
    told: Mapping[str, Any],
    run: JobRun | None,
    past: Past,
    verdict: Verdict,
    now: datetime,
    *,
    job: str,
    after: int,
) -> tuple[list[Alert], dict[str, Any]]:
    """Return what must be told of a job now, and what has been told once it is.

    `run` is the job's last one; `past` and `verdict` are as they stand after it. `after` is the
    number of failures in a row from which on they are told.
    """
    found: list[Alert] = []
    known = dict(told)
    if run is not None and run.is_success and not verdict.stale:
        troubles = [kind for kind in (FAILED, BRAKE, STALE) if known.pop(kind, None)]
        if troubles:
            found.append(
                Alert(RECOVERED, f"{job} works again", "The last run went through; all is safe.")
            )
    if verdict.stale and _is_time(known.get(STALE), now):
        found.append(_stale(job, run, past, verdict))
        known[STALE] = now.isoformat()
        if past.failures:
            known.setdefault(FAILED, now.isoformat())
    has_failed = run is not None and run.outcome == "failed"
    if run is not None and has_failed and past.failures >= after and FAILED not in known:
        title = f"{job} has failed {past.failures} times in a row"
        found.append(Alert(FAILED, title, f"{run.message} {run.hint}".strip()))
        known[FAILED] = now.isoformat()
    if run is not None and run.outcome == "brake" and BRAKE not in known:
        found.append(Alert(BRAKE, f"{job}: many items are gone", f"{run.message} {run.hint}"))
        known[BRAKE] = now.isoformat()
    if run is not None and run.outcome in ("ok", "partial"):
        found += _shortfall(job, run, known)
    if run is not None and ARCHIVE in run.counts:
        found += _damage(job, run, known, now)
    return found, known


def _is_time(told: Any, now: datetime) -> bool:
    """Return whether a thing is to be told: never told before, or long ago."""
    if not told:
        return True
    before = datetime.fromisoformat(told)
    return now - before >= REMIND or before - now >= REMIND


def _stale(job: str, run: JobRun | None, past: Past, verdict: Verdict) -> Alert:
    since = f"since {_day(past.last_success)}" if past.last_success else "ever"
    why = "It has not run: is the schedule installed (rootcellar schedule show)?"
    if run is not None and run.outcome == "partial" and not run.is_success:
        why = f"{shortfalls(run)[1]:,} items cannot be read. `rootcellar status` tells more."
    elif run is not None and not run.is_success and run.message:
        why = f"{run.message} {run.hint}".strip()
    elif run is not None and run.outcome == "running":
        why = f"The run of {_day(run.started)} has not ended: `rootcellar log` tells more."
    elif verdict.due and run is not None:
        why = "It was due and could not run: was the machine off or asleep?"
    return Alert(STALE, f"{job} is stale: no success {since}", why)


def _shortfall(job: str, run: JobRun, known: dict[str, Any]) -> list[Alert]:
    """Tell when more is missing than the last time that it was told."""
    absent, failed = shortfalls(run)
    before = known.get(PARTIAL, {"absent": 0, "failed": 0})
    much = max(MUCH_WORSE, before["absent"] // 10)
    is_worse = failed > before["failed"] or absent > before["absent"] + much
    if not is_worse and not (absent and not before["absent"]):
        if run.outcome == "ok":
            known.pop(PARTIAL, None)
        return []
    known[PARTIAL] = {"absent": absent, "failed": failed}
    said = []
    if failed:
        said.append(f"{failed:,} items could not be read")
    if absent:
        said.append(f"{absent:,} are not on this machine (in iCloud, or on another drive)")
    return [Alert(PARTIAL, f"{job}: not everything is safe", f"{'; '.join(said)}.")]


def _damage(job: str, run: JobRun, known: dict[str, Any], now: datetime) -> list[Alert]:
    """Tell of damage in the archive once, and weekly while it lasts; of what was healed, once."""
    damaged, healed = (int(run.counts[ARCHIVE].get(name, 0)) for name in (DAMAGED, HEALED))
    found = []
    if not damaged:
        known.pop(DAMAGED, None)
    elif _is_time(known.get(DAMAGED), now):
        known[DAMAGED] = now.isoformat()
        text = "No good bytes were found for them. `rootcellar verify` names them all."
        found.append(Alert(DAMAGED, f"{job}: {damaged:,} files of the archive are damaged", text))
    if healed and known.get(HEALED) != run.id:
        known[HEALED] = run.id
        text = "They are good again. If this happens more than once, replace the archive's drive."
        title = f"{job}: {healed:,} damaged files of the archive were healed"
        found.append(Alert(HEALED, title, text))
    return found


def shortfalls(run: JobRun) -> tuple[int, int]:
    """Return how many files a run found absent, and how many it failed to read."""
    counts = run.counts.values()
    absent, failed = (sum(one.get(name, 0) for one in counts) for name in ("absent", "failed"))
    return absent, failed


def _day(moment: datetime) -> str:
    return moment.astimezone().strftime("%Y-%m-%d %H:%M")
