"""Finding an archive again whose drive is mounted elsewhere, or has another name, by its identity.

A path is only a hint. What lies at it and is not the archive is told of, and never written to.
"""

import contextlib
import os
from collections.abc import Iterator
from pathlib import Path

from msgspec import Struct, field

from rootcellar.archive.disk import Disk
from rootcellar.archive.identity import is_litter, read_identity
from rootcellar.errors import RootcellarError, UsageError
from rootcellar.state.store import StateStore

COUNTED = 10_000
"""So many files of a folder that is in the way are counted, and no more."""


class Found(Struct, frozen=True):
    """Where an archive is now; `notes` tell a person what is not as it was.

    `uuid` is there when it was looked for: that one is meant, whatever else was at this path.
    """

    path: Path
    notes: list[str] = field(default_factory=list)
    uuid: str = ""


def find_again(path: Path, state: StateStore) -> Found:
    """Return where the archive is that was last at `path`: there, or on another mount.

    Raises UsageError when it is in several places at once, none of them the one that is known.
    """
    expected = dict(state.archive_paths()).get(path)
    if expected is None or identity_at(path) == expected:
        return Found(path)
    places = list(_elsewhere(path, expected, state))
    if not places:
        return Found(path)
    if len(places) > 1:
        raise UsageError(
            f"The archive that was at {path} is in several places now: "
            f"{', '.join(map(str, places))}. One is a copy of the other.",
            hint="Disconnect the copy, or say which one you mean from now on: "
            f"rootcellar rebuild --archive '{places[0]}'",
        )
    notes = [f"The archive was at {path}; it is at {places[0]} now, and was found there."]
    return Found(places[0], [*notes, *ghost_notes(path)], expected)


def identity_at(path: Path) -> str | None:
    """Return the uuid of the archive at a path; None when there is none, or it cannot be read."""
    with contextlib.suppress(OSError, RootcellarError), contextlib.closing(Disk(path)) as disk:
        identity = read_identity(disk)
        return identity.uuid if identity else None
    return None


def _elsewhere(path: Path, uuid: str, state: StateStore) -> Iterator[Path]:
    """Yield the other places at which an archive is: where it was seen, and on every mount."""
    from rootcellar.archive.drive import mounts

    known = [place for place, one in state.archive_paths() if one == uuid]
    tails = {
        Path(*place.parts[start:]) for place in known for start in range(1, len(place.parts) + 1)
    }
    candidates = [*known, *(mount / tail for mount, _ in mounts() for tail in sorted(tails))]
    seen = set()
    for place in candidates:
        with contextlib.suppress(OSError):
            status = os.stat(place)  # noqa: PTH116 - a Path says it in more words
            key = (status.st_dev, status.st_ino)
            if key not in seen and place != path and identity_at(place) == uuid:
                seen.add(key)
                yield Path(os.path.realpath(place))


def ghost_notes(path: Path) -> list[str]:
    """Tell of files at a place where an archive's drive should be mounted and is not."""
    count, size = 0, 0
    for folder, _, names in os.walk(path):
        for name in names:
            if is_litter(name):
                continue
            with contextlib.suppress(OSError):
                size += os.lstat(Path(folder) / name).st_size
                count += 1
        if count >= COUNTED:
            break
    if not count:
        return []
    many = f"{COUNTED:,} files and more" if count >= COUNTED else f"{count:,} files"
    note = (
        f"{path} holds {many} ({size / 1e6:,.1f} MB) that are not on the archive's drive: some "
        "program has written there while the drive was away. Nothing was written to them; look "
        "at them, and remove them if they are not wanted."
    )
    return [note]


def require_original(path: Path, uuid: str, counter: int, state: StateStore) -> None:
    """Refuse a copy of an archive beside the one that is used, until somebody says it is meant.

    Raises RootcellarError. A copy is told by the archive being at its own place at the same time,
    or by runs that it has missed: one, the last, may also have been lost in a power cut.
    """
    row = state.archive(uuid)
    used = next((place for place, one in state.archive_paths() if one == uuid), None)
    if row is None or used is None:
        return
    hint = (
        f"Use the one at {used}. If this one is to be used from now on: "
        f"rootcellar rebuild --archive '{path}'"
    )
    if used != path and _is_another(path, used) and identity_at(used) == uuid:
        raise RootcellarError(
            f"{path} is a copy of the archive at {used}, which is there as well.", hint=hint
        )
    if row.counter - counter > 1:
        raise RootcellarError(
            f"{path} is an older copy of the archive: it has seen {counter:,} runs, and "
            f"{row.counter:,} are known.",
            hint=hint,
        )


def _is_another(path: Path, used: Path) -> bool:
    try:
        return not path.samefile(used)
    except OSError:
        return False
