"""Opening an archive: is it the right one, is it there, is nobody else writing, is it known?"""

import contextlib
import fcntl
import os
from collections.abc import Collection, Iterator
from dataclasses import dataclass, field
from pathlib import Path

from rootcellar.archive.disk import Disk
from rootcellar.archive.identity import (
    Identity,
    create,
    explain,
    in_the_way,
    is_empty,
    read_identity,
    unmake,
)
from rootcellar.archive.trouble import archive_errors
from rootcellar.archive.writer import recover
from rootcellar.engine.finding import ghost_notes, require_original
from rootcellar.errors import DestinationWaiting, RootcellarError, UsageError
from rootcellar.state.rows import ArchiveRow
from rootcellar.state.settling import from_journal
from rootcellar.state.store import StateStore


@dataclass
class OpenArchive:
    """An archive that is open for this run alone; `notes` tell a person what had to be done.

    `troubled`: its drive or the state failed, and not the source. A new archive then stays
    although nothing came into it: its place is known, and an unmounted drive is waited for.
    """

    path: Path
    disk: Disk
    identity: Identity
    state: StateStore
    made: bool = False
    new_folder: bool = False
    troubled: bool = False
    notes: list[str] = field(default_factory=list)

    @property
    def row(self) -> ArchiveRow:
        """What the state knows of the archive."""
        row = self.state.archive(self.identity.uuid)
        assert row is not None
        return row

    def unmake(self) -> None:
        """Undo the making of an archive into which nothing came.

        The state forgets it first: a place it still knew would be waited for, for ever.
        """
        self.state.forget(self.row)
        unmake(self.disk)
        if self.new_folder:
            with contextlib.suppress(OSError):
                self.path.rmdir()


def locate(path: Path) -> Path:
    """Return an archive's path as the state knows it: absolute, with links resolved."""
    return Path(os.path.realpath(path.expanduser()))


def look(
    path: Path,
    state: StateStore,
    settled: Path | None = None,
    *,
    inhabited: bool = False,
    meant: str = "",
) -> Identity | None:
    """Return which archive is at `path`, or None when one may be made there; nothing is written.

    `settled` is the archive that the settings name: like one that the state knows, it is waited
    for and not made anew. With `inhabited`, one may be made in a folder that holds files of
    others, as long as none of them is in the way. `meant` is the uuid of an archive that was found
    here again, where another one may have been before. Raises UsageError for a place where no
    archive can be, DestinationWaiting when the archive that belongs here is not there now.
    """
    path = locate(path)
    known = dict(state.archive_paths())
    expected = {*known, locate(settled)} if settled else set(known)
    with archive_errors(path):  # a network drive without its server answers even this with one
        exists, is_folder = path.exists(), path.is_dir()
    if not exists:
        _refuse_inside(path)
        _refuse_known(path, expected)
        _require_parent(path)
        return None
    if not is_folder:
        raise UsageError(
            f"{path} is a file; an archive is a folder.",
            hint="Name a new or an empty folder with --archive.",
        )
    with archive_errors(path), contextlib.closing(Disk(path)) as disk:
        identity = read_identity(disk)
        empty = identity is None and is_empty(path)
    if identity is not None:
        if identity.uuid != meant:
            _require_same(path, identity, known)
        require_original(path, identity.uuid, identity.counter, state)
        return identity
    if empty or inhabited:
        _refuse_inside(path)
        _refuse_known(path, set(known) if inhabited else expected)
        _refuse_in_the_way(path)
        return None
    hint = "Name a new or an empty folder with --archive."
    if path in known:
        hint = "The archive that was here is not here now; is another drive connected? " + hint
        hint = " ".join([*ghost_notes(path), hint])
    raise UsageError(f"{path} is not empty, and is no archive of rootcellar's.", hint=hint)


def require_archive(path: Path, state: StateStore) -> None:
    """Raise unless there is an archive at `path`, of whatever identity; nothing is written."""
    path = locate(path)
    if path.is_dir():
        with archive_errors(path), contextlib.closing(Disk(path)) as disk:
            if read_identity(disk) is not None:
                return
    look(path, state)
    raise UsageError(f"There is no archive at {path}.", hint="Check the path and the drive.")


@contextlib.contextmanager
def read_archive(path: Path, state: StateStore) -> Iterator[Disk]:
    """Open the archive at `path` for reading alone, also while an export is running."""
    require_archive(path, state)
    path = locate(path)
    with archive_errors(path), contextlib.closing(Disk(path)) as disk:
        yield disk


def _require_parent(path: Path) -> None:
    if not path.parent.is_dir():
        raise UsageError(
            f"{path.parent} does not exist, so no archive can be made in it.",
            hint="Check the spelling, connect the drive, or make that folder first.",
        )


def _refuse_inside(path: Path) -> None:
    for above in path.parents:
        with contextlib.suppress(OSError):
            if (above / ".rootcellar" / "archive.json").is_file():
                raise UsageError(
                    f"{path} lies inside the archive {above}.",
                    hint=f"Use that archive (--archive {above}), or a folder outside it.",
                )


def _refuse_in_the_way(path: Path) -> None:
    if name := in_the_way(path):
        raise UsageError(
            f"{path} holds {name}, a name that an archive needs.",
            hint="Rename it, and run the same command again.",
        )


def _refuse_known(path: Path, expected: Collection[Path]) -> None:
    for place in (path, *path.parents):
        if place in expected:
            raise DestinationWaiting(
                f"The archive {place} is not there now; nothing was written.",
                hint="Connect its drive and run the same command again. (If the archive has "
                "moved, name its new place with --archive; if it has never been made: "
                f"rootcellar init '{place}')",
            )


def _require_same(path: Path, identity: Identity, known: dict[Path, str]) -> None:
    expected = known.get(path)
    if expected is not None and expected != identity.uuid:
        raise RootcellarError(
            f"Another archive is at {path} than the one that was there before.",
            hint="Was another drive connected, or an archive copied over it? If it is the one you "
            f"want to use from now on: rootcellar rebuild --archive '{path}'",
        )


@contextlib.contextmanager
def open_archive(
    path: Path,
    state: StateStore,
    *,
    settled: Path | None = None,
    adopt: bool = False,
    inhabited: bool = False,
    meant: str = "",
) -> Iterator[OpenArchive]:
    """Open the archive at `path` for writing, and make it if there is none and one may be made.

    Ends what an earlier run was cut off in, and rebuilds the state when it is not the archive's.
    With `adopt`, an archive other than the one known at this path is accepted; with `inhabited`,
    one may be made in a folder that is not empty. `meant` is as for `look`.
    """
    path = locate(path)
    seen = None if adopt else look(path, state, settled, inhabited=inhabited, meant=meant)
    with archive_errors(path), contextlib.ExitStack() as stack:
        new_folder = not path.exists()
        if new_folder and (adopt or seen is not None):
            raise _went_away(path)
        if new_folder:
            path.mkdir()
        disk = stack.enter_context(contextlib.closing(Disk(path)))
        if not disk.lock():
            raise _busy(path)
        identity = read_identity(disk)
        if identity is None and (adopt or seen is not None):
            raise _went_away(path)
        made = identity is None
        if identity is None:
            try:
                identity = create(disk)
            except BaseException:
                if new_folder:
                    with contextlib.suppress(OSError):
                        path.rmdir()
                raise
        stack.enter_context(_local_lock(state, identity, path))
        archive = OpenArchive(path, disk, identity, state, made, new_folder)
        _continue(archive)
        known = dict(state.archive_paths()).get(path)
        if known in (None, identity.uuid) or adopt:  # else it is only a guest at this place
            state.place_archive(archive.row, path)
        yield archive


def _continue(archive: OpenArchive) -> None:
    """End an interrupted run and see to it that state and archive speak of the same run."""
    disk, state = archive.disk, archive.state
    if recover(disk, lambda settlement: state.settle(from_journal(settlement))):
        archive.notes.append("The last run was cut off; its work has been completed.")
    identity = read_identity(disk)
    assert identity is not None
    archive.identity = identity
    explain(disk)
    row = state.archive(identity.uuid)
    if archive.made:
        state.register(identity.uuid, identity.counter, identity.token)
    elif row is None or row.token != identity.token:
        from rootcellar.engine.rebuilding import rebuild

        found = rebuild(disk, identity, state)
        reason = "is new to this machine" if row is None else "was changed by another machine"
        archive.notes.append(
            f"This archive {reason}: its state was rebuilt from {found.items:,} records."
        )


@contextlib.contextmanager
def _local_lock(state: StateStore, identity: Identity, path: Path) -> Iterator[None]:
    """Hold the lock beside the state: network drives often have none that works."""
    folder = state.path.parent / "locks"
    folder.mkdir(exist_ok=True)
    with (folder / f"{identity.uuid}.lock").open("w") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            raise _busy(path) from error
        yield


def _went_away(path: Path) -> DestinationWaiting:
    return DestinationWaiting(
        f"The archive {path} went away while it was being opened; nothing was written.",
        hint="Connect its drive again and run the same command.",
    )


def _busy(path: Path) -> DestinationWaiting:
    return DestinationWaiting(
        f"Another run is using the archive {path}.",
        hint="Wait until it has finished; nothing needs to be done.",
    )
