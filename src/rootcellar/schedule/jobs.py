"""The jobs of the settings: what each does, when, and who is told; validated as they are made."""

import contextlib
import re
from dataclasses import dataclass
from datetime import timedelta

from rootcellar.quantities import bytes_in, seconds_in
from rootcellar.schedule.due import Plan, default_stale_after
from rootcellar.schedule.slots import Schedule, parse_duration

DEFAULT_SCHEDULE = "daily 03:00"
DEFAULT_JOB = "nightly"
"""What the job is called when the settings have none."""


@dataclass(frozen=True, slots=True)
class Share:
    """How much of the archive is read again after an export; neither: all of it."""

    bytes: int | None = None
    seconds: float | None = None

    @classmethod
    def parse(cls, text: str) -> "Share | None":
        """Read "5m", "20GB", "all" or "off" (None); raises ValueError."""
        if text in ("all", "off"):
            return cls() if text == "all" else None
        with contextlib.suppress(ValueError):
            return cls(seconds=seconds_in(text))
        with contextlib.suppress(ValueError):
            return cls(bytes=bytes_in(text))
        raise ValueError(f"verify is {text!r}; it must be a time, a size, all or off: 5m, 20GB.")


@dataclass(frozen=True, slots=True)
class Job:
    """One table `[jobs.NAME]`: what a run does, and when it runs.

    Raises ValueError for a schedule, a length of time or an address that cannot be meant.
    """

    schedule: str = DEFAULT_SCHEDULE
    exporters: tuple[str, ...] = ()
    archive: str = ""
    stale_after: str = ""
    retries: int = 5
    budget: str = ""
    verify: str = "5m"
    on_power: bool = False
    ping: str = ""

    def __post_init__(self) -> None:
        Schedule.parse(self.schedule)
        for text in (self.stale_after, self.budget):
            if text:
                parse_duration(text)
        Share.parse(self.verify)
        if not 0 <= self.retries <= 50:
            raise ValueError("retries must be a number from 0 to 50.")
        if self.ping and not re.fullmatch(r"https?://[!-~]+", self.ping):
            raise ValueError(
                f"ping is {self.ping!r}; it must be an address with https://, without spaces."
            )

    def plan(self, name: str) -> Plan:
        """Return when this job shall run."""
        schedule = Schedule.parse(self.schedule)
        stale_after = (
            parse_duration(self.stale_after) if self.stale_after else default_stale_after(schedule)
        )
        return Plan(name, schedule, stale_after, self.retries)

    @property
    def concern(self) -> str:
        """What is odd about it although it can be meant; empty for nothing."""
        gap = Schedule.parse(self.schedule).longest_gap()
        if not self.stale_after or parse_duration(self.stale_after) > gap:
            return ""
        hours = f"{gap.total_seconds() / 3600:.3g} hours"
        return f"stale_after is {self.stale_after}, but up to {hours} lie between two of its runs"

    @property
    def read_again(self) -> Share | None:
        """How much of the archive is read again after an export; None for nothing."""
        return Share.parse(self.verify)

    @property
    def time_budget(self) -> timedelta | None:
        """How long a run may take before it stops at a safe place; None: as long as it takes."""
        return parse_duration(self.budget) if self.budget else None


@dataclass(frozen=True, slots=True)
class Notify:
    """The table `[notify]`: who is told when a job needs a person."""

    system: bool = True
    urls: tuple[str, ...] = ()
    after: int = 3

    def __post_init__(self) -> None:
        if not 1 <= self.after <= 50:
            raise ValueError("after must be a number from 1 to 50.")
        for url in self.urls:
            if ":" not in url:
                raise ValueError(f"urls has {url!r}, which is no address such as ntfy://topic.")
