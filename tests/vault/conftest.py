"""Makes the notebook beside the tests importable."""

import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))

from notebook import Note, Notebook


@pytest.fixture
def notebook(tmp_path: Path) -> Notebook:
    """Three notes that link to each other, one with a picture, not yet in the vault."""
    return Notebook(
        tmp_path,
        {
            "pie": Note("Apple pie", "Recipes", "Cold butter", "baking", ("jam",), b"picture 1"),
            "jam": Note("Apple jam", "Recipes", "Stir", "", ("pie", "list")),
            "list": Note("Shopping", "Notes", "Sugar"),
        },
    )
