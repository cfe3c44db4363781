"""What is in the sample's Reminders: lists of a household that keeps an orchard."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from uuid import NAMESPACE_URL, UUID, uuid5

from rootcellar.sample.core_data import Model, StoreRows, Value, keyed_archive
from rootcellar.sample.pictures import preview
from rootcellar.sample.reminders_models import NEW
from rootcellar.sample.trees import set_time, write_file

EPOCH = datetime(2001, 1, 1, tzinfo=UTC)
WRITTEN = datetime(2026, 10, 4, 18, 30, tzinfo=UTC)
CONTAINER = "Container_v1"


def uuid(name: str) -> str:
    """Return the UUID of a made-up thing."""
    return str(uuid5(NAMESPACE_URL, f"rootcellar sample reminders {name}")).upper()


ACCOUNT = uuid("iCloud")


def seconds(*moment: int) -> float:
    """Return a moment in UTC, or what a clock on the wall shows, as Core Data keeps it."""
    year, month, day, *clock = moment
    hour, minute, second = (*clock, 0, 0, 0)[:3]
    when = datetime(year, month, day, hour, minute, second, tzinfo=UTC)
    return (when - EPOCH).total_seconds()


def encoded(value: object) -> bytes:
    """Return JSON as a store keeps it."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode()


@dataclass
class RemindersStore:
    """A store of one account that grows row by row, and the files beside it."""

    model: Model = NEW
    cached: bool = True
    account_name: str = "iCloud"
    account: str = ACCOUNT
    rows: StoreRows = field(init=False)
    files: list[tuple[str, bytes]] = field(default_factory=list)
    account_row: int = field(init=False)

    def __post_init__(self) -> None:
        """Begin with the account alone."""
        told = {"RDMasterStoreAccountIdentifier": self.account}
        self.rows = StoreRows(self.model, uuid(f"store {self.account}"), told, self.cached)
        own: dict[str, Value] = {
            "ckIdentifier": self.account,
            "identifier": UUID(self.account).bytes,
        }
        self.account_row = self.rows.add(
            "REMCDAccount", name=self.account_name, type=2, markedForDeletion=0, **own
        )

    def add(self, entity: str, named: str = "", /, **values: Value) -> int:
        """Add an object with a UUID of its own; 0 where the model has no such entity."""
        if entity not in self.model.entities:
            return 0
        own: dict[str, Value] = {"account": self.account_row, "markedForDeletion": 0}
        uid = uuid(named or f"{entity} {len(self.rows.rows)}")
        own |= {"ckIdentifier": uid, "identifier": UUID(uid).bytes}
        return self.rows.add(entity, **{**own, **values})

    def list(self, name: str, position: int, **values: Value) -> int:
        """Add a list."""
        return self.add(
            "REMCDList",
            f"list {name}",
            name=name,
            parentAccount=self.account_row,
            fok_parentAccount=1024 * position,
            isGroup=values.pop("isGroup", 0),
            **values,
        )

    def reminder(self, title: str, within: int, /, **values: Value) -> int:
        """Add a reminder to a list."""
        uid = uuid(f"reminder {title}")
        plain: dict[str, Value] = {
            "title": title, "list": within, "completed": 0, "flagged": 0, "priority": 0,
            "allDay": 0, "icsDisplayOrder": 0, "creationDate": seconds(2026, 3, 1, 8),
            "lastModifiedDate": seconds(2026, 9, 1, 8), "daCalendarItemUniqueIdentifier": uid,
        }  # fmt: skip
        return self.add("REMCDReminder", f"reminder {title}", **{**plain, **values})

    def alarm(
        self, reminder: int, trigger: str, acknowledged: float | None = None, **values: Value
    ) -> int:
        """Add an alarm with its trigger."""
        kind = self.add(f"REMCDAlarm{trigger}Trigger", **values)
        uid = uuid(f"alarm {reminder} {trigger} {len(self.rows.rows)}")
        told: dict[str, Value] = {"alarmUID": uid, "reminder": reminder, "trigger": kind}
        if acknowledged is not None:
            told["acknowledgedDate"] = acknowledged
        return self.add("REMCDAlarm", **told)

    def file(self, name: str, data: bytes) -> str:
        """Put an attached file where the store keeps it, and return its SHA-512."""
        digest = hashlib.sha512(data).hexdigest()
        ending = name.rpartition(".")[2]
        folder = f"Files/Account-{self.account}/Attachments"
        self.files.append((f"{folder}/{digest}.{ending}", data))
        return digest

    def write(self, container: Path) -> None:
        """Write the store, and its files, into a container."""
        name = f"Data-{self.account}.sqlite"
        self.rows.write(container / "Stores" / name)
        for path in (container / "Stores").glob(f"{name}*"):
            set_time(path, WRITTEN)
        for place, data in self.files:
            write_file(container / place, data, WRITTEN)


def sample_store(model: Model = NEW, *, cached: bool = True) -> RemindersStore:
    """Return the sample's store, with one of everything that Reminders can do."""
    store = RemindersStore(model, cached=cached)
    house = store.list("House", 1, isGroup=1)
    garden = _garden(store, house)
    _groceries(store)
    _smart(store)
    _template(store)
    store.rows.begin_late()
    store.reminder("Bring in the pumpkins", garden, icsDisplayOrder=9)
    return store


def _garden(store: RemindersStore, house: int) -> int:
    order = [
        "Prune the pear tree",
        "Sow broad beans",
        "Order seed potatoes",
        "Water the seedlings",
    ]
    sections = [uuid("section Beds"), uuid("section Trees")]
    inside = {"Prune the pear tree": sections[1], "Sow broad beans": sections[0]}
    memberships = [
        {"memberID": uuid(f"reminder {title}"), "groupID": section, "modifiedOn": 800000000.0}
        for title, section in inside.items()
    ]
    shade = {"daHexString": "#34C759", "daSymbolicColorName": "green", "red": 0.2}
    garden = store.list(
        "Garden / Orchard", 2, parentList=house, fok_parentList=1024,
        color=keyed_archive("REMColor", shade), badgeEmblem='{"Emoji":"🌱"}',
        isPinnedByCurrentUser=1, pinnedDate=seconds(2026, 1, 1), sortingStyle="manual",
        sharingStatus=1, sharedOwnerName="Alma Orchard",
        reminderIDsMergeableOrdering_v2_JSON=encoded([uuid(f"reminder {one}") for one in order]),
        membershipsOfRemindersInSectionsAsData=encoded(
            {"minimumSupportedVersion": 20230430, "memberships": memberships}
        ),
    )  # fmt: skip
    for at, name in enumerate(("Beds", "Trees"), 1):
        store.add("REMCDListSection", f"section {name}", displayName=name, list=garden,
                  fok_list=1024 * at)  # fmt: skip
    helper = store.add("REMCDSharee", displayName="Bo Fieldhand", address="mailto:bo@example.org",
                       status=2, accessLevel=1, list=garden)  # fmt: skip
    _seedlings(store, garden)
    beans = store.reminder("Sow broad beans", garden, dueDate=seconds(2026, 3, 29), allDay=1,
                           displayDateDate=seconds(2026, 3, 28, 23), displayDateIsAllDay=1,
                           displayDateUpdatedForSecondsFromGMT=3600)  # fmt: skip
    store.add("REMCDRecurrenceRule", reminder=beans, frequency=3, interval=1, occurrenceCount=0,
              daysOfTheMonth=encoded([29]), monthsOfTheYear=encoded([3]))  # fmt: skip
    pears = store.reminder("Prune the pear tree", garden, dueDate=seconds(2026, 2, 14, 9),
                           startDate=seconds(2026, 2, 1, 9), priority=5,
                           icsUrl="https://example.org/pruning")  # fmt: skip
    store.reminder("Sharpen the saw", garden, parentReminder=pears)
    store.reminder("Ask for the ladder", garden, parentReminder=pears, completed=1,
                   completionDate=seconds(2026, 2, 3, 17))  # fmt: skip
    store.add("REMCDAssignment", reminder=pears, assignee=helper, originator=helper, status=0,
              assignedDate=seconds(2026, 2, 1))  # fmt: skip
    _potatoes(store, garden)
    store.reminder("Burn the leaves", garden, markedForDeletion=1)
    return garden


def _seedlings(store: RemindersStore, garden: int) -> None:
    """Add one that is due at a moment, with alarms of every kind."""
    early = {"dueDateDeltaAlerts": [{"dueDateDeltaUnit": 2, "dueDateDeltaCount": -1}]}
    one = store.reminder(
        "Water the seedlings", garden, dueDate=seconds(2026, 11, 1, 8, 30),
        timeZone="Europe/Berlin", displayDateDate=seconds(2026, 11, 1, 8, 30),
        displayDateTimeZone="Europe/Berlin", dueDateDeltaAlertsData=encoded(early), flagged=1,
        notes="Only the trays by the window.\nNot the beans!",
        isUrgentStateEnabledForCurrentUser=1,
    )  # fmt: skip
    at = {"year": 2026, "month": 11, "day": 1, "hour": 9, "minute": 30,
          "timeZone": {"identifier": "Europe/Berlin"}}  # fmt: skip
    store.alarm(one, "Date", dateComponentsData=encoded(at), acknowledged=seconds(2026, 9, 9))
    store.alarm(one, "TimeInterval", timeInterval=-900.0)
    store.alarm(one, "Location", title="Greenhouse", address="1 Orchard Lane", latitude=52.5,
                longitude=13.25, radius=120.0, proximity=1)  # fmt: skip
    store.alarm(one, "Vehicle", event=2)


def _potatoes(store: RemindersStore, garden: int) -> None:
    """Add one with tags, a link, a picture, and a file that is not here."""
    handles = {"emails": ["bo@example.org"], "phones": []}
    one = store.reminder(
        "Order seed potatoes", garden, priority=1,
        contactHandles=keyed_archive("REMContactRepresentation", handles),
    )  # fmt: skip
    data = preview("pears")
    digest = store.file("potatoes.jpeg", data)
    store.add("REMCDURLAttachment", reminder=one, uti="public.url",
              url="https://example.org/potatoes?early=1&n=3", hostUrl="example.org")  # fmt: skip
    store.add("REMCDImageAttachment", reminder=one, uti="public.jpeg", fileName="potatoes.jpeg",
              fileSize=len(data), sha512Sum=digest, width=320, height=240)  # fmt: skip
    store.add("REMCDImageAttachment", reminder=one, uti="public.jpeg", fileName="last year.jpeg",
              fileSize=4711, width=4, height=3)  # fmt: skip
    for tag in ("spring", "Größe"):
        label = store.rows.add("REMCDHashtagLabel", name=tag) if store.model is NEW else 0
        store.add("REMCDHashtag", reminder=one, hashtagLabel=label)


def _groceries(store: RemindersStore) -> None:
    groceries = store.list("Groceries", 3, shouldCategorizeGroceryItems=1, groceryLocaleID="en")
    store.reminder("Flour, 2 kg; not sifted", groceries, dueDate=seconds(2026, 7, 4, 9))
    store.reminder("Apples", groceries, completed=1, completionDate=seconds(2026, 5, 5, 5, 5, 5),
                   priority=9)  # fmt: skip


def _smart(store: RemindersStore) -> None:
    looks_for = {
        "operation": "and",
        "hashtags": {"hashtags": {"operation": "or", "include": ["spring"], "exclude": []}},
        "flagged": True,
    }
    store.add("REMCDSmartList", "list Spring", name="Spring", parentAccount=store.account_row,
              smartListType="com.apple.reminders.smartlist.custom",
              filterData=encoded(looks_for))  # fmt: skip


def _template(store: RemindersStore) -> None:
    if "REMCDTemplate" not in store.model.entities:
        return
    own = {"ckIdentifier": uuid("template Packing")}
    packing = store.rows.add("REMCDTemplate", name="Packing", parentAccount=store.account_row,
                             creationDate=seconds(2026, 6, 1), **own)  # fmt: skip
    for title in ("Tent", "Matches"):
        store.rows.add("REMCDSavedReminder", template=packing, title=title,
                       ckIdentifier=uuid(f"saved {title}"),
                       metadata=encoded({"title": title, "priority": 0}))  # fmt: skip


def write_reminders(folder: Path) -> None:
    """Write the sample's container of Reminders, and a second store, as good as empty."""
    sample_store().write(folder / CONTAINER)
    local = RemindersStore(account_name="Local", account=uuid("Local"))
    local.write(folder / CONTAINER)
