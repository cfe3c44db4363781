"""Alarms of every kind: at a date, before the due date, at a place, in a car."""

from collections.abc import Iterable, Mapping, Sequence
from math import isfinite
from typing import Any

from rootcellar.apple.core_data import CoreDataStore, Row
from rootcellar.apple.values import number, real, text
from rootcellar_reminders.store.values import OWN, blob, filled, identifier, leftover, stamp
from rootcellar_reminders.store.when import of_components

PROXIMITIES = {1: "arriving", 2: "leaving"}
VEHICLE = {1: "connect", 2: "disconnect"}
UNITS = {0: "minute", 1: "hour", 2: "day", 3: "week", 4: "month"}
_ALARM = OWN | {"TRIGGER", "ALARMUID", "ORIGINALALARMUID", "ACKNOWLEDGEDDATE", "Z_FOK_REMINDER"}
_EARLY = OWN | {"REMINDERIDENTIFIER"}
_ROW = _EARLY | {"DUEDATEDELTAUNIT", "DUEDATEDELTACOUNT", "ACKNOWLEDGEDDATE", "SORTORDER",
                 "CREATIONDATE"}  # fmt: skip
_TRIGGER = OWN | {"ALARM"}


def alarms_of(
    store: CoreDataStore, alarms: Sequence[Row], triggers: Mapping[int, Row]
) -> list[dict[str, Any]]:
    """Return the alarms of one reminder.

    Each device that was told of an alarm leaves a copy that says when; the copies are one alarm.
    """
    found: dict[str, dict[str, Any]] = {}
    for alarm in sorted(alarms, key=lambda row: ("ACKNOWLEDGEDDATE" in row, row["Z_PK"])):
        uid = text(alarm.get("ALARMUID")) or identifier(alarm) or str(alarm["Z_PK"])
        acknowledged = stamp(alarm.get("ACKNOWLEDGEDDATE"))
        if uid in found:
            latest = max(found[uid].get("acknowledged", ""), acknowledged)
            found[uid] |= filled(acknowledged=latest)
            continue
        trigger = triggers.get(number(alarm.get("TRIGGER")), {})
        told = _trigger(store.name_of(trigger.get("Z_ENT")), trigger)
        raw = leftover(alarm, _ALARM)
        for name, value in told.pop("raw", {}).items():
            raw[f"trigger_{name}" if name in raw else name] = value
        found[uid] = {
            "id": uid,
            **told,
            **filled(
                acknowledged=acknowledged,
                snoozed_from=text(alarm.get("ORIGINALALARMUID")),
                raw=raw,
            ),
        }
    return list(found.values())


def _trigger(kind: str, row: Row) -> dict[str, Any]:
    if "DATECOMPONENTSDATA" in row or kind == "REMCDAlarmDateTrigger":
        return _date(row)
    if "TIMEINTERVAL" in row or kind == "REMCDAlarmTimeIntervalTrigger":
        seconds = real(row.get("TIMEINTERVAL"))
        raw = leftover(row, _TRIGGER | {"TIMEINTERVAL"})
        return {"type": "relative", "seconds": seconds or 0, **filled(raw=raw)}
    if "LATITUDE" in row or kind == "REMCDAlarmLocationTrigger":
        return _place(row)
    if "EVENT" in row or kind == "REMCDAlarmVehicleTrigger":
        event = number(row.get("EVENT"))
        raw = leftover(row, _TRIGGER | {"EVENT"})
        return {"type": "vehicle", "event": VEHICLE.get(event, event), **filled(raw=raw)}
    return {"type": "unknown", **filled(entity=kind, raw=leftover(row, _TRIGGER))}


def _date(row: Row) -> dict[str, Any]:
    components = blob(row.get("DATECOMPONENTSDATA"))
    raw = leftover(row, _TRIGGER | {"DATECOMPONENTSDATA"})
    when = of_components(components)
    return {"type": "date", **filled(when=when, components=components, raw=raw)}


_PLACE = {"TITLE", "ADDRESS", "LATITUDE", "LONGITUDE", "RADIUS", "PROXIMITY", "CONTACTLABEL",
          "LOCATIONUID"}  # fmt: skip


def _place(row: Row) -> dict[str, Any]:
    proximity = number(row.get("PROXIMITY"))
    return {
        "type": "location",
        "proximity": PROXIMITIES.get(proximity, proximity),
        "latitude": real(row.get("LATITUDE")),
        "longitude": real(row.get("LONGITUDE")),
        "radius": real(row.get("RADIUS")),
        **filled(
            title=text(row.get("TITLE")),
            address=text(row.get("ADDRESS")),
            contact=text(row.get("CONTACTLABEL")),
            location_id=text(row.get("LOCATIONUID")),
            raw=leftover(row, _TRIGGER | _PLACE),
        ),
    }


def early_of(reminder: Row, alerts: Iterable[Row]) -> tuple[list[dict[str, Any]], list[Any]]:
    """Return the early reminders: `unit` and `count`, -15 being a quarter of an hour before.

    They are JSON in the reminder's own row, and from some version on also rows of their own.
    What is no early reminder, or told in a way not known, is in the second list, as it is.
    """
    said = blob(reminder.get("DUEDATEDELTAALERTSDATA"))
    listed = said.get("dueDateDeltaAlerts") if isinstance(said, Mapping) else None
    found: list[dict[str, Any]] = []
    odd = [] if said is None or isinstance(listed, list) else [said]
    for told in listed if isinstance(listed, list) else ():
        named = told if isinstance(told, Mapping) else {}
        uid = named.get("identifier")
        one = _early(named.get("dueDateDeltaUnit"), named.get("dueDateDeltaCount"), uid)
        found += [one] if one else []
        odd += [] if one else [told]
    for row in alerts:
        unit, count = row.get("DUEDATEDELTAUNIT"), row.get("DUEDATEDELTACOUNT")
        one = _early(unit, count, identifier(row))
        if one is None:
            odd.append(leftover(row, _EARLY))
        elif not any((one["unit"], one["count"]) == (two["unit"], two["count"]) for two in found):
            acknowledged = stamp(row.get("ACKNOWLEDGEDDATE"))
            found.append(one | filled(acknowledged=acknowledged, raw=leftover(row, _ROW)))
    return found, odd


def _early(unit: Any, count: Any, uid: Any) -> dict[str, Any] | None:
    """Return an early reminder; None where unit or count is no number."""
    if not all(isinstance(one, int | float) and isfinite(one) for one in (unit, count)):
        return None
    named = UNITS.get(number(unit), number(unit))
    return {"unit": named, "count": number(count), **filled(id=text(uid))}
