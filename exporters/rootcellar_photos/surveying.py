"""Level 1 over all libraries: every asset once, and the files that no asset owns."""

from collections.abc import Iterator, Sequence

from rootcellar.api import Notice, Sighting
from rootcellar_photos.legacy.scan import legacy_scan
from rootcellar_photos.legacy.store import LegacyLibrary
from rootcellar_photos.library import AnyLibrary
from rootcellar_photos.orphans import orphans
from rootcellar_photos.scan import Seen, scan


def survey(libraries: Sequence[AnyLibrary]) -> Iterator[Sighting | Notice]:
    """Yield every asset, also trashed, hidden, shared and unpicked ones of a burst.

    Of an asset that several libraries hold (one is a copy of another) the first one's is taken.
    """
    said: set[str] = set()
    for library in libraries:
        claimed: set[str] = set()
        for seen in _seen(library):
            if isinstance(library, LegacyLibrary):
                claimed.update(part.path.removeprefix(f"{library.root}/") for part in seen.parts)
            if len(libraries) > 1:
                if seen.row.uuid in said:
                    continue
                said.add(seen.row.uuid)
            yield seen.sighting
        yield from orphans(library, claimed)


def _seen(library: AnyLibrary) -> Iterator[Seen]:
    return legacy_scan(library) if isinstance(library, LegacyLibrary) else scan(library)
