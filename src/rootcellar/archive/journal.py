"""The journal of one batch: written before anything is renamed, redone when a run was cut off.

It carries its own sha256. An incomplete one is discarded (nothing had been renamed yet); a
complete one is redone, and redoing it twice does no harm.
"""

import errno
import hashlib
import json
from collections.abc import Mapping
from typing import Any, Literal

import msgspec
from msgspec import Struct

from rootcellar.archive.disk import Disk, write_all
from rootcellar.archive.layout import JOURNAL, PARTS
from rootcellar.archive.names import fold, folder_of

PATH = f"{JOURNAL}/batch.jsonl"
TAKEN = f"{PARTS}/taken"
ARRIVALS = ("move", "take", "put")
"""The steps after which something new is at `to`."""
_STAYS = {errno.EXDEV, errno.EPERM, errno.EACCES}
VERSION = 1


class Step(Struct, frozen=True):
    """One rename, or for `drop` a removal of a version that no snapshot ever held.

    `out` takes what is at `path` to `to` (history or quarantine), `move` is a rename to a name
    that was free, `put` brings a part to its final name. `take` brings a file into the archive
    that was there before it, perhaps beside the archive: its `path` may begin with `..`.
    """

    kind: Literal["out", "drop", "move", "take", "put"]
    path: str
    to: str = ""


class Journal(Struct, frozen=True):
    """The steps of a batch, and the rows for the state that make them known.

    These are written as JSON, whatever they are (dataclasses, for one), and read as plain JSON.
    """

    steps: tuple[Step, ...]
    settlement: Any

    def write(self, disk: Disk) -> None:
        """Write the journal; the batch is committed once this has been flushed."""
        body = msgspec.json.Encoder().encode_lines(
            [{"journal": VERSION}, *self.steps, {"settlement": self.settlement}]
        )
        with disk.create(PATH) as file:
            write_all(file, body)
            write_all(file, json.dumps({"sha256": hashlib.sha256(body).hexdigest()}).encode())
        disk.flush()

    def apply(self, disk: Disk) -> None:
        """Do every step that has not been done yet, in order."""
        arrivals = {fold(step.to): step for step in self.steps if step.kind in ARRIVALS}
        for step in self.steps:
            if step.kind == "put":
                _put(disk, step)
            elif step.kind in ("move", "take"):
                _move(disk, step)
            elif _has_arrived(disk, arrivals, step.path) or not disk.exists(step.path):
                continue
            elif step.kind == "out":
                disk.rename(step.path, step.to)
            else:
                disk.unlink(step.path)
        left = {folder_of(one.path) for one in self.steps if one.kind not in ("put", "take")}
        for folder in left:
            disk.drop_empty_folder(folder)


def _has_arrived(disk: Disk, arrivals: Mapping[str, Step], path: str) -> bool:
    """Return whether the content that this batch brings to `path` is there already.

    What is there must then stay: the step that made room for it has been done.
    """
    step = arrivals.get(fold(path))
    if step is None:
        return False
    return not disk.exists(step.path) or _has_arrived(disk, arrivals, step.path)


def _put(disk: Disk, step: Step) -> None:
    try:
        disk.rename(step.path, step.to)
    except FileNotFoundError:
        if disk.exists(step.path):  # it is the folder that is not there
            raise


def _move(disk: Disk, step: Step) -> None:
    if not disk.exists(step.path):
        return
    if not disk.exists(step.to):
        _rename(disk, step)
    elif fold(step.path) == fold(step.to):
        # Only the case differs, and this file system may ignore it: what is listed tells.
        names = disk.names(folder_of(step.path))
        if step.to.rpartition("/")[2] not in names:
            disk.rename(step.path, step.to)


def _rename(disk: Disk, step: Step) -> None:
    """Rename; copy a file that lies beside the archive and may not leave where it is.

    Whether it may is tried before anything is written; only an odd mount or a locked file comes
    here, and the batch that is committed must come to its end.
    """
    try:
        disk.rename(step.path, step.to)
    except OSError as error:
        if step.kind != "take" or error.errno not in _STAYS:
            raise
        disk.copy(step.path, TAKEN)
        disk.rename(TAKEN, step.to)


def read_journal(disk: Disk) -> Journal | None:
    """Return the journal that an earlier run left, or None when there is none or it is cut off."""
    if disk.stat(PATH) is None:
        return None
    body, _, seal = disk.read(PATH).rpartition(b"\n")
    body += b"\n"
    try:
        if json.loads(seal)["sha256"] != hashlib.sha256(body).hexdigest():
            return None
        first, *steps, last = [json.loads(line) for line in body.splitlines()]
    except (ValueError, KeyError, TypeError):
        return None
    if first != {"journal": VERSION}:
        return None
    return Journal(tuple(Step(**step) for step in steps), last["settlement"])


def remove_journal(disk: Disk) -> None:
    """Forget the batch: it is settled, or was never committed."""
    disk.unlink(PATH)
