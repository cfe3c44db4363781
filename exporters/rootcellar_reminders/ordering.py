"""The order of reminders in their list: by hand, steps after what they are steps of."""

from collections.abc import Iterator, Mapping, Sequence

from msgspec import Struct
from msgspec.structs import replace

from rootcellar.apple.core_data import Row, rows
from rootcellar.apple.values import number, real, text
from rootcellar_reminders.opening import REMINDER, OpenedStore
from rootcellar_reminders.store.lists import ReminderList
from rootcellar_reminders.store.values import identifier

_COLUMNS = ("LIST", "PARENTREMINDER", "CKPARENTREMINDERIDENTIFIER", "ICSDISPLAYORDER",
            "CREATIONDATE", "Z_FOK_LIST", "IDENTIFIER")  # fmt: skip


class _Placed(Struct, frozen=True):
    identifier: str
    parent: str
    rank: tuple[float, ...]


def members(store: OpenedStore) -> dict[int, tuple[str, ...]]:
    """Return the UUIDs of the reminders of every list, by the list's Z_PK; 0: in no list."""
    by_list: dict[int, list[_Placed]] = {}
    for row in _rows(store):
        pk = number(row.get("LIST"))
        placed = store.lists.get(pk)
        by_list.setdefault(pk if placed else 0, []).append(_placed(row, placed, store))
    return {pk: tuple(_in_order(found)) for pk, found in by_list.items()}


def _rows(store: OpenedStore) -> Iterator[Row]:
    entity = store.core.entity(REMINDER)
    if entity is None:
        return
    wanted = {name: entity.columns[name] for name in _COLUMNS if name in entity.columns}
    with store.connection() as connection:
        yield from rows(connection, replace(entity, columns=wanted))


def _placed(row: Row, placed: ReminderList | None, store: OpenedStore) -> _Placed:
    uid = store.uuids[row["Z_PK"]]
    parent = store.uuids.get(number(row.get("PARENTREMINDER")), "")
    parent = parent or text(row.get("CKPARENTREMINDERIDENTIFIER")).upper()
    by_hand = _by_hand(row, uid, placed.order) if placed else None
    later = (
        real(row.get(name)) or 0 for name in ("Z_FOK_LIST", "ICSDISPLAYORDER", "CREATIONDATE")
    )
    rank = (len(store.uuids) if by_hand is None else by_hand, *later, row["Z_PK"])
    return _Placed(uid, parent, rank)


def _by_hand(row: Row, uid: str, order: Mapping[str, int]) -> int | None:
    """Return the place in a list's own order, which may know a reminder by its other UUID."""
    if uid in order or not order:
        return order.get(uid)
    return order.get(identifier({"IDENTIFIER": row.get("IDENTIFIER")}))


def _in_order(found: Sequence[_Placed]) -> Iterator[str]:
    """Yield the UUIDs; steps that are steps of each other come last."""
    there = {one.identifier for one in found}
    inside: dict[str, list[_Placed]] = {}
    for one in sorted(found, key=lambda one: one.rank):
        own = one.parent in there and one.parent != one.identifier
        inside.setdefault(one.parent if own else "", []).append(one)
    said: set[str] = set()
    waiting = list(reversed(inside.get("", ())))
    ring = sorted(found, key=lambda one: one.rank, reverse=True)
    while waiting or ring:
        one = waiting.pop() if waiting else ring.pop()
        if one.identifier not in said:
            said.add(one.identifier)
            yield one.identifier
            waiting += reversed(inside.get(one.identifier, ()))
