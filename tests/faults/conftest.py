"""Makes the made-up orchard and the tools for faults importable; says how much of them to run."""

import os
import sys
from pathlib import Path

import pytest

HERE = Path(__file__).parent
for folder in (HERE, *(HERE.parent / one for one in ("core", "end_to_end", "snapshots"))):
    if str(folder) not in sys.path:
        sys.path.insert(0, str(folder))

ALL = os.environ.get("ROOTCELLAR_FAULTS") == "all"
"""Set by `make faults`: every step and many kills, instead of a slice."""


@pytest.fixture
def everything() -> bool:
    """Whether all faults are to be tried, and not only a slice of them."""
    return ALL
