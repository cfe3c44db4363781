"""Columns of bytes: the forms in which Apple's applications put values into them.

The same column holds JSON in one version and a keyed archive in another, so the bytes decide.
"""

import base64
import json
import plistlib
from collections.abc import Mapping
from datetime import UTC, date, datetime
from typing import Any

from rootcellar.apple.keyed_archives import KeyedArchiveError, is_keyed_archive, unarchive

BASE64 = "base64"
"""The only key of what stands for bytes in a form that is not known."""


def decode_blob(value: bytes | str) -> Any:
    """Return what a column holds, as plain JSON: it is JSON, or a property list, keyed or not.

    Anything else, and what is damaged, comes back as `{"base64": ...}`; a text that is no JSON as
    itself. Dates are ISO 8601 in UTC. Raises nothing.
    """
    if isinstance(value, str):
        return _json(value, value)
    if value.startswith(b"bplist") or value.lstrip()[:5] == b"<?xml":
        return _property_list(value)
    return _json(value, as_base64(value))


def as_base64(value: bytes) -> dict[str, str]:
    """Return bytes as plain JSON, as they are."""
    return {BASE64: base64.b64encode(value).decode("ascii")}


def is_undecoded(value: Any) -> bool:
    """Tell whether `decode_blob` knew no form for these bytes."""
    return isinstance(value, Mapping) and value.keys() == {BASE64}


def _json(value: bytes | str, otherwise: Any) -> Any:
    try:
        return plain(json.loads(value, parse_constant=_refuse))
    except (ValueError, RecursionError):  # UnicodeDecodeError is a ValueError
        return otherwise


def _refuse(name: str) -> Any:
    raise ValueError(f"{name} is no JSON")


def _property_list(value: bytes) -> Any:
    try:
        if is_keyed_archive(value):
            return plain(unarchive(value))
        return plain(plistlib.loads(value))
    except KeyedArchiveError:
        return as_base64(value)
    except Exception:  # noqa: BLE001 - plistlib raises nearly anything for odd bytes
        return as_base64(value)


def plain(value: Any) -> Any:
    """Return a value as plain JSON; dates as ISO 8601, bytes decoded or in base 64."""
    if isinstance(value, Mapping):
        return {str(key): plain(one) for key, one in value.items()}
    if isinstance(value, list | tuple):
        return [plain(one) for one in value]
    if isinstance(value, datetime):
        aware = value if value.tzinfo else value.replace(tzinfo=UTC)
        return aware.astimezone(UTC).isoformat().replace("+00:00", "Z")
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, bytes):
        return decode_blob(value)
    if isinstance(value, float) and (value != value or value in (_ENDLESS, -_ENDLESS)):
        return None
    if isinstance(value, str):
        return value if value.isascii() else value.encode("utf-8", "replace").decode()
    if value is None or isinstance(value, bool | int | float):
        return value
    return str(value)


_ENDLESS = float("inf")
