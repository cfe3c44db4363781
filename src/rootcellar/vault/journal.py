"""The journal of a vault: which item's page lies where, and what was last written there.

It lies in the vault, beside the pages, so that it goes where they go. What is about to be written
is planned in it first: a run that is killed in between is understood by the next one.
"""

from collections.abc import Sequence

import msgspec

from rootcellar.archive.disk import Disk, write_all
from rootcellar.errors import UsageError

HOME = ".rootcellar"
NAME = "vault.json"
FORMAT = 1


class Page(msgspec.Struct, omit_defaults=True):
    """One item's page.

    `sha256` is that of the bytes last written, empty for a page that was found and is not ours.
    `size` and `mtime_ns` are what the file system gave back then. `place` is the wish it was
    placed by. `source` is the digest of the record it was made from or is known to be behind of,
    `made` of all that shapes it. `own_place`: the person has moved it. `beside` is the page with
    the newer version, `beside_sha256` its bytes, `beside_made` as `made`. `deleted`: the person
    has deleted it. `plain` and `beside_plain` are the digests of the bytes with what links mean in
    place of how they are written.
    """

    path: str
    sha256: str = ""
    size: int = 0
    mtime_ns: int = 0
    place: str = ""
    source: str = ""
    made: str = ""
    own_place: bool = False
    beside: str = ""
    beside_sha256: str = ""
    deleted: bool = False
    plain: str = ""
    beside_plain: str = ""
    beside_made: str = ""


class Attached(msgspec.Struct, omit_defaults=True):
    """One file of an item: where it lies, and the digest of its bytes in the archive."""

    path: str
    sha256: str


class Plan(msgspec.Struct, omit_defaults=True):
    """A page that is about to be written: `was` is its path until then.

    `over` is the digest of what it replaces, empty for a new page. `beside`: it is a newer
    version, beside the page that the person has changed.
    """

    key: str
    page: Page
    was: str = ""
    over: str = ""
    beside: bool = False


class Journal(msgspec.Struct, omit_defaults=True):
    """All that is remembered of one folder of a vault; keys are those of the archive's items.

    `folder` is where it lay when it was written, `asked` the folder that was asked for: another
    one once the person has moved or renamed it.
    """

    format: int = FORMAT
    archive: str = ""
    exporter: str = "notes"
    folder: str = ""
    asked: str = ""
    pages: dict[str, Page] = {}
    files: dict[str, Attached] = {}
    plans: list[Plan] = []


def load(vault: Disk, folder: str) -> Journal | None:
    """Return the journal of a folder, or None where there is none; UsageError for a newer one."""
    try:
        data = vault.read(_path(folder))
    except FileNotFoundError:
        return None
    try:
        journal = msgspec.json.decode(data, type=Journal)
    except msgspec.MsgspecError:
        return None  # pages still say whose they are
    if journal.format > FORMAT:
        raise UsageError(
            f"The folder {folder} of this vault was written by a newer rootcellar.",
            hint="Update this rootcellar.",
        )
    return journal


def remove(vault: Disk, folder: str) -> None:
    """Remove the journal of a folder, which another one has taken the place of."""
    vault.unlink(_path(folder))
    vault.drop_empty_folder(_inside(folder), folder)


def save(vault: Disk, folder: str, journal: Journal, plans: Sequence[Plan] = ()) -> None:
    """Write the journal in place of the one before, with what is about to be written."""
    journal.plans, journal.folder = list(plans), folder
    part = stage(vault, folder, 0, msgspec.json.encode(journal))
    vault.flush()
    vault.rename(part, _path(folder))


def stage(vault: Disk, folder: str, number: int, data: bytes) -> str:
    """Write data into a part, and return its path; nothing else is touched."""
    part = part_path(folder, number)
    with vault.create(part) as file:
        write_all(file, data)
    return part


def part_path(folder: str, number: int) -> str:
    """Return the path of a file that is being written."""
    return f"{_inside(folder)}/parts/{number}"


def remove_parts(vault: Disk, folder: str) -> None:
    """Remove what a run that was cut off has left half written, once its plans are finished."""
    parts = part_path(folder, 0).rpartition("/")[0]
    for name in vault.names(parts):
        vault.unlink(f"{parts}/{name}")
    vault.drop_empty_folder(parts, _inside(folder))


def _inside(folder: str) -> str:
    return f"{folder}/{HOME}" if folder else HOME


def _path(folder: str) -> str:
    return f"{_inside(folder)}/{NAME}"
