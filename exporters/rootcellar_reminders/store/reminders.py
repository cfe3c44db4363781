"""Reminders: from a row, and what belongs to it, to the lossless record."""

from collections.abc import Mapping
from typing import Any

from msgspec import Struct

from rootcellar.apple.blobs import plain
from rootcellar.apple.core_data import CoreDataStore, Row
from rootcellar.apple.dates import cocoa_moment
from rootcellar.apple.values import number, text
from rootcellar_reminders.store.alarms import alarms_of, early_of
from rootcellar_reminders.store.attachments import Attachment, AttachmentFolders, attachments_of
from rootcellar_reminders.store.belongings import EARLY, Belongings
from rootcellar_reminders.store.lists import ReminderList
from rootcellar_reminders.store.merged_text import text_of_document
from rootcellar_reminders.store.recurrence import rule_of
from rootcellar_reminders.store.values import (
    OWN,
    blob,
    filled,
    identifier,
    is_deleted,
    leftover,
    stamp,
    url,
    usable,
)
from rootcellar_reminders.store.when import display_date_of, due_of, start_of

URGENT = "ISURGENTSTATEENABLEDFORCURRENTUSER"
_KNOWN = OWN | {
    "TITLE", "TITLEDOCUMENT", "NOTES", "NOTESDOCUMENT", "LIST", "PARENTREMINDER", "COMPLETED",
    "CKPARENTREMINDERIDENTIFIER", "COMPLETIONDATE", "FLAGGED", "PRIORITY", "ALLDAY", "DUEDATE",
    "STARTDATE", "TIMEZONE", "DISPLAYDATEDATE", "DISPLAYDATEISALLDAY", "DISPLAYDATETIMEZONE",
    "DISPLAYDATEUPDATEDFORSECONDSFROMGMT", "CREATIONDATE", "LASTMODIFIEDDATE", "ICSDISPLAYORDER",
    "CONTACTHANDLES", "ICSURL", "DUEDATEDELTAALERTSDATA", URGENT, "DACALENDARITEMUNIQUEIDENTIFIER",
}  # fmt: skip


class Context(Struct, frozen=True):
    """What the reminders of one store refer to; `parents` are the UUIDs of reminders by Z_PK."""

    store: CoreDataStore
    lists: Mapping[int, ReminderList]
    tags: Mapping[int, str]
    people: Mapping[int, Mapping[str, Any]]
    uuids: Mapping[int, str]
    folders: AttachmentFolders


class Reminder(Struct, frozen=True):
    """One reminder: its record, its list (None: it lies in none), its attached files."""

    identifier: str
    title: str
    deleted: bool
    placed: ReminderList | None
    record: dict[str, Any]
    files: tuple[Attachment, ...]
    changed: object


def reminder_of(row: Row, found: Belongings, context: Context) -> Reminder:
    """Return one reminder of a store."""
    pk = row["Z_PK"]
    uid = context.uuids[pk]
    placed = context.lists.get(number(row.get("LIST")))
    account = placed.account.identifier if placed else ""
    attached = attachments_of(found.of("REMCDAttachment", pk), context.folders, account)
    title = text(row.get("TITLE")) or text_of_document(row.get("TITLEDOCUMENT"))
    notes = text(row.get("NOTES")) or text_of_document(row.get("NOTESDOCUMENT"))
    due = due_of(row)
    rules = [rule_of(one, due) for one in found.of("REMCDRecurrenceRule", pk)]
    assigned = [_assignment(one, context) for one in found.of("REMCDAssignment", pk)]
    early, odd_early = early_of(row, found.of(EARLY, pk))
    deleted = is_deleted(row)
    record = {"id": uid, "list": placed.identifier if placed else "", "title": title} | filled(
        notes=notes,
        url=url(row.get("ICSURL")),
        tags=_tags(found, pk, context),
        section=_section(uid, placed),
        parent=_parent(row, context, uid),
    )
    record |= filled(due=due, start=start_of(row), display_date=display_date_of(row))
    record["completed"] = bool(row.get("COMPLETED"))
    record |= filled(completed_at=stamp(row.get("COMPLETIONDATE")))
    record["priority"] = number(row.get("PRIORITY"))
    record["flagged"] = number(row.get("FLAGGED")) > 0
    record |= filled(
        urgent=bool(row.get(URGENT)),
        deleted=deleted,
        alarms=alarms_of(context.store, found.of("REMCDAlarm", pk), found.triggers),
        early=early,
        rrule=rules[0] if rules else None,
        more_rrules=rules[1:],
        attachments=[one.record for one in attached if not one.is_link],
        links=[one.record for one in attached if one.is_link],
        assignee=assigned[0] if assigned else None,
        more_assignees=assigned[1:],
        message_contacts=_contacts(row.get("CONTACTHANDLES")),
        created=stamp(row.get("CREATIONDATE")),
        modified=stamp(row.get("LASTMODIFIEDDATE")),
        raw=_raw(row, uid) | filled(duedatedeltaalerts=odd_early) | _dangling(row, found, context),
    )
    files = tuple(one for one in attached if not one.is_link)
    return Reminder(uid, title, deleted, placed, record, files, row.get("LASTMODIFIEDDATE"))


def _raw(row: Row, uid: str) -> dict[str, Any]:
    """Return the columns that nobody has named yet, and what the known ones do not tell whole."""
    raw = leftover(row, _KNOWN)
    if document := blob(row.get("NOTESDOCUMENT")):
        raw["notesdocument"] = document  # it alone has the text's formats
    if not row.get("TITLE") and (document := blob(row.get("TITLEDOCUMENT"))):
        raw["titledocument"] = document
    for name, date in (("TIMEZONE", "DUEDATE"), ("DISPLAYDATETIMEZONE", "DISPLAYDATEDATE")):
        if name in row and cocoa_moment(row.get(date)) is None:
            raw[name.lower()] = plain(row[name])
    if "CKIDENTIFIER" in row and not usable(row["CKIDENTIFIER"]):
        raw["ckidentifier"] = plain(row["CKIDENTIFIER"])
    other = text(row.get("DACALENDARITEMUNIQUEIDENTIFIER"))
    if other and other.upper() != uid:
        raw["dacalendaritemuniqueidentifier"] = other
    return filled(**raw)


def _dangling(row: Row, found: Belongings, context: Context) -> dict[str, Any]:
    """Return what leads to something that is not in the store: by number, as it is there."""
    labels = (one.get("HASHTAGLABEL") for one in found.of("REMCDHashtag", row["Z_PK"])
              if not _tag(one, context))  # fmt: skip
    lost = {
        name.lower(): plain(row[name])
        for name, there in (("LIST", context.lists), ("PARENTREMINDER", context.uuids))
        if name in row and number(row[name]) not in there
    }
    return filled(**lost, hashtaglabels=[plain(one) for one in labels if one])


def _tags(found: Belongings, pk: int, context: Context) -> list[str]:
    named = (_tag(one, context) for one in found.of("REMCDHashtag", pk))
    return list(dict.fromkeys(filter(None, named)))


def _tag(row: Row, context: Context) -> str:
    return text(row.get("NAME")) or context.tags.get(number(row.get("HASHTAGLABEL")), "")


def _section(uid: str, placed: ReminderList | None) -> dict[str, str]:
    if placed is None:
        return {}
    inside = placed.in_section.get(uid)
    if inside is None:
        return {}
    name = next((one["name"] for one in placed.sections if one["id"] == inside), "")
    return {"id": inside, "name": name}


def _parent(row: Row, context: Context, uid: str) -> str:
    """Return the UUID of the reminder that this one is a step of; never its own."""
    parent = context.uuids.get(number(row.get("PARENTREMINDER")), "")
    parent = parent or text(row.get("CKPARENTREMINDERIDENTIFIER")).upper()
    return "" if parent == uid else parent


_ASSIGNMENT = OWN | {"ASSIGNEE", "ORIGINATOR", "ASSIGNEDDATE", "STATUS"}


def _assignment(row: Row, context: Context) -> dict[str, Any]:
    known = _ASSIGNMENT - {name for name in ("ASSIGNEE", "ORIGINATOR")
                           if number(row.get(name)) not in context.people}  # fmt: skip
    return filled(
        to=dict(context.people.get(number(row.get("ASSIGNEE")), {})),
        by=dict(context.people.get(number(row.get("ORIGINATOR")), {})),
        at=stamp(row.get("ASSIGNEDDATE")),
        status=number(row.get("STATUS")),
        raw=leftover(row, known),
    )


def _contacts(value: object) -> Any:
    """Return the people whom a message brings the reminder up with ("when messaging")."""
    found = blob(value)
    return found if found is None or isinstance(found, list) else [found]


def identity_of(row: Row, store_identity: str) -> str:
    """Return what a reminder is known by for good."""
    told = identifier(row) or usable(row.get("DACALENDARITEMUNIQUEIDENTIFIER")).upper()
    return told or f"{store_identity}-{row['Z_PK']}"
