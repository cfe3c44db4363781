"""Accounts, groups, lists, sections and smart lists of one store."""

import re
import sqlite3
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from rootcellar.apple.core_data import CoreDataStore, Row, rows
from rootcellar.apple.values import number, real, text
from rootcellar_reminders.store.colours import colour_of, emblem_of
from rootcellar_reminders.store.filters import filter_of
from rootcellar_reminders.store.people import person_of
from rootcellar_reminders.store.values import (
    OWN,
    blob,
    filled,
    identifier,
    is_deleted,
    leftover,
    stamp,
)

ACCOUNT_KINDS = {1: "local", 2: "icloud", 3: "caldav", 4: "exchange", 5: "internal"}
"""1 and 5 as seen in real stores; the others as they are understood to be."""
INTERNAL_LIST = "SiriFoundInApps"
"""The list in which Siri puts what it found in other apps; the app never shows it."""
LAST = 1 << 62
_VERSIONS = ("_V2_JSON", "_V2", "")
"""What the names of columns with an order by hand end with, the newest first."""
_UUID = re.compile(rb"[0-9A-Fa-f]{8}(?:-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12}")
_ACCOUNT = OWN | {"NAME", "TYPE", "INACTIVE", "LISTIDSMERGEABLEORDERING",
                  "LISTIDSMERGEABLEORDERING_V2", "LISTIDSMERGEABLEORDERING_V2_JSON"}  # fmt: skip
_LIST = OWN | {
    "NAME", "COLOR", "BADGEEMBLEM", "ISGROUP", "PARENTLIST", "PARENTLIST1", "PARENTACCOUNT",
    "DADISPLAYORDER", "SHARINGSTATUS", "SHAREDOWNER", "SHAREDOWNERNAME", "SHAREDOWNERADDRESS",
    "SORTINGSTYLE", "SORTINGDIRECTION", "ISPINNEDBYCURRENTUSER", "PINNEDDATE", "SMARTLISTTYPE",
    "FILTERDATA", "REMINDERIDSMERGEABLEORDERING_V2_JSON", "REMINDERIDSMERGEABLEORDERING",
    "REMINDERIDSMERGEABLEORDERING_V2", "MEMBERSHIPSOFREMINDERSINSECTIONSASDATA",
    "SECTIONIDSORDERINGASDATA", "SHOULDCATEGORIZEGROCERYITEMS", "GROCERYLOCALEID",
    "LASTUSERACCESSDATE", "MARKEDFORDELETION",
}  # fmt: skip
"""`LASTUSERACCESSDATE` churns: it is known, and left out."""


@dataclass(frozen=True, slots=True)
class Account:
    """One account; `order` lists its lists' UUIDs as the sidebar shows them."""

    identifier: str
    name: str
    kind: str
    facts: Mapping[str, Any]
    order: Sequence[str] = ()


@dataclass(slots=True)
class ReminderList:
    """One list, group or smart list.

    `facts` is what a list's file says of it, `order` the UUIDs of its reminders by hand,
    `sections` those in order, `in_section` the section's UUID by that of the reminder.
    """

    pk: int
    identifier: str
    name: str
    kind: str
    account: Account
    position: tuple[Any, ...]
    deleted: bool
    parent: int
    facts: dict[str, Any]
    order: dict[str, int] = field(default_factory=dict)
    sections: list[dict[str, Any]] = field(default_factory=list)
    in_section: dict[str, str] = field(default_factory=dict)

    @property
    def is_internal(self) -> bool:
        """Whether the app never shows it."""
        return self.account.kind == "internal" and self.name == INTERNAL_LIST


def uuids_in(value: object) -> list[str]:
    """Return the UUIDs that stand as text in a blob, each at its first place."""
    raw = value.encode() if isinstance(value, str) else value
    if not isinstance(raw, bytes):
        return []
    return list(dict.fromkeys(one.decode().upper() for one in _UUID.findall(raw)))


def read_accounts(
    connection: sqlite3.Connection, store: CoreDataStore, fallback: Account
) -> dict[int, Account]:
    """Return the accounts by Z_PK; number 0 is the one for what names none."""
    found = {}
    for row in rows(connection, store.entity("REMCDAccount")):
        if is_deleted(row):
            continue
        kind = number(row.get("TYPE"))
        uid = identifier(row) or fallback.identifier
        orders = (uuids_in(row.get(f"LISTIDSMERGEABLEORDERING{one}")) for one in _VERSIONS)
        order = next(filter(None, orders), [])
        name = text(row.get("NAME")) or fallback.name
        named = ACCOUNT_KINDS.get(kind, str(kind) if "TYPE" in row else "")
        facts = {"id": uid, "name": name} | filled(
            type=named, inactive=bool(row.get("INACTIVE")), raw=leftover(row, _ACCOUNT)
        )
        found[row["Z_PK"]] = Account(uid, name, named, facts, order)
    found[0] = next(iter(found.values()), fallback)
    return found


def read_lists(
    connection: sqlite3.Connection, store: CoreDataStore, accounts: Mapping[int, Account]
) -> dict[int, ReminderList]:
    """Return all lists, groups and smart lists by Z_PK, those marked as deleted as well."""
    found: dict[int, ReminderList] = {}
    for name in ("REMCDList", "REMCDSmartList"):
        for row in rows(connection, store.entity(name)):
            one = _list(row, accounts, is_smart=name == "REMCDSmartList")
            found.setdefault(one.pk, one)
    _read_sections(connection, store, found)
    _read_sharees(connection, store, found)
    for one in found.values():
        one.facts["group_path"] = [above.name for above in groups_above(one, found)]
        if one.kind == "group":
            inside = [two for two in in_order(found.values()) if two.parent == one.pk]
            one.facts["lists"] = [two.identifier for two in inside if not two.deleted]
    return found


def _list(row: Row, accounts: Mapping[int, Account], *, is_smart: bool) -> ReminderList:
    owner = number(row.get("ACCOUNT")) or number(row.get("PARENTACCOUNT"))
    account = accounts.get(owner, accounts[0])
    uid = identifier(row) or f"{account.identifier}-list-{row['Z_PK']}"
    kind = "smart" if is_smart else "group" if row.get("ISGROUP") else "list"
    name = text(row.get("NAME")) or _smart_name(text(row.get("SMARTLISTTYPE")))
    deleted = is_deleted(row)
    one = ReminderList(
        pk=row["Z_PK"],
        identifier=uid,
        name=name,
        kind=kind,
        account=account,
        position=_position(row, account, uid),
        deleted=deleted,
        parent=number(row.get("PARENTLIST")) or number(row.get("PARENTLIST1")),
        facts=_facts(row, uid, name, kind) | filled(deleted=deleted),
    )
    order = blob(row.get("REMINDERIDSMERGEABLEORDERING_V2_JSON"))
    listed = [text(uid).upper() for uid in order] if isinstance(order, list) else []
    for version in _VERSIONS:
        listed = listed or uuids_in(row.get(f"REMINDERIDSMERGEABLEORDERING{version}"))
    one.order = {uid: at for at, uid in enumerate(dict.fromkeys(listed))}
    inside = blob(row.get("MEMBERSHIPSOFREMINDERSINSECTIONSASDATA"))
    one.in_section = _memberships(inside)
    ordering = row.get("SECTIONIDSORDERINGASDATA")
    unread = filled(
        sectionidsorderingasdata=None if uuids_in(ordering) else blob(ordering),
        reminderidsmergeableordering_v2_json=None if isinstance(order, list) else order,
        membershipsofremindersinsectionsasdata=None if _has_memberships(inside) else inside,
    )
    if unread:
        one.facts["raw"] = one.facts.get("raw", {}) | unread
    one.sections = [{"id": uid} for uid in uuids_in(ordering)]
    return one


def _facts(row: Row, uid: str, name: str, kind: str) -> dict[str, Any]:
    shared = filled(
        status=number(row.get("SHARINGSTATUS")),
        owner=text(row.get("SHAREDOWNERNAME")),
        owner_address=text(row.get("SHAREDOWNERADDRESS")),
    )
    groceries = filled(
        categorised=bool(row.get("SHOULDCATEGORIZEGROCERYITEMS")),
        language=text(row.get("GROCERYLOCALEID")),
    )
    sorting = filled(
        style=text(row.get("SORTINGSTYLE")), direction=text(row.get("SORTINGDIRECTION"))
    )
    smart = text(row.get("SMARTLISTTYPE"))
    return {"id": uid, "name": name, "kind": kind, "group_path": []} | filled(
        color=colour_of(row.get("COLOR")),
        emblem=emblem_of(row.get("BADGEEMBLEM")),
        pinned=bool(row.get("ISPINNEDBYCURRENTUSER")),
        pinned_at=stamp(row.get("PINNEDDATE")),
        shared=shared,
        sorting=sorting,
        groceries=groceries,
        smart_type=smart,
        smart_filter=filter_of(row.get("FILTERDATA")),
        raw=leftover(row, _LIST),
    )


def _smart_name(kind: str) -> str:
    last = kind.rpartition(".")[2]
    return last.capitalize() if last else "Untitled list"


def _position(row: Row, account: Account, uid: str) -> tuple[Any, ...]:
    """Return where a list stands among the others of its account."""
    placed = account.order.index(uid) if uid in account.order else len(account.order)
    fellows = [number(row[one]) for one in sorted(row) if one.startswith("Z_FOK_PARENT")]
    return placed, *(fellows or [LAST])[:1], number(row.get("DADISPLAYORDER")), row["Z_PK"]


def in_order(lists: Iterable[ReminderList]) -> list[ReminderList]:
    """Return lists as the sidebar shows them."""
    return sorted(lists, key=lambda one: one.position)


def groups_above(one: ReminderList, lists: Mapping[int, ReminderList]) -> list[ReminderList]:
    """Return the groups that a list lies in, the outermost first; a ring of groups ends."""
    found: list[ReminderList] = []
    above = lists.get(one.parent)
    while above is not None and above is not one and above not in found:
        found.insert(0, above)
        above = lists.get(above.parent)
    return found


def _memberships(value: Any) -> dict[str, str]:
    """Return the section of each reminder; the newest entry that holds wins."""
    entries = value.get("memberships") if isinstance(value, Mapping) else None
    newest: dict[str, tuple[float, str]] = {}
    for one in entries if isinstance(entries, list) else ():
        if not isinstance(one, Mapping) or one.get("isObsolete"):
            continue
        member, group = text(one.get("memberID")).upper(), text(one.get("groupID")).upper()
        when = one.get("modifiedOn")
        modified = real(when) or 0.0
        if member and modified >= newest.get(member, (modified, ""))[0]:
            newest[member] = (modified, group)
    return {member: group for member, (_, group) in newest.items() if group}


def _has_memberships(value: Any) -> bool:
    return isinstance(value, Mapping) and isinstance(value.get("memberships"), list)


def _read_sections(
    connection: sqlite3.Connection, store: CoreDataStore, lists: Mapping[int, ReminderList]
) -> None:
    """Give every list its sections, in the order of the list, else of the store."""
    there: dict[int, dict[str, dict[str, Any]]] = {}
    for row in rows(connection, store.entity("REMCDBaseSection"), order=_section_order(store)):
        section = section_of(row)
        if is_deleted(row) or not section["id"]:
            continue
        owner = number(row.get("LIST")) or number(row.get("SMARTLIST"))
        there.setdefault(owner, {})[section["id"]] = section
    for one in lists.values():
        own = there.get(one.pk, {})
        listed = [section["id"] for section in one.sections if section["id"] in own]
        one.sections = [own[uid] for uid in dict.fromkeys((*listed, *own))]


_SECTION = OWN | {"LIST", "SMARTLIST", "TEMPLATE", "DISPLAYNAME", "CANONICALNAME",
                  "CREATIONDATE"}  # fmt: skip


def section_of(row: Row) -> dict[str, Any]:
    """Return what is told of a section."""
    name = text(row.get("DISPLAYNAME")) or text(row.get("CANONICALNAME"))
    facts = filled(created=stamp(row.get("CREATIONDATE")), raw=leftover(row, _SECTION))
    return {"id": identifier(row), "name": name, **facts}


def _section_order(store: CoreDataStore) -> str:
    entity = store.entity("REMCDBaseSection")
    there = entity.columns if entity else {}
    return "Z_FOK_LIST, Z_PK" if "Z_FOK_LIST" in there else "Z_PK"


def _read_sharees(
    connection: sqlite3.Connection, store: CoreDataStore, lists: Mapping[int, ReminderList]
) -> None:
    for row in rows(connection, store.entity("REMCDSharee")):
        one = lists.get(number(row.get("LIST")))
        if one is not None and not is_deleted(row):
            shared = one.facts.setdefault("shared", {})
            shared.setdefault("people", []).append(person_of(row))
