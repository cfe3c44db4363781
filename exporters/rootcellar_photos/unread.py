"""The record of an asset that osxphotos cannot read: what the survey and the database say of it.

So that one damaged row, or a library newer than osxphotos, costs some of what is known of a
picture, and never the picture.
"""

from typing import Any

from rootcellar.api import Record
from rootcellar_photos.record import record
from rootcellar_photos.seen import Seen


class _Nothing:
    """What osxphotos would say of an asset of which it knows nothing: every answer is empty."""

    def __init__(self, seen: Seen) -> None:
        self.keywords = [title for _, title in seen.around.get("keywords", ()) if title]
        self.labels: list[str] = []
        self.comments: list[Any] = []
        self.likes: list[Any] = []
        self.face_info: list[Any] = []
        self.location = (None, None)
        self.hasadjustments = False
        self._info: dict[str, Any] = {"reverse_geolocation": None}

    def __getattr__(self, name: str) -> None:
        """Return None for whatever else is asked of a photo."""
        return


def plain_record(seen: Seen, facts: dict[str, Any], why: str) -> Record:
    """Return the record of an asset without osxphotos; `unread` says why there is no more."""
    return {**record(_Nothing(seen), seen, facts), "unread": why}
