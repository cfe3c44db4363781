"""Where the state lives; imported before anything else is."""

import os
from pathlib import Path

import platformdirs


def default_path() -> Path:
    """Return where the state lives on this machine; ROOTCELLAR_STATE names another folder."""
    if folder := os.environ.get("ROOTCELLAR_STATE"):
        return Path(folder).expanduser() / "state.sqlite"
    return platformdirs.user_data_path("rootcellar") / "state.sqlite"


def logs_folder() -> Path:
    """Return where runs of jobs, and what starts them, write down what they say."""
    return default_path().parent / "logs"


def make_private(folder: Path) -> None:
    """Make a folder within that of the state, and that one; nobody else may look into them."""
    folder.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    folder.mkdir(exist_ok=True, mode=0o700)
