"""Which folder is a vault, where in it pages may lie, and what is refused beforehand."""

import contextlib
import os
from pathlib import Path

from rootcellar.archive.identity import is_empty
from rootcellar.archive.layout import IDENTITY
from rootcellar.engine.opening import locate
from rootcellar.errors import DestinationWaiting, UsageError
from rootcellar.state.store import StateStore

FORBIDDEN = frozenset("\\:|#^[]")
"""What no folder of a vault has in its name: Obsidian refuses it, or cannot link to it."""


def find_vault(path: Path, state: StateStore) -> Path:
    """Return where a vault is, with links resolved.

    Raises UsageError when it is no folder, or lies inside an archive. One that was there in an
    earlier run, and is not there now or has nothing in it, is waited for (DestinationWaiting): a
    drive that is not mounted looks exactly so, and not a byte may be written in its place.
    """
    path = locate(path)
    known = state.knows_vault(path)
    if path.is_dir() and not (known and is_empty(path)):
        _refuse_inside_archive(path)
        return path
    if known:
        raise DestinationWaiting(
            f"The vault {path} is not there now; nothing was written.",
            hint="Connect its drive, or let its cloud folder arrive, and run the same command "
            "again. If it was emptied on purpose, open it in Obsidian first.",
        )
    raise UsageError(
        f"There is no vault at {path}.",
        hint="Name the folder of an Obsidian vault, the one that holds .obsidian; make one "
        "with Obsidian, or make an empty folder and open it there as a vault.",
    )


def _refuse_inside_archive(vault: Path) -> None:
    for above in (vault, *vault.parents):
        if is_archive(above):
            raise UsageError(
                f"{vault} lies inside the archive {above}.",
                hint="Only exports write into an archive; name a vault outside of it.",
            )


def folder_in_vault(vault: Path, text: str) -> str:
    """Return a folder as a path below the vault's top, "" for the top itself.

    Raises UsageError for one that is not below it, or where a file is.
    """
    parts = [part for part in text.split("/") if part not in ("", ".")]
    wrong = [one for one in parts if one.startswith(".") or FORBIDDEN & set(one)]
    if wrong or Path(text).is_absolute():
        raise UsageError(
            f"{text!r} cannot be a folder of a vault.",
            hint='Name one below the vault, such as --folder "Apple Notes"; it begins with no '
            f"dot, and there is none of {' '.join(sorted(FORBIDDEN))} in it.",
        )
    for number in range(len(parts)):
        place = vault.joinpath(*parts[: number + 1])
        if os.path.lexists(place) and not place.is_dir():
            raise UsageError(
                f"{place} is a file, so no pages can lie in it.", hint="Name another --folder."
            )
    return "/".join(parts)


def is_archive(path: Path) -> bool:
    """Return whether there is an archive at a path, whether this machine has seen it or not."""
    with contextlib.suppress(OSError):
        return (locate(path) / IDENTITY).is_file()
    return False
