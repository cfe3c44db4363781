"""The deletion brake: a mass loss stops here until a person accepts it; pure."""

from dataclasses import dataclass
from typing import Literal

MANY = 20
"""Losses up to this number are everyday life in a library of any size."""
SHARE = 5
"""One in this many living items may be lost within the window."""


@dataclass(frozen=True, slots=True)
class Losses:
    """What one run would lose, counted in living items (not gone, not in the source's trash).

    `living`: items living before the run. `found`: those of them sighted again, by key or by
    content, and not newly trashed. `lost`: gone or newly trashed in this run. `recent`: lost and
    not accepted within the last seven days, other than those. `new_store`: an unknown library is
    among the sources.
    """

    living: int
    found: int
    lost: int
    recent: int
    new_store: bool


@dataclass(frozen=True, slots=True)
class Brake:
    """The brake is on: `write_additions` says whether new items are still written."""

    case: Literal["mass loss", "nothing left", "another library"]
    message: str
    hint: str

    @property
    def write_additions(self) -> bool:
        """Whether additions are safe to write: not when this is another library altogether."""
        return self.case != "another library"


_HINT = (
    "If this is what you meant, run the same command with --accept-losses. If not, leave the "
    "archive alone: everything is still in it. Look at the source first."
)


def decide(losses: Losses, title: str) -> Brake | None:
    """Return the brake to apply, or None when the run may go on."""
    if losses.living and losses.new_store and 2 * losses.found < losses.living:
        return Brake(
            "another library",
            f"{title}: this is not the library that was archived. Only {losses.found:,} of "
            f"{losses.living:,} items are in it. Nothing was written.",
            _HINT,
        )
    if losses.living and not losses.found:
        return Brake(
            "nothing left",
            f"{title}: none of the {losses.living:,} items is left in the source. "
            "Nothing was marked as gone.",
            _HINT,
        )
    total = losses.lost + losses.recent
    if total > MANY and SHARE * total > losses.living + losses.recent:
        when = " within seven days" if losses.recent else ""
        return Brake(
            "mass loss",
            f"{title}: {total:,} of {losses.living + losses.recent:,} items were deleted or moved "
            f"to the trash{when}. Nothing was marked as gone.",
            _HINT,
        )
    return None
