"""Level 1 over all libraries: every asset once, and the files that no asset owns."""

from collections.abc import Collection, Iterator, Sequence

from msgspec.structs import replace

from rootcellar.api import Capture, Notice, Sighting
from rootcellar_photos.copies import Copies, mark_of, notice
from rootcellar_photos.databases import sighting, unread
from rootcellar_photos.iphoto.pictures import iphoto_scan
from rootcellar_photos.iphoto.recognising import recognise, recognised
from rootcellar_photos.iphoto.store import IPhotoLibrary
from rootcellar_photos.legacy.scan import legacy_scan
from rootcellar_photos.legacy.store import LegacyLibrary
from rootcellar_photos.library import AnyLibrary, Library
from rootcellar_photos.orphans import orphans
from rootcellar_photos.scan import scan
from rootcellar_photos.seen import Seen
from rootcellar_photos.walking import WalkedLibrary, walk


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
        others = [one.path for one in libraries if not isinstance(one, IPhotoLibrary)]
        if isinstance(library, IPhotoLibrary):
            recognise(library, others)
        own = 0
        for seen in _seen(library, keys):
            if isinstance(library, LegacyLibrary | IPhotoLibrary):
                claimed.update(part.path.removeprefix(f"{library.root}/") for part in seen.parts)
            if isinstance(library, IPhotoLibrary) and seen.row.uuid in library.same:
                continue
            own += 1
            key = copies.key(seen, mark) if len(libraries) > 1 else seen.row.uuid
            if key == seen.row.uuid:
                yield seen.sighting
            elif key is not None:
                yield replace(seen.sighting, key=key)
        if isinstance(library, IPhotoLibrary) and (said := recognised(library, own)):
            yield said
        if copies.count:
            yield notice(copies, library)
        yield from orphans(library, claimed)
    yield from map(sighting, unread(libraries))


def _seen(library: AnyLibrary, keys: Collection[str] | None) -> Iterator[Seen]:
    if isinstance(library, LegacyLibrary):
        return legacy_scan(library)
    if isinstance(library, WalkedLibrary):
        return walk(library, keys)
    if isinstance(library, IPhotoLibrary):
        return iphoto_scan(library)
    return _with_the_rest(library, keys)


def _with_the_rest(library: Library, keys: Collection[str] | None) -> Iterator[Seen]:
    """Yield the assets of a library, then the pictures that its damaged database has lost."""
    if library.rest is None:
        yield from scan(library, keys)
        return
    known: set[str] = set()
    for seen in scan(library, keys):
        known.add(seen.row.uuid)
        known.update(part.path for part in seen.parts)
        yield seen
    for seen in walk(library.rest, keys):
        if seen.row.uuid not in known and not known.issuperset(one.path for one in seen.parts):
            yield seen
