"""Values of a row, read so that no odd one can stop a run."""

from collections.abc import Set
from typing import Any
from uuid import UUID

from rootcellar.apple.blobs import decode_blob, plain
from rootcellar.apple.core_data import Row
from rootcellar.apple.dates import cocoa_moment
from rootcellar.apple.values import number
from rootcellar_reminders.store.forms import odd_columns

_SYNC = (
    "RESOLUTIONTOKENMAP", "CKCLOUDSTATE", "CKSERVERRECORD", "CKDIRTY", "CKNEEDS", "CLOUDSTATE",
    "MINIMUMSUPPORTED", "EFFECTIVEMINIMUMSUPPORTED", "SPOTLIGHT", "DASYNC", "DAPUSH",
    "EXTERNALMODIFICATION", "Z_",
)  # fmt: skip
"""How names of columns begin that say how far syncing or indexing is: they churn, that is all."""

LONGEST = 200
"""Letters of an identifier; a UUID has 36."""
OWN = frozenset(
    {"Z_PK", "Z_ENT", "REMINDER", "ACCOUNT", "CKIDENTIFIER", "IDENTIFIER", "MARKEDFORDELETION"}
)
"""What every object has, and what its record says by where it is."""


def blob(value: object) -> Any:
    """Return what a column of bytes holds, as plain JSON; None for NULL and for no bytes."""
    return decode_blob(value) if isinstance(value, bytes | str) and value else None


def url(value: object) -> str:
    """Return a URL, kept as a text or as a keyed archive of an NSURL; "" for none."""
    found = blob(value) if isinstance(value, bytes) else value
    return found if isinstance(found, str) else ""


def stamp(value: object) -> str:
    """Return a date of the store's as ISO 8601 in UTC, "" for none."""
    moment = cocoa_moment(value)
    return "" if moment is None else moment.isoformat().replace("+00:00", "Z")


def identifier(row: Row) -> str:
    """Return an object's own UUID; "" where it has none.

    The one for iCloud is a text; stores without iCloud have it in 16 bytes alone.
    """
    if told := usable(row.get("CKIDENTIFIER")):
        return told.upper() if len(told) == 36 else told
    raw = row.get("IDENTIFIER")
    if isinstance(raw, bytes) and len(raw) == 16:
        return str(UUID(bytes=raw)).upper()
    return usable(raw)


def is_deleted(row: Row) -> bool:
    """Return whether an object is marked as deleted; a mark that is no number is none."""
    return number(row.get("MARKEDFORDELETION")) != 0


def usable(value: object) -> str:
    """Return a text that something can be known by for good, "" for what is damaged or none."""
    told = value.strip() if isinstance(value, str) else ""
    return told if told.isprintable() and len(told) <= LONGEST and "\ufffd" not in told else ""


def filled(**values: Any) -> dict[str, Any]:
    """Return what is not empty: False, None, "", 0 and empty lists go."""
    return {name: value for name, value in values.items() if value}


def leftover(row: Row, known: Set[str]) -> dict[str, Any]:
    """Return a row's values that nobody has named yet, by column; syncing left out.

    Those of known columns that are in no form that they should be in are returned as well.
    """
    unnamed = [name for name in row.keys() - known if not name.startswith(_SYNC)]
    names = sorted((*unnamed, *odd_columns(row, known)))
    return {name.lower(): _kept(row[name]) for name in names}


def _kept(value: Any) -> Any:
    return decode_blob(value) if isinstance(value, bytes) else plain(value)
