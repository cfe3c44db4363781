"""Which archive is meant; for commands that need no exporter, and must be quick."""

import os
from collections.abc import Sequence
from pathlib import Path
from typing import Protocol

from rootcellar.cli.output import warn
from rootcellar.engine.finding import Found, find_again
from rootcellar.errors import UsageError
from rootcellar.state.store import StateStore


class NamesArchive(Protocol):
    """Settings, as far as they say where the archive is."""

    @property
    def archive(self) -> Path | None:
        """The archive's folder, absolute; None when they do not say it."""


def choose_archive(option: Path | None, settings: NamesArchive, state: StateStore) -> Path:
    """Return where the archive is that is meant; raises UsageError when nothing says it."""
    return find_archive(option, settings, state).path


def find_archive(option: Path | None, settings: NamesArchive, state: StateStore) -> Found:
    """Return which archive is meant: --archive, else the settings', else the only one known.

    One that is not at its place is looked for on all drives, and that is told.

    Raises UsageError when none of them says it.
    """
    if option is not None:
        return Found(option)
    paths = state.archive_paths()
    known = list({uuid: path for path, uuid in reversed(paths)}.values())  # each at its last place
    settled = settings.archive or (known[0] if len(known) == 1 else None)
    if settled is not None:
        found = find_again(Path(os.path.realpath(settled.expanduser())), state)
        for note in found.notes:
            warn(note)
        return found if found.notes else Found(settled)
    if known:
        raise UsageError(
            "Several archives are known here: " + ", ".join(map(str, known)) + ".",
            hint="Say which one with --archive.",
        )
    raise UsageError(
        "No archive has been chosen yet.",
        hint="Run `rootcellar init ARCHIVE`, or name a folder with --archive.",
    )


def relative(words: Sequence[str], archive: Path) -> list[str]:
    """Return words with whole paths into the archive, as a Finder drag gives them, made relative.

    What is meant need not be there any more.
    """
    root = Path(os.path.realpath(archive))
    found = []
    for word in words:
        path = Path(word).expanduser()
        whole = Path(os.path.realpath(path.parent)) / path.name
        is_inside = path.is_absolute() and whole != root and whole.is_relative_to(root)
        found.append(whole.relative_to(root).as_posix() if is_inside else word)
    return found
