"""One adoption, end to end: a folder looked at, rehearsed, exported with; what is left, told."""

import contextlib
import os
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from msgspec.structs import replace

from rootcellar.archive.copying import FileUnreadable, sha256_of
from rootcellar.archive.names import fold
from rootcellar.archive.renaming import may_rename
from rootcellar.engine.adopting import Adoption
from rootcellar.engine.family import mtime_of
from rootcellar.engine.foreign import ForeignFolder, is_archive
from rootcellar.engine.opening import locate, look
from rootcellar.engine.reading import open_reader, source_errors
from rootcellar.engine.running import OnProgress, Order, run
from rootcellar.engine.task import Task
from rootcellar.errors import UsageError
from rootcellar.exporter import Exporter
from rootcellar.items import Sighting
from rootcellar.quantities import counted
from rootcellar.report import Adopted, LeftBehind, RunReport
from rootcellar.state.offers import Offer, Offers
from rootcellar.state.rows import ArchiveRow
from rootcellar.state.staging import Staging
from rootcellar.state.store import StateStore, state_errors

SLICE = 200

COPY = "The archive has the same bytes already."
SIDECAR = "It describes a picture, for other programs; the archive has sidecars of its own."
ALTERED = "It was converted, or metadata were written into it: it is not the original."
OTHER = (
    "Its picture is in the library with other bytes: this is a preview or another version, or one "
    "of the two has changed since."
)
GONE = "Its picture is no longer in the library."
UNFINISHED = "The run ended before it was taken over; run the same command again."
DISPLACED = (
    "The archive needs its name, for the records of a folder: it is in .rootcellar/quarantine now."
)
STAYED = "It could not be moved (it may be locked): it was copied into the archive."
STRANGE = "Nothing in the library has these bytes."


def take_over(
    order: Order,
    folder: Path,
    exporters: Sequence[Exporter],
    state: StateStore,
    progress: OnProgress | None = None,
) -> RunReport:
    """Export as ordered, but take from `folder` what it holds already; nothing else is changed.

    Files that match nothing stay where they are. Raises UsageError when the folder is none that
    can be adopted; an archive is made only when at least one of its files can be taken.
    """
    with state_errors(state.path):
        order = replace(order, archive=locate(order.archive))
        if not order.tasks:
            return run(order, state, progress)  # which says why
        place = _checked(folder, order, exporters)
        identity = look(order.archive, state, order.settled, inhabited=order.inhabited)
        row = state.archive(identity.uuid) if identity else None
        adoption = _look_at(place, order, exporters, state, row)
        if order.dry_run or identity is None:
            for _ in _rehearse(order, adoption, state, row):
                if not order.dry_run:
                    break
            else:
                if identity is None and not adoption.offers.total_taken()[0]:
                    raise _nothing_there(_told(place, adoption, state, row))
        if order.dry_run:
            report = run(order, state, progress)
        else:
            adoption.offers.put_back()
            report = run(replace(order, adoption=adoption), state, progress)
        identity = look(order.archive, state, order.settled, inhabited=order.inhabited)
        row = state.archive(identity.uuid) if identity else None
        if not order.dry_run:
            _look_again(adoption, state, row)
        report.adopted = _told(place, adoption, state, row)
        return report


def _checked(folder: Path, order: Order, exporters: Sequence[Exporter]) -> Path:
    """Return the real path of a folder that may be adopted into the archive of the order."""
    place, archive = locate(folder), order.archive
    if not place.is_dir():
        raise UsageError(
            f"There is no folder {place}.", hint="Check the spelling, or connect the drive."
        )
    is_store = _is_store(exporters)
    for above in (place, *place.parents):
        if above in order.stores or is_store(above):
            raise UsageError(
                f"{place} lies inside {above}, which is only ever read.",
                hint="Name the folder that was exported into.",
            )
        if above != archive and is_archive(above):
            raise UsageError(
                f"{place} belongs to the archive {above}.",
                hint=f"Name that archive with --archive {above}, or another folder to adopt.",
            )
    there = archive if archive.is_dir() else archive.parent
    if not there.is_dir():
        raise UsageError(
            f"{there} does not exist, so no archive can be made in it.",
            hint="Check the spelling, connect the drive, or make that folder first.",
        )
    if not may_rename(place, there):
        raise UsageError(
            f"{place} and the archive {archive} are on different drives (or different mounts of "
            "one): nothing can be taken over without copying it.",
            hint="Make the folder itself the archive (rootcellar adopt "
            f"'{place}' --archive '{place}'), or run `rootcellar export`, which copies.",
        )
    if not os.access(place, os.W_OK | os.X_OK):
        raise UsageError(
            f"Nothing can be moved out of {place}: it may not be written to.",
            hint="Check who owns the folder, and whether its drive is read-only.",
        )
    return place


def _is_store(exporters: Sequence[Exporter]) -> Callable[[Path], bool]:
    recognise = [
        store.recognise for one in exporters for store in one.reads if store.recognise is not None
    ]

    def is_store(folder: Path) -> bool:
        with contextlib.suppress(OSError):
            return any(one(folder) for one in recognise)
        return True  # one that may not be looked at is left alone

    return is_store


def _look_at(
    place: Path,
    order: Order,
    exporters: Sequence[Exporter],
    state: StateStore,
    row: ArchiveRow | None,
) -> Adoption:
    def is_ours(path: str) -> bool:
        return row is not None and state.holdings.holder(row, fold(path)) is not None

    foreign = ForeignFolder(place, order.archive, order.stores, _is_store(exporters), is_ours)
    offers = Offers(state)
    offers.add(foreign.offers())
    inside = os.path.relpath(place, order.archive).replace(os.sep, "/")
    for name, make_task in order.tasks.items():
        exporter = next(one for one in exporters if one.name == name)
        with make_task() as task:
            offers.claim(
                replace(claim, path=foreign.inside(claim.path))
                for claim in exporter.claims(task.capture, place)
            )
    return Adoption(order.archive, "" if inside == "." else inside, offers)


# -- the rehearsal -----------------------------------------------------------------------------


def _rehearse(
    order: Order, adoption: Adoption, state: StateStore, row: ArchiveRow | None
) -> Iterator[str]:
    """Find out what would be taken, without changing anything; yields each path."""
    for make_task in order.tasks.values():
        with make_task() as task:
            yield from _rehearse_one(task, adoption, state, row)


def _rehearse_one(
    task: Task, adoption: Adoption, state: StateStore, row: ArchiveRow | None
) -> Iterator[str]:
    name = task.exporter.name
    staging = Staging(state, row, name)
    with source_errors(task.exporter):
        survey = task.exporter.survey(task.capture)
        staging.add(found for found in survey if isinstance(found, Sighting))
    wanted = staging.unknown()
    if row is not None:
        wanted += sorted({key for key, _, _ in state.coverage.missing(row, name)})
    with open_reader(task.exporter, task.capture) as reader:
        for start in range(0, len(wanted), SLICE):
            keys = wanted[start : start + SLICE]
            known = state.holdings.items(row, name, keys) if row else {}
            for item in reader.read(keys):
                former = known.get(item.sighting.key)
                times = {file.role: mtime_of(file.modified) for file in item.files}
                found = adoption.find(item, former.files if former else (), staging, times)
                yield from (taken.path for taken in found.values())


def _nothing_there(told: Adopted) -> UsageError:
    counts = Counter(one.reason for one in told.left if one.reason != SIDECAR)
    reasons = "".join(
        f"\n  {counted(count, 'file')}: {reason}" for reason, count in counts.most_common()
    )
    message = (
        f"No file in {told.folder} holds what the library holds, so there is nothing to take "
        "over. Nothing was written."
    )
    strange = sum(count for reason, count in counts.items() if reason in (STRANGE, GONE))
    if 2 * strange >= counts.total():
        hint = (
            "Is it the folder that was exported into, and the library that was exported? "
            "Otherwise run `rootcellar export` into a new folder."
        )
    else:
        hint = (
            "Run `rootcellar export` into a new folder: it copies the originals from the library. "
            "The files in this one stay as they are."
        )
    return UsageError(message + reasons, hint=hint)


# -- what is left ------------------------------------------------------------------------------


def _look_again(adoption: Adoption, state: StateStore, row: ArchiveRow | None) -> None:
    """Count as left what was to be renamed, and is where it was all the same."""
    for offer in adoption.offers.taken_offers():
        if not os.path.lexists(adoption.place_of(offer)):
            continue
        if row is None or not state.holdings.has_content(row, offer.size, offer.sha256):
            adoption.offers.leave(offer.path, UNFINISHED)
        elif state.holdings.holder(row, fold(offer.path)) is None:
            adoption.offers.leave(offer.path, STAYED)


def _told(place: Path, adoption: Adoption, state: StateStore, row: ArchiveRow | None) -> Adopted:
    files, size = adoption.offers.total_taken()
    left = []
    for offer in adoption.offers.left():
        reason = offer.obstacle or _reason(offer, adoption, state, row)
        left.append(LeftBehind(str(adoption.place_of(offer)), reason))
    return Adopted(str(place), files, size, left)


def _is_displaced(offer: Offer, state: StateStore, row: ArchiveRow | None) -> bool:
    """Return whether the archive has a file of its own by now where this one was."""
    return row is not None and state.documents.document(row, offer.path) is not None


def _reason(offer: Offer, adoption: Adoption, state: StateStore, row: ArchiveRow | None) -> str:
    if _is_displaced(offer, state, row):
        return DISPLACED
    if _is_sidecar(offer, adoption):
        return SIDECAR
    if _is_copy(offer, adoption, state, row):
        return COPY
    if offer.altered:
        return ALTERED
    if offer.key:
        known = row is not None and state.coverage.is_living(row, offer.key)
        return OTHER if known or offer.key in adoption.sought else GONE
    return STRANGE


def _is_sidecar(offer: Offer, adoption: Adoption) -> bool:
    stem, _, ending = offer.path.rpartition(".")
    if ending.lower() == "json":
        return bool(Path(stem).suffix) or adoption.offers.are_beside(stem, offer.path)
    return ending.lower() == "xmp"


def _is_copy(offer: Offer, adoption: Adoption, state: StateStore, row: ArchiveRow | None) -> bool:
    held = row is not None and state.holdings.has_any_of_size(row, offer.size)
    if not offer.size or not (held or adoption.offers.has_taken_size(offer.size)):
        return False
    try:
        digest = offer.sha256 or sha256_of(adoption.place_of(offer))
    except FileUnreadable:
        return False
    if row is not None and state.holdings.has_content(row, offer.size, digest):
        return True
    return adoption.offers.was_taken(offer.size, digest)
