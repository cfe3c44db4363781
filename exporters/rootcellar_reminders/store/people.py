"""People with whom lists are shared, and to whom reminders are assigned."""

from typing import Any

from rootcellar.apple.core_data import Row
from rootcellar.apple.values import number, text
from rootcellar_reminders.store.values import OWN, filled, identifier, leftover

_NAMES = {"prefix": "NAMEPREFIX", "first": "FIRSTNAME", "middle": "MIDDLENAME", "last": "LASTNAME",
          "suffix": "NAMESUFFIX", "nick": "NICKNAME"}  # fmt: skip
_PERSON = OWN | {"DISPLAYNAME", "FIRSTNAME", "MIDDLENAME", "LASTNAME", "NICKNAME", "NAMEPREFIX",
                 "NAMESUFFIX", "ADDRESS", "STATUS", "ACCESSLEVEL", "LIST"}  # fmt: skip


def person_of(row: Row) -> dict[str, Any]:
    """Return what is known of a person with whom a list is shared."""
    names = {part: text(row.get(column)) for part, column in _NAMES.items()}
    full = " ".join(filter(None, (names["first"], names["last"])))
    return filled(
        id=identifier(row),
        name=text(row.get("DISPLAYNAME")) or full or names["nick"],
        names=filled(**names),
        address=text(row.get("ADDRESS")),
        status=number(row.get("STATUS")),
        access=number(row.get("ACCESSLEVEL")),
        raw=leftover(row, _PERSON),
    )
