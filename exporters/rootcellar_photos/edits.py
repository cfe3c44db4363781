"""What an edit consists of, and what the camera did: lists of adjustments as plain JSON.

A list itself is archived byte for byte, so large blobs in it (light maps, brush strokes) are
only counted here.
"""

import base64
import json
from datetime import UTC, datetime
from math import isfinite
from typing import Any

from rootcellar_photos.assets import adjustments_of, camera_adjustments, form_of
from rootcellar_photos.naming import text_of
from rootcellar_photos.plain import Whole, utc
from rootcellar_photos.seen import Seen

LONGEST_TEXT = 200
"""A longer text in a list of adjustments is a blob in disguise (base64)."""
LONGEST_LIST = 16_000
"""A decoded list of more characters of JSON (hand-drawn masks) stays in its file alone."""


def capture_of(seen: Seen) -> dict[str, Any] | None:
    """Return the adjustments the camera made when the picture was taken (portrait, cinematic)."""
    path = next((part.path for part in seen.parts if part.role == "aae" and part.path), None)
    adjustments = camera_adjustments(path) if path else None
    return _described(adjustments) if adjustments is not None else None


def edit_of(photo: Any, seen: Seen, facts: dict[str, Any]) -> dict[str, Any] | None:
    """Return what is known of an edit, the adjustments as its file tells them included."""
    if not photo.hasadjustments:
        return None
    edit = {
        "state": photo.adjustment_type,
        "date": utc(seen.row.adjusted),
        "fingerprint": facts.get("adjusted_fingerprint"),
        "external": photo.external_edit,
        "uti": photo.uti,
    }
    adjustments = adjustments_of(photo)
    return edit if adjustments is None else edit | _described(adjustments)


def _described(adjustments: Any) -> dict[str, Any]:
    form = form_of(adjustments)
    return {
        "editor": adjustments.editor,
        "format": adjustments.format_id,
        "version": adjustments.format_version,
        "steps": steps_of(form),
        "adjustments": Whole(plain_form(form)) if form else None,
    }


def plain_form(form: Any) -> Any:
    """Return a decoded list of adjustments as plain JSON, blobs in it only counted.

    Photos' own edits are `{"adjustments": [{"identifier", "enabled", "settings", ...}], ...}`;
    slow motion and other editors have forms of their own, which are kept as they are.
    """
    plain = _plain(form)
    size = len(json.dumps(plain, ensure_ascii=False))
    return plain if size <= LONGEST_LIST else {"omitted": size}


def steps_of(form: Any) -> list[str]:
    """Return the names of the adjustments that are on, in their order."""
    steps = form.get("adjustments") if isinstance(form, dict) else None
    return [
        str(step["identifier"])
        for step in (steps if isinstance(steps, list) else ())
        if isinstance(step, dict) and step.get("identifier") and step.get("enabled", True)
    ]


def _plain(value: Any) -> Any:
    if isinstance(value, bool | int) or value is None:
        return value
    if isinstance(value, float):
        return round(value, 9) if isfinite(value) else None
    if isinstance(value, str):
        return text_of(value) if len(value) <= LONGEST_TEXT else {"omitted": len(value)}
    if isinstance(value, bytes):
        short = base64.b64encode(value).decode()
        return short if len(short) <= LONGEST_TEXT else {"omitted": len(value)}
    if isinstance(value, datetime):
        aware = value if value.tzinfo else value.replace(tzinfo=UTC)
        return aware.astimezone(UTC).isoformat().replace("+00:00", "Z")
    if isinstance(value, dict):
        return {text_of(str(key)): _plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(item) for item in value]
    return text_of(str(value))
