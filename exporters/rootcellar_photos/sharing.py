"""What is shared with others: by whom, with what title, and what was said about it."""

from datetime import UTC, datetime
from typing import Any

from rootcellar_photos.assets import name_of
from rootcellar_photos.plain import utc
from rootcellar_photos.seen import Seen


def scopes(seen: Seen) -> list[str]:
    """Return what it is shared by; nothing for what is the person's own."""
    row = seen.row
    found = {
        "shared-album": row.is_shared,
        "shared-library": row.in_shared_library,
        "shared-moment": row.in_moment_share,
        "syndicated": row.is_syndicated,
    }
    return [name for name, true in found.items() if true]


def shared(photo: Any, seen: Seen, facts: dict[str, Any]) -> dict[str, Any]:
    """Return who shared it, and what was said about it, in the order of time."""
    remarks = [
        {"date": _zulu(one.datetime), "by": one.user, "mine": one.ismine, "text": one.text}
        for one in photo.comments
    ]
    likes = [
        {"date": _zulu(one.datetime), "by": one.user, "mine": one.ismine} for one in photo.likes
    ]
    return {
        "owner": photo.owner,
        "published": utc(facts.get("published")),
        "moment": seen.row.moment_share,
        "library": seen.row.library_share,
        "contributors": _contributors(seen),
        "comments": remarks,
        "likes": likes,
    }


def _contributors(seen: Seen) -> list[dict[str, Any]]:
    """Return who put it into the shared library."""
    return [
        {
            "name": name_of(name) if isinstance(name, bytes) else None,
            "email": email,
            "phone": phone,
            "me": mine == 1,
        }
        for _, _, name, email, phone, mine in seen.around.get("contributors", ())
    ]


def _zulu(date: datetime) -> str:
    return date.astimezone(UTC).isoformat().replace("+00:00", "Z")
