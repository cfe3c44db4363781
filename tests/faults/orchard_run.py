"""One export of an orchard, as a process of its own that can be killed: `orchard_run.py ROOT`.

The orchard itself is planted by the test. Ends with 0 when the export did.
"""

import sys
from pathlib import Path

HERE = Path(__file__).parent
sys.path[:0] = [str(HERE), str(HERE.parent / "core")]

from seasons import new_farm  # noqa: E402 - the path is set first

if __name__ == "__main__":
    report = new_farm(Path(sys.argv[1])).export()
    print(report.snapshot)  # noqa: T201 - whoever started this run wants to know
    sys.exit(0 if report.outcome == "ok" else 1)
