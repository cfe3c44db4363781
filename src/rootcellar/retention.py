"""Which snapshots a person's rule keeps; pure. The words are those of restic and borg."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, tzinfo

from rootcellar.quantities import seconds_in


@dataclass(frozen=True, slots=True)
class Retention:
    """How many snapshots stay: the last ones, and the last of each hour, day, week, month, year.

    Each rule counts by itself; a snapshot that any of them keeps stays. `grace`: how long bytes
    stay after the archive has replaced them, whatever the rules say. `walk`: how often an export
    looks at every file's size and time.
    """

    keep_last: int = 0
    keep_hourly: int = 0
    keep_daily: int = 0
    keep_weekly: int = 0
    keep_monthly: int = 0
    keep_yearly: int = 0
    grace: str = "7d"
    walk: str = "1d"

    def __post_init__(self) -> None:
        seconds_in(self.grace)
        seconds_in(self.walk)
        if any(count < 0 for count in self.counts):
            raise ValueError("How many to keep is a whole number, 0 or more.")

    @property
    def counts(self) -> tuple[int, ...]:
        """How many of each kind stay, from the last to the yearly ones."""
        return (
            self.keep_last,
            self.keep_hourly,
            self.keep_daily,
            self.keep_weekly,
            self.keep_monthly,
            self.keep_yearly,
        )

    @property
    def says_anything(self) -> bool:
        """Whether there is a rule at all; without one everything stays."""
        return any(self.counts)


_PERIODS: tuple[Callable[[datetime], object], ...] = (
    lambda moment: (moment.date(), moment.hour, moment.utcoffset()),
    lambda moment: moment.date(),
    lambda moment: moment.isocalendar()[:2],
    lambda moment: (moment.year, moment.month),
    lambda moment: moment.year,
)


def kept(
    snapshots: Sequence[tuple[str, datetime]], rule: Retention, zone: tzinfo | None = None
) -> list[str]:
    """Return the names that stay, oldest first, of (name, moment) in the order of the chain.

    Days begin at midnight in `zone` (None: this machine's). The newest always stays; without a
    rule, all do.
    """
    if not rule.says_anything:
        return [name for name, _ in snapshots]
    names = [name for name, _ in snapshots]
    staying = {*names[-1:], *names[len(names) - min(len(names), rule.keep_last) :]}
    for period, count in zip(_PERIODS, rule.counts[1:], strict=True):
        seen: set[object] = set()
        for name, moment in reversed(snapshots):
            one = period(moment.astimezone(zone))
            if len(seen) < count and one not in seen:
                seen.add(one)
                staying.add(name)
    return [name for name in names if name in staying]
