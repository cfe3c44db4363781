"""How the jobs of the settings stand, without running any: for `status`, `doctor`, the banner."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, tzinfo

from rootcellar.schedule.due import Past, Verdict, judge
from rootcellar.schedule.jobs import Job
from rootcellar.state.jobs import JobRun, Jobs


@dataclass(frozen=True, slots=True)
class Standing:
    """How one job stands; `last` is its last run that has ended, None when it has never run."""

    name: str
    job: Job
    past: Past
    verdict: Verdict
    last: JobRun | None

    @property
    def line(self) -> str:
        """Whether it is well, in one line of words."""
        last = self.past.last_success
        since = f"last success {moment(last)}" if last else "no success yet"
        if self.verdict.stale:
            why = f" {self.last.message}" if self.last and self.last.message else ""
            return f"The job {self.name} is STALE: {since}.{why}"
        text = f"{self.name} ({self.job.schedule}): {since}"
        if self.verdict.upcoming:
            text += f"; next on {moment(self.verdict.upcoming)}"
        text += f"; stale without a success by {moment(self.verdict.deadline)}"
        if self.last is not None and self.last.is_failure:
            text += f". The last run failed: {self.last.message or self.last.outcome}"
        return text

    @property
    def outcome(self) -> str:
        """What a monitor should know of it: `failed` when it is stale, or its last run failed."""
        has_failed = self.last is not None and self.last.outcome == "failed"
        return "failed" if self.verdict.stale or has_failed else "ok"


def standings(jobs: Mapping[str, Job], known: Jobs, now: datetime, zone: tzinfo) -> list[Standing]:
    """Return how those jobs stand that a tick or a run has ever looked at."""
    found = []
    for name, job in jobs.items():
        if not known.is_known(name):
            continue
        past = known.past(name, now)
        verdict = judge(job.plan(name), past, now, zone)
        found.append(Standing(name, job, past, verdict, known.last(name, ended=True)))
    return found


def moment(at: datetime) -> str:
    """Return a moment as people of this time zone say it."""
    return at.astimezone().strftime("%Y-%m-%d %H:%M")
