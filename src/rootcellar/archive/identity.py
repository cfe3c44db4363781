"""Which archive this is: `archive.json`, and how a new archive comes into being."""

import hashlib
import json
import uuid
from collections.abc import Mapping, Sequence
from pathlib import Path

from msgspec import Struct, field
from msgspec.structs import asdict, replace

from rootcellar.archive.disk import Disk, write_all
from rootcellar.archive.layout import (
    FORMAT,
    FORMAT_VERSION,
    IDENTITY,
    INSIDE,
    JOURNAL,
    PARTS,
    README,
    STATUS,
)
from rootcellar.archive.names import fold
from rootcellar.archive.texts import FORMAT_TEXT, README_TEXT
from rootcellar.errors import UsageError

LITTER = frozenset(
    {
        ".DS_Store",
        ".fseventsd",
        ".Spotlight-V100",
        ".Trashes",
        "lost+found",
        "System Volume Information",
    }
)
"""What operating systems put on an empty drive; also every name that begins with `._`."""
_FIELDS = ("uuid", "format", "counter", "token", "tops", "stores")
_UNBORN = f"{INSIDE}.new"
_CHECK = b' "check": "'


class IdentityDamaged(UsageError):
    """`archive.json` is not what was written; `data` is what is there."""

    def __init__(self, disk: Disk, data: bytes) -> None:
        super().__init__(
            f"{disk.root / IDENTITY} is damaged.",
            hint="`rootcellar verify` makes this small file anew from the newest snapshot; the "
            "archive's contents are not affected.",
        )
        self.data = data


class Identity(Struct, frozen=True):
    """The contents of `archive.json`.

    `counter` rises by one with every run that changes the archive, and `token` is new with every
    batch, so that a state that has missed one knows it. `tops` maps the folders at the top of the
    archive to the exporters that own them; `stores` names the libraries whose items they hold.
    """

    uuid: str
    format: int = FORMAT_VERSION
    counter: int = 0
    token: str = ""
    tops: Mapping[str, str] = field(default_factory=dict)
    stores: Mapping[str, Sequence[str]] = field(default_factory=dict)

    def next(
        self, counter: int, tops: Mapping[str, str], stores: Mapping[str, Sequence[str]]
    ) -> "Identity":
        """Return the identity after one more batch of the run `counter`."""
        return replace(
            self,
            counter=counter,
            token=uuid.uuid4().hex,
            tops=dict(sorted({**self.tops, **tops}.items())),
            stores={
                name: list(found) for name, found in sorted({**self.stores, **stores}.items())
            },
        )

    def to_json(self) -> bytes:
        """Return the file's bytes; `check` is the digest of all that comes before its line."""
        head = json.dumps(asdict(self), indent=1).removesuffix("\n}").encode() + b",\n"
        return head + _CHECK + hashlib.sha256(head).hexdigest().encode() + b'"\n}\n'


def read_identity(disk: Disk) -> Identity | None:
    """Return which archive this is, or None when it is none; raises UsageError for a newer one."""
    if disk.stat(IDENTITY) is None:
        return None
    data = disk.read(IDENTITY)
    try:
        value = json.loads(data)
        identity = Identity(**{name: value[name] for name in _FIELDS})
    except (ValueError, KeyError, TypeError) as error:
        raise IdentityDamaged(disk, data) from error
    if not _is_as_written(data, value):
        raise IdentityDamaged(disk, data)
    if identity.format > FORMAT_VERSION:
        raise UsageError(
            f"The archive {disk.root} has format {identity.format}; this rootcellar knows "
            f"formats up to {FORMAT_VERSION}.",
            hint="Update rootcellar.",
        )
    return identity


def _is_as_written(data: bytes, value: Mapping[str, object]) -> bool:
    """Return whether the file's own digest is right; the first archives had none."""
    head, told, check = data.rpartition(_CHECK)
    if not told:
        return set(value) == set(_FIELDS)
    return check == hashlib.sha256(head).hexdigest().encode() + b'"\n}\n'


def is_litter(name: str) -> bool:
    """Return whether a name is an operating system's own, and no content of a folder."""
    return name in LITTER or name.startswith("._")


def in_the_way(folder: Path) -> str | None:
    """Return the name in a folder that an archive's own file would take from somebody else's."""
    own = {fold(name) for name in (STATUS, INSIDE)}
    return next((path.name for path in folder.iterdir() if fold(path.name) in own), None)


def is_empty(folder: Path) -> bool:
    """Return whether an archive may be made in a folder: nothing but litter is in it."""
    return all(is_litter(path.name) or path.name == _UNBORN for path in folder.iterdir())


def create(disk: Disk) -> Identity:
    """Make an archive in the open folder; it exists from one moment to the next."""
    identity = Identity(uuid=str(uuid.uuid4()))
    with disk.create(IDENTITY.replace(INSIDE, _UNBORN, 1)) as file:
        write_all(file, identity.to_json())
    disk.flush()
    disk.rename(_UNBORN, INSIDE)
    explain(disk)
    return identity


def explain(disk: Disk) -> None:
    """Write README.txt and FORMAT.txt where they are missing or not what this version writes.

    A README.txt of somebody else's, that was there before the archive, stays.
    """
    data = FORMAT_TEXT.encode()
    readable = disk.stat(README) is not None and not _is_worn(disk.read(README))
    explained = disk.stat(FORMAT) is not None and disk.read(FORMAT) == data
    if not readable:
        replace_file(disk, README, README_TEXT.encode())
    if not explained:
        replace_file(disk, FORMAT, data)
    if not (readable and explained):
        disk.flush()


def _is_worn(readme: bytes) -> bool:
    """Return whether a README.txt is ours, but not as we write it: older, or damaged."""
    ours = README_TEXT.encode()
    title, _, rest = ours.partition(b"\n")
    same = readme.startswith(title) or readme.endswith(rest[-len(title) :])
    return same and readme != ours


def replace_file(disk: Disk, path: str, data: bytes) -> None:
    """Write a small file of the archive's own, all of it or none."""
    part = f"{PARTS}/{path.rpartition('/')[2]}"
    with disk.create(part) as file:
        write_all(file, data)
    disk.rename(part, path)


def unmake(disk: Disk) -> None:
    """Remove an archive that was made in this run and holds nothing; cut off, it can be remade."""
    for path in (FORMAT, STATUS):
        disk.unlink(path)
    if disk.stat(README) is not None and disk.read(README) == README_TEXT.encode():
        disk.unlink(README)  # another one was there before the archive
    disk.rename(INSIDE, _UNBORN)
    disk.unlink(IDENTITY.replace(INSIDE, _UNBORN, 1))
    for folder in (JOURNAL, PARTS, INSIDE):
        disk.drop_empty_folder(folder.replace(INSIDE, _UNBORN, 1))
