"""What is to be done: every sighting beside what is known, losses counted, the brake asked."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from pathlib import Path

from msgspec import Struct

from rootcellar.brake import Brake, Losses, decide
from rootcellar.engine.matching import Read, match_by_content
from rootcellar.engine.task import Task
from rootcellar.engine.writing import Writing
from rootcellar.items import Trouble
from rootcellar.state.rows import ArchiveRow, ExporterRow
from rootcellar.state.staging import Staging, wished_folder
from rootcellar.state.store import StateStore
from rootcellar.verdict import Verdict, judge


def whole_stores(
    staging: Staging, troubles: Sequence[Trouble], unseen: Collection[str] = ()
) -> tuple[str, ...] | None:
    """Return the stores that were seen whole; None when all were, for want of trouble.

    `unseen` were not looked at, by choice: without trouble all others were seen whole, also those
    that are not there any more.
    """
    if not (troubles or unseen):
        return None
    in_part = {*(trouble.store for trouble in troubles), *unseen}
    there = staging.stores() if troubles else staging.known_stores()
    return tuple(store for store in there if store not in in_part)


class Loss(Struct, frozen=True):
    """What a survey says is lost; all of these are keys.

    `returned` were lost in the last days, and are there again.
    """

    losses: Losses
    newly_trashed: set[str]
    returned: set[str]


def find_losses(
    state: StateStore,
    archive: ArchiveRow,
    staging: Staging,
    row: ExporterRow,
    vanished: Mapping[str, tuple[bool, str]],
) -> Loss:
    """Return what would be lost with the items that have `vanished`: (in trash, folder) by key."""
    found = staging.still_living()
    newly_trashed = staging.newly_trashed()
    recent = state.recent_losses(archive, staging.exporter)
    returned = staging.living_of(recent)
    lost = newly_trashed | {key for key, (in_trash, _) in vanished.items() if not in_trash}
    known_stores = set(row.stores)
    losses = Losses(
        living=found + len(lost),  # without the items of stores that could not be looked at
        found=found,
        lost=len(lost),
        recent=len(recent - lost - returned),
        new_store=bool(known_stores) and not known_stores >= set(staging.stores()),
    )
    return Loss(losses, newly_trashed, returned)


class Judging:
    """Judges what one survey has seen; `plan` takes the work down in the staging tables.

    `lost` are then the keys of items that this run loses, for the brake of later runs.
    """

    def __init__(
        self, task: Task, writing: Writing, staging: Staging, row: ExporterRow, read: Read
    ) -> None:
        self.task = task
        self.name = task.exporter.name
        self.writing = writing
        self.state = writing.state
        self.staging = staging
        self.row = row
        self.read = read
        self.lost: set[str] = set()

    def plan(self, troubles: Sequence[Trouble], unseen: Collection[str] = ()) -> Brake | None:
        """Judge every item, decide about the brake, and take down what is to be done.

        With troubles, items of stores that were not seen, or in part, count for nothing; those of
        stores that are `unseen` by choice never do.
        """
        stores = whole_stores(self.staging, troubles, unseen)
        vanished = {key: (trash, folder) for key, trash, folder in self.staging.vanished(stores)}
        left = set(vanished)
        match_by_content(self.writing, self.staging, self.name, self.read, left)
        vanished = {key: found for key, found in vanished.items() if key in left}
        archive = self.writing.archive
        loss = find_losses(self.state, archive, self.staging, self.row, vanished)
        newly_trashed = loss.newly_trashed
        self.state.losses_returned(archive, self.name, sorted(loss.returned))
        brake = None if self.task.accept_losses else decide(loss.losses, self.task.top)
        if self.task.accept_losses:
            self.state.accept_losses(self.writing.archive, self.name)
        hold_back = newly_trashed if brake else set()
        self.staging.plan(self._judged(hold_back))
        if brake is None:
            self.staging.plan(
                (key, Verdict.GONE, folder) for key, (_, folder) in sorted(vanished.items())
            )
        if brake is None and not self.task.accept_losses:
            self.lost = newly_trashed | {key for key, (trash, _) in vanished.items() if not trash}
        return brake

    def _judged(self, hold_back: set[str]) -> Iterator[tuple[str, str, str]]:
        arrived = self._arrived()
        same_views = self.row.views == self.task.views_digest
        look_at_all = self.task.thorough or not same_views
        for one in self.staging.compared(self.task.base, arrived, all_of_them=look_at_all):
            verdict = judge(
                known=one.known,
                same_fingerprint=one.same_fingerprint,
                same_place=one.place == one.known_place,
                returned=one.returned,
                arrived=one.key in arrived,
                damaged=self.task.thorough,
                same_views=same_views,
                outside=one.outside,
            )
            if verdict is not Verdict.UNCHANGED and one.key not in hold_back:
                yield one.key, verdict, wished_folder(self.task.top, one.place)

    def _arrived(self) -> set[str]:
        """Return the keys of items whose missing bytes are there now, or failed last time."""
        arrived = set(self.task.capture.downloaded)
        for key, _, gap in self.state.coverage.missing(self.writing.archive, self.name):
            sought = gap.failed or self.writing.adoption is not None
            if sought or any(Path(path).exists() for path in gap.awaits):
                arrived.add(key)
        return arrived
