"""Level 1 over all libraries: every asset once, and the files that no asset owns."""

from collections.abc import Collection, Iterator, Sequence
from dataclasses import replace

from rootcellar.api import Capture, Notice, Sighting
from rootcellar_photos.copies import Copies, mark_of, notice
from rootcellar_photos.legacy.scan import legacy_scan
from rootcellar_photos.legacy.store import LegacyLibrary
from rootcellar_photos.library import AnyLibrary
from rootcellar_photos.orphans import orphans
from rootcellar_photos.scan import Seen, scan


def survey(
    libraries: Sequence[AnyLibrary], capture: Capture, keys: Collection[str] | None = None
) -> Iterator[Sighting | Notice]:
    """Yield every asset, also trashed, hidden, shared and unpicked ones of a burst; or `keys`.

    Of an asset that several libraries hold (one is a copy of another) the first one's is taken,
    and another one's when it has other bytes.
    """
    copies = Copies()
    for library in libraries:
        mark = mark_of(library, capture)
        copies.count = 0
        claimed: set[str] = set()
        for seen in _seen(library, keys):
            if isinstance(library, LegacyLibrary):
                claimed.update(part.path.removeprefix(f"{library.root}/") for part in seen.parts)
            key = copies.key(seen, mark) if len(libraries) > 1 else seen.row.uuid
            if key == seen.row.uuid:
                yield seen.sighting
            elif key is not None:
                yield replace(seen.sighting, key=key)
        if copies.count:
            yield notice(copies, library)
        yield from orphans(library, claimed)


def _seen(library: AnyLibrary, keys: Collection[str] | None) -> Iterator[Seen]:
    if isinstance(library, LegacyLibrary):
        return legacy_scan(library)
    return scan(library, keys)
