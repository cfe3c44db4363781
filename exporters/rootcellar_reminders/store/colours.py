"""What a list looks like: its colour and its emblem."""

import json
from collections.abc import Mapping
from typing import Any, TypeGuard

from rootcellar_reminders.store.values import blob, filled


def colour_of(value: object) -> dict[str, Any] | None:
    """Return a list's colour: `hex` (`#RRGGBB`) and the `name` of one of Apple's own.

    It is a keyed archive of a REMColor. One that names neither is returned as it is, in `raw`.
    """
    found = blob(value)
    if found is None:
        return None
    fields = {str(key).lower(): one for key, one in found.items()} if _is_map(found) else {}
    name = next((one for key, one in fields.items() if "symbolic" in key and one), "")
    shade = next((one for key, one in fields.items() if "hex" in key and one), "")
    if not (isinstance(name, str) and isinstance(shade, str) and (name or shade)):
        if isinstance(found, str):
            return {"hex": found} if found.startswith("#") else {"name": found}
        return {"raw": found}
    if shade and not shade.startswith("#"):
        shade = f"#{shade}"
    return filled(hex=shade, name=name)


def emblem_of(value: object) -> dict[str, Any] | None:
    """Return a list's emblem: an `emoji`, or the private name of a `symbol`."""
    if isinstance(value, bytes):
        value = blob(value)
    if isinstance(value, str):
        try:
            value = json.loads(value)
        except ValueError:
            return {"symbol": value} if value else None
    if not _is_map(value):
        return None if value is None else {"raw": value}
    emoji, symbol = value.get("Emoji"), value.get("Emblem")
    return filled(emoji=emoji, symbol=symbol) or {"raw": dict(value)}


def _is_map(value: object) -> TypeGuard[Mapping[Any, Any]]:
    return isinstance(value, Mapping)
