"""One asset as the survey sees it, whatever the library it lies in."""

from datetime import datetime
from typing import Any, NamedTuple

from rootcellar.api import Sighting
from rootcellar_photos.resources import Part
from rootcellar_photos.rows import AssetRow, ResourceRow

Around = dict[str, list[tuple[Any, ...]]]
ALBUMS = ("albums", "shared_albums")


class Seen(NamedTuple):
    """One asset as the survey sees it: its row, its files, and what hangs on it."""

    row: AssetRow
    date: datetime | None
    parts: list[Part]
    resources: list[ResourceRow]
    around: Around
    sighting: Sighting

    @property
    def albums(self) -> list[str]:
        """Return the UUIDs of the albums it is in, sorted."""
        return sorted(uuid for name in ALBUMS for _, uuid, _ in self.around.get(name, ()))
