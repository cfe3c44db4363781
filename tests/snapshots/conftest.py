"""Makes the made-up orchard importable and gives each test one of its own."""

import sys
from pathlib import Path

import pytest

HERE = Path(__file__).parent
for folder in (HERE, HERE.parent / "core", HERE.parent / "faults"):
    if str(folder) not in sys.path:
        sys.path.insert(0, str(folder))

from orchard import Farm  # noqa: E402 - the path is set first


@pytest.fixture
def farm(tmp_path: Path) -> Farm:
    return Farm(tmp_path)
