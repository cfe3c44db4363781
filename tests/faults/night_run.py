"""A night of an orchard's archive, as a process of its own: `night_run.py ROOT`.

Export, prune, verify and heal. Says which snapshot there is after the export, on its own line.
"""

import sys
from collections.abc import Sequence
from pathlib import Path

HERE = Path(__file__).parent
sys.path[:0] = [str(HERE), str(HERE.parent / "core")]

from orchard import Farm  # noqa: E402 - the path is set first
from seasons import new_farm  # noqa: E402

from rootcellar.engine.opening import open_archive  # noqa: E402
from rootcellar.retention import Retention  # noqa: E402
from rootcellar.snapshots.mending import verify_and_heal  # noqa: E402
from rootcellar.snapshots.problems import Verified  # noqa: E402
from rootcellar.snapshots.pruning import Pruning  # noqa: E402
from rootcellar.state.store import StateStore  # noqa: E402

KEPT = 4


def night(farm: Farm) -> Verified:
    """Do what the jobs of a night do; return what verify found."""
    report = farm.export(accept_losses=True)
    assert report.outcome == "ok", report.outcome
    print(report.snapshot or "", flush=True)  # noqa: T201 - whoever started this wants to know
    with StateStore(farm.state_path) as state:
        with open_archive(farm.archive, state) as opened:
            rule = Retention(keep_last=KEPT, grace="0s")
            Pruning(opened.disk, state, opened.row, rule).prune()

        def again(_: Sequence[str]) -> None:
            farm.export(accept_losses=True)

        return verify_and_heal(farm.archive, state, again)[0]


if __name__ == "__main__":
    found = night(new_farm(Path(sys.argv[1])))
    sys.exit(0 if not found.damaged else 1)
