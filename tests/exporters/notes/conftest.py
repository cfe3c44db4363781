"""Makes the helpers beside the tests importable, and the world they run in."""

import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))

from notes_world import World, make_world


@pytest.fixture
def world(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> World:
    """A home, an archive and settings of their own."""
    return make_world(tmp_path, monkeypatch)
