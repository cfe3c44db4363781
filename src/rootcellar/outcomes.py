"""The outcomes of runs, and the exit codes they come with; docs/reference/outcomes.md."""

from collections.abc import Iterable

OUTCOMES = ("ok", "partial", "waiting", "brake", "failed")
"""From best to worst; the worst of its parts is the outcome of a run."""
EXIT_CODES = {"ok": 0, "skipped": 0, "partial": 3, "waiting": 75, "brake": 4, "failed": 1}


def worst(outcomes: Iterable[str]) -> str:
    """Return the worst of some outcomes; `skipped` counts as ok."""
    ranked = [OUTCOMES.index(one) for one in outcomes if one in OUTCOMES]
    return OUTCOMES[max(ranked, default=0)]
