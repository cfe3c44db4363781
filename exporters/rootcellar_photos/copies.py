"""Several libraries of which one is a copy of another: what of the copy is a picture of its own.

A library that was copied keeps all identifiers. Where both hold the same files, one reading is
enough, and it is that of the library changed last. Where the copy holds other bytes of a picture
(both were used since, or the edit was taken back in one), it is exported beside the other: the
identifier is then followed by a mark of the library that it lies in.
"""

import hashlib
import os
from collections.abc import Collection, Iterator
from dataclasses import dataclass, field

from rootcellar.api import Capture, Notice
from rootcellar_photos.library import AnyLibrary
from rootcellar_photos.naming import text_of
from rootcellar_photos.resources import Part
from rootcellar_photos.seen import Seen

MARK = "~"
_DESCRIPTIONS = (".aae", ".plist")
Sizes = frozenset[tuple[str, int]]


@dataclass
class Copies:
    """Tells pictures of several libraries apart; asked for library after library."""

    _sizes: dict[str, Sizes] = field(default_factory=dict)
    count: int = 0
    """How many pictures were exported beside another of the same identifier."""

    def key(self, seen: Seen, mark: str) -> str | None:
        """Return the key of an asset: its identifier, perhaps marked; None: it has been seen."""
        uuid = seen.row.uuid
        sizes = frozenset(_sizes(seen.parts))
        before = self._sizes.get(uuid)
        if before is None:
            self._sizes[uuid] = sizes
            return uuid
        if sizes <= before:
            return None
        self._sizes[uuid] = before | sizes
        self.count += 1
        return f"{uuid}{MARK}{mark}"


def mark_of(library: AnyLibrary, capture: Capture) -> str:
    """Return what marks a library: it changes when the library moves, and is then found again."""
    place = os.path.relpath(library.path, capture.home)
    return hashlib.sha256(place.encode(errors="replace")).hexdigest()[:8]


def uuids(keys: Collection[str], mark: str) -> dict[str, str]:
    """Return the keys that may be of a library with this mark, by the identifiers in them."""
    found = {key: key for key in keys if MARK not in key}
    marked = (key.partition(MARK) for key in keys if key.endswith(f"{MARK}{mark}"))
    return found | {uuid: f"{uuid}{MARK}{mark}" for uuid, _, _ in marked}


def _sizes(parts: list[Part]) -> Iterator[tuple[str, int]]:
    """Yield role and size of every picture of an asset that is here; what is drawn from it not."""
    for part in parts:
        drawn = part.role in ("preview", "poster") or part.suffix.lower().endswith(_DESCRIPTIONS)
        if part.found is not None and not drawn:
            yield part.role, part.found[0]


def notice(copies: Copies, library: AnyLibrary) -> Notice:
    """Return what is said of the pictures that a copy of a library has for its own."""
    one = copies.count == 1
    said = "1 picture" if one else f"{copies.count:,} pictures"
    return Notice(
        f"{said} in {text_of(library.path.name)} {'is' if one else 'are'} in another library as "
        "well, with other bytes (one of the two is a copy that was changed). Both were taken."
    )
