"""The two ways in which Reminders lays out a store, as models of Core Data.

Facts only: which entities there are, what they are called and what they own. OLD is that of iOS 13
to 15 and macOS 10.15 to 12, with all objects in one table; NEW that of iOS 17 and macOS 14 on.
"""

from __future__ import annotations

from collections.abc import Mapping

from rootcellar.sample.core_data import (
    BYTES,
    DATE,
    DOUBLE,
    FLAG,
    IDENTIFIER,
    INTEGER,
    OBJECT,
    TEXT,
    EntityModel,
    Model,
)

_COMMON = {"ckIdentifier": TEXT, "identifier": IDENTIFIER, "markedForDeletion": FLAG}
_ACCOUNT = {"account": "REMCDAccount"}
_LIST: Mapping[str, int] = {
    "name": TEXT, "color": OBJECT, "badgeEmblem": TEXT, "isGroup": FLAG, "daDisplayOrder": INTEGER,
    "sharingStatus": INTEGER, "sharedOwnerName": TEXT, "sharedOwnerAddress": TEXT,
    "sortingStyle": TEXT, "reminderIDsMergeableOrdering_v2_JSON": BYTES,
}  # fmt: skip
_REMINDER: Mapping[str, int] = {
    "title": TEXT, "notes": TEXT, "completed": FLAG, "completionDate": DATE, "flagged": INTEGER,
    "priority": INTEGER, "allDay": FLAG, "dueDate": DATE, "startDate": DATE, "timeZone": TEXT,
    "displayDateDate": DATE, "displayDateIsAllDay": FLAG, "displayDateTimeZone": TEXT,
    "displayDateUpdatedForSecondsFromGMT": INTEGER, "creationDate": DATE,
    "lastModifiedDate": DATE, "icsDisplayOrder": INTEGER, "icsUrl": TEXT,
    "ckParentReminderIdentifier": TEXT, "daCalendarItemUniqueIdentifier": TEXT,
    "contactHandles": OBJECT, "titleDocument": BYTES, "notesDocument": BYTES,
}  # fmt: skip
_ALARM = {"alarmUID": TEXT, "originalAlarmUID": TEXT, "acknowledgedDate": DATE}
_PLACE = {"title": TEXT, "address": TEXT, "latitude": DOUBLE, "longitude": DOUBLE,
          "radius": DOUBLE, "proximity": INTEGER, "contactLabel": TEXT,
          "locationUID": TEXT}  # fmt: skip
_RULE = {"frequency": INTEGER, "interval": INTEGER, "occurrenceCount": INTEGER, "endDate": DATE,
         "firstDayOfTheWeek": INTEGER, "daysOfTheWeek": OBJECT, "daysOfTheMonth": OBJECT,
         "monthsOfTheYear": OBJECT, "setPositions": OBJECT}  # fmt: skip
_SHAREE = {"displayName": TEXT, "firstName": TEXT, "lastName": TEXT, "address": TEXT,
           "status": INTEGER, "accessLevel": INTEGER}  # fmt: skip
_OF_REMINDER = {"reminder": "REMCDReminder"}


def _objects(first: int, *, digests: bool) -> dict[str, EntityModel]:
    """Return the entities that lie in the table of objects in both layouts."""
    file = {"fileName": TEXT, "fileSize": INTEGER, "sha512Sum": TEXT}
    if not digests:
        file.pop("sha512Sum")
    base, trigger, attachment = "REMCDObject", "REMCDAlarmTrigger", "REMCDAttachment"
    described: tuple[tuple[str, str, Mapping[str, int], Mapping[str, str]], ...] = (
        ("REMCDAccount", base, {"name": TEXT, "type": INTEGER, "inactive": FLAG,
                                "listIDsMergeableOrdering": BYTES}, {}),
        ("REMCDAlarm", base, _ALARM, {**_OF_REMINDER, "trigger": trigger}),
        (trigger, base, {}, {"alarm": "REMCDAlarm"}),
        ("REMCDAlarmDateTrigger", trigger, {"dateComponentsData": BYTES}, {}),
        ("REMCDAlarmLocationTrigger", trigger, _PLACE, {}),
        ("REMCDAlarmTimeIntervalTrigger", trigger, {"timeInterval": DOUBLE}, {}),
        ("REMCDAlarmVehicleTrigger", trigger, {"event": INTEGER}, {}),
        ("REMCDAssignment", base, {"status": INTEGER, "assignedDate": DATE},
         {**_OF_REMINDER, "assignee": "REMCDSharee", "originator": "REMCDSharee"}),
        (attachment, base, {"uti": TEXT}, _OF_REMINDER),
        ("REMCDFileAttachment", attachment, file, {}),
        ("REMCDAudioAttachment", "REMCDFileAttachment", {"duration": DOUBLE}, {}),
        ("REMCDImageAttachment", "REMCDFileAttachment", {"width": INTEGER, "height": INTEGER}, {}),
        ("REMCDURLAttachment", attachment, {"url": TEXT, "hostUrl": TEXT, "metadata": BYTES}, {}),
        ("REMCDHashtag", base, {"name": TEXT, "type": INTEGER},
         {**_OF_REMINDER, "hashtagLabel": "REMCDHashtagLabel"}),
        ("REMCDRecurrenceRule", base, _RULE, _OF_REMINDER),
        ("REMCDSharee", base, _SHAREE, {"list": "REMCDList"}),
    )  # fmt: skip
    return {
        name: EntityModel(first + at, parent, attributes, relations)
        for at, (name, parent, attributes, relations) in enumerate(described)
    }


def _old() -> Model:
    parts = _objects(2, digests=False)
    del parts["REMCDHashtag"]
    return Model(
        {
            "REMCDObject": EntityModel(1, "", _COMMON, _ACCOUNT),
            **parts,
            "REMCDList": EntityModel(
                19, "REMCDObject", _LIST, {"parentAccount": "REMCDAccount",
                "parentList": "REMCDList"}, ("parentAccount", "parentList"),
            ),
            "REMCDReminder": EntityModel(
                24, "REMCDObject", _REMINDER, {"list": "REMCDList",
                "parentReminder": "REMCDReminder"}, ("list",),
            ),
        },
        "14A",
    )  # fmt: skip


def _new() -> Model:
    lists = {
        **_COMMON, **_LIST, "isPinnedByCurrentUser": FLAG, "pinnedDate": DATE,
        "membershipsOfRemindersInSectionsAsData": BYTES, "sectionIDsOrderingAsData": BYTES,
        "shouldCategorizeGroceryItems": FLAG, "groceryLocaleID": TEXT,
    }  # fmt: skip
    reminder = {
        **_COMMON, **_REMINDER, "isUrgentStateEnabledForCurrentUser": FLAG,
        "dueDateDeltaAlertsData": BYTES,
    }  # fmt: skip
    above = {**_ACCOUNT, "parentAccount": "REMCDAccount", "parentList": "REMCDList"}
    return Model(
        {
            "REMCDBaseList": EntityModel(2, "", lists, above, ("parentAccount", "parentList")),
            "REMCDList": EntityModel(3, "REMCDBaseList"),
            "REMCDSmartList": EntityModel(
                4, "REMCDBaseList", {"smartListType": TEXT, "filterData": BYTES}
            ),
            "REMCDBaseSection": EntityModel(
                5, "", {**_COMMON, "displayName": TEXT, "canonicalName": TEXT,
                "creationDate": DATE}, {**_ACCOUNT, "list": "REMCDList"}, ("list",),
            ),
            "REMCDListSection": EntityModel(6, "REMCDBaseSection"),
            "REMCDHashtagLabel": EntityModel(11, "", {"name": TEXT, "canonicalName": TEXT}),
            "REMCDObject": EntityModel(13, "", _COMMON, _ACCOUNT),
            **_objects(14, digests=True),
            "REMCDReminder": EntityModel(
                39, "", reminder, {**_ACCOUNT, "list": "REMCDList",
                "parentReminder": "REMCDReminder"}, ("list",),
            ),
            "REMCDTemplate": EntityModel(
                41, "", {**_COMMON, "name": TEXT, "creationDate": DATE},
                {"parentAccount": "REMCDAccount"},
            ),
            "REMCDSavedReminder": EntityModel(
                43, "", {**_COMMON, "title": TEXT, "metadata": BYTES},
                {"template": "REMCDTemplate"},
            ),
        },
        "26A",
    )  # fmt: skip


OLD = _old()
NEW = _new()
