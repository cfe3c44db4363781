"""What all writing of one run shares: the archive, the state, and how a batch is settled."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from rootcellar.archive.disk import Disk
from rootcellar.archive.identity import Identity, read_identity
from rootcellar.archive.layout import IDENTITY
from rootcellar.archive.names import fold, folder_of
from rootcellar.archive.writer import Batch, is_pending, recover
from rootcellar.engine.adopting import Adoption
from rootcellar.errors import ArchiveUnwritable
from rootcellar.state.rows import (
    ArchiveRow,
    Settlement,
    StoredDocument,
    StoredFile,
    StoredItem,
    StoredMembers,
)
from rootcellar.state.settling import from_journal
from rootcellar.state.store import StateStore

Condition = Literal["intact", "lost", "foreign"]
SPARE_BYTES = 8 << 20
"""What a batch leaves free on the drive, for the journal and the folders."""


@dataclass
class Changes:
    """What one batch adds up to, for the state."""

    items: list[StoredItem] = field(default_factory=list)
    documents: list[StoredDocument] = field(default_factory=list)
    members: list[StoredMembers] = field(default_factory=list)
    dropped: list[str] = field(default_factory=list)
    rekeyed: list[tuple[str, str, str]] = field(default_factory=list)
    losses: list[tuple[str, str]] = field(default_factory=list)


class Writing:
    """The archive and the state during one run.

    `run` is the run's number, which the archive bears from the first write on; `changed` tells
    whether there was one.
    """

    def __init__(
        self,
        disk: Disk,
        state: StateStore,
        identity: Identity,
        tops: Mapping[str, str],
        adoption: Adoption | None = None,
    ) -> None:
        """`tops` maps the folders at the top of the archive to the exporters that own them.

        With an `adoption`, files are taken from the folder it is about, instead of being copied.
        """
        self.disk = disk
        self.state = state
        self.identity = identity
        self.tops = tops
        self.adoption = adoption
        self.stores: dict[str, tuple[str, ...]] = {}
        self.run = identity.counter + 1
        self.changed = False
        self.files = 0
        self.bytes = 0
        row = state.archive(identity.uuid)
        assert row is not None
        self.archive: ArchiveRow = row

    def batch(self) -> Batch:
        """Return a new batch to fill; one that another exporter could not end is ended first."""
        if is_pending(self.disk):
            recover(self.disk, self._settle)
            self.identity = read_identity(self.disk) or self.identity
        return Batch(self.disk)

    def commit(self, batch: Batch, changes: Changes) -> None:
        """Make a batch true, in the archive and in the state."""
        puts = [step.to for step in batch.steps if step.kind == "put"]
        identity = self.identity
        if batch.steps:
            identity = self.identity.next(self.run, self.tops, self.stores)
            batch.put_bytes(identity.to_json(), IDENTITY, 0)
        settlement = Settlement(
            archive=identity.uuid,
            base=self.identity.token,
            token=identity.token,
            counter=identity.counter,
            items=tuple(changes.items),
            documents=tuple(changes.documents),
            members=tuple(changes.members),
            dropped=tuple(changes.dropped),
            rekeyed=tuple(changes.rekeyed),
            losses=tuple(changes.losses),
        )
        batch.commit(settlement, self._settle)
        self.identity = identity
        self.changed = self.changed or bool(puts)
        self.files += len(puts)
        row = self.state.archive(identity.uuid)
        assert row is not None
        self.archive = row

    def _settle(self, settlement: Settlement | dict[str, Any]) -> None:
        """Tell the state of a settlement, as it was committed or as a journal has kept it."""
        if not isinstance(settlement, Settlement):
            settlement = from_journal(settlement)
        self.state.settle(settlement)

    # -- what is in the archive --------------------------------------------------------------

    def condition_of(self, known: StoredFile | StoredDocument) -> Condition:
        """Return whether a file in the archive is what was written there.

        Equal size and mtime are believed; otherwise the file is hashed.
        """
        status = self.disk.stat(known.path)
        if status is None:
            return "lost"
        if status.size != known.size:
            return "foreign"
        if status.mtime_ns == known.mtime_ns or self.disk.sha256(known.path) == known.sha256:
            return "intact"
        return "foreign"

    def is_intact(self, document: StoredDocument) -> bool:
        """Return whether a records file or gathering is what was written."""
        return self.condition_of(document) == "intact"

    def has_space(self, wanted: int) -> bool:
        """Return whether so many bytes fit, with some to spare."""
        return wanted + SPARE_BYTES <= self.disk.free_bytes()

    def require_space(self, wanted: int) -> None:
        """Raise ArchiveUnwritable when `wanted` bytes do not fit, before any is written."""
        if not self.has_space(wanted):
            free = self.disk.free_bytes()
            raise ArchiveUnwritable(
                f"The archive's drive is full: the next file needs {wanted / 1e6:,.1f} MB, and "
                f"{max(0, free - SPARE_BYTES) / 1e6:,.1f} MB can be used.",
                hint="Free some space on it and run the same command again; it continues where "
                "it stopped. Nothing is lost.",
            )


class Neighbours:
    """Which names are taken in the folders of one batch: by the state, strangers, or the batch."""

    def __init__(self, writing: Writing) -> None:
        self.writing = writing
        self._claimed: dict[str, str] = {}
        self._taken: dict[str, dict[str, tuple[str, str] | None]] = {}

    def claim(self, path: str, key: str) -> None:
        """Take a name for an item of this batch."""
        self._claimed[fold(path)] = key

    def is_free(self, path: str, exporter: str, owners: frozenset[str]) -> bool:
        """Return whether the items `owners` of an exporter may write to `path`."""
        folded = fold(path)
        if (claimant := self._claimed.get(folded)) is not None:
            return claimant in owners
        taken = self._names(folder_of(path))
        if folded not in taken:
            return True
        holder = taken[folded]
        return holder is not None and holder[0] == exporter and holder[1] in owners

    def _names(self, folder: str) -> dict[str, tuple[str, str] | None]:
        """Return who holds the names in a folder: (exporter, key), or None for a stranger."""
        if folder not in self._taken:
            names = self.writing.disk.names(folder)
            held = self.writing.state.holdings.names_in(self.writing.archive, fold(folder))
            strangers = dict.fromkeys(fold(f"{folder}/{name}") for name in names)
            self._taken[folder] = {**strangers, **held}
        return self._taken[folder]
