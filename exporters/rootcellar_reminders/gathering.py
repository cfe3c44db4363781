"""The files of lists and accounts: what each says of itself, and who belongs to it."""

from collections.abc import Iterator, Sequence
from typing import Any

from rootcellar.api import Gathering
from rootcellar_reminders.naming import LOOSE, component, list_place, template_place
from rootcellar_reminders.opening import OpenedStore
from rootcellar_reminders.ordering import members
from rootcellar_reminders.settings import RemindersSettings
from rootcellar_reminders.store.lists import Account, ReminderList, in_order
from rootcellar_reminders.store.templates import Template, templates_of

SCHEMA = 1
MEMBERS = "reminders"
WITH_FILES = "reminders_with_files"
CALENDAR, PAGE, TABLE = "reminders/list.ics", "reminders/list.md", "reminders/list.csv"


def gatherings(stores: Sequence[OpenedStore], settings: RemindersSettings) -> Iterator[Gathering]:
    """Yield the file of every list, group and smart list, each once, then one for each account.

    A list that several stores hold has the reminders of all of them.
    """
    found: dict[str, Gathering] = {}
    accounts: dict[str, tuple[Account, list[ReminderList], list[dict[str, Any]]]] = {}
    for store in stores:
        inside = members(store)
        for one in in_order(store.lists.values()):
            keys = inside.get(one.pk, ())
            if one.deleted and not keys:
                continue
            _add(found, _of_list(one, store, keys, settings))
            if not (one.is_internal or one.deleted):
                accounts.setdefault(one.account.identifier, (one.account, [], []))[1].append(one)
        if loose := inside.get(0):
            _add(found, _loose(store, loose, settings))
        for account in store.accounts.values():
            if (
                account.identifier not in accounts
                and account.kind != "internal"
                and account.facts.get("type")
            ):
                accounts[account.identifier] = (account, [], [])
        for template in templates_of(store):
            owner = template.account
            accounts.setdefault(owner.identifier, (owner, [], []))[2].append(template.record)
            _add(found, _of_template(template, store))
    yield from found.values()
    for account, lists, templates in accounts.values():
        yield _of_account(account, lists, templates)


def _add(found: dict[str, Gathering], one: Gathering | None) -> None:
    if one is None:
        return
    former = found.get(one.key)
    if former is None:
        found[one.key] = one
        return
    from msgspec.structs import replace

    groups = {
        name: tuple(dict.fromkeys((*keys, *one.groups.get(name, ()))))
        for name, keys in former.groups.items()
    }
    found[one.key] = replace(former, groups=groups)


def _source(store: OpenedStore, account: Account) -> dict[str, str]:
    told = {"store": store.source.name, "account": account.identifier}
    return told | ({"model_version": store.core.version} if store.core.version else {})


def _of_list(
    one: ReminderList, store: OpenedStore, keys: tuple[str, ...], settings: RemindersSettings
) -> Gathering:
    record = {
        "schema": SCHEMA,
        "source": _source(store, one.account),
        "account": dict(one.account.facts),
        "list": one.facts,
        "sections": one.sections,
        "shows_deleted": settings.deleted,
    }
    place = list_place(one.account.name, one.name)
    views = _views(settings) if one.kind == "list" else ()
    return Gathering(
        one.identifier, one.name, place, record, {MEMBERS: keys}, outside=one.is_internal,
        views=views, holds="id",
    )  # fmt: skip


def _of_template(template: Template, store: OpenedStore) -> Gathering | None:
    """Return the file of a template, None where none of its reminders has files."""
    keys = tuple(one.identifier for one in template.reminders if one.files)
    if not keys:
        return None
    record = {
        "schema": SCHEMA,
        "source": _source(store, template.account),
        "account": dict(template.account.facts),
        "template": template.facts,
    }
    place = template_place(template.account.name, template.name)
    return Gathering(
        template.identifier, template.name, place, record, {WITH_FILES: keys}, holds="id"
    )


def _views(settings: RemindersSettings) -> tuple[str, ...]:
    return (CALENDAR, PAGE, *((TABLE,) if settings.csv else ()))


def _loose(store: OpenedStore, keys: tuple[str, ...], settings: RemindersSettings) -> Gathering:
    account = store.accounts[0]
    record = {
        "schema": SCHEMA,
        "source": _source(store, account),
        "account": dict(account.facts),
        "list": {"id": "", "name": LOOSE, "kind": "none", "group_path": []},
        "sections": [],
        "shows_deleted": settings.deleted,
    }
    key, place = f"{account.identifier}/loose", list_place(account.name, LOOSE)
    views = _views(settings)
    return Gathering(key, LOOSE, place, record, {MEMBERS: keys}, views=views, holds="id")


def _of_account(
    account: Account, lists: Sequence[ReminderList], templates: list[dict[str, Any]]
) -> Gathering:
    """Return an account's own file: its lists in order, and its templates."""
    listed = [
        {"id": one.identifier, "name": one.name, "kind": one.kind, **_path(one)} for one in lists
    ]
    record: dict[str, Any] = {"schema": SCHEMA, "account": dict(account.facts), "lists": listed}
    if templates:
        record["templates"] = templates
    title = component(account.name, "Reminders")
    return Gathering(
        f"{account.identifier}/lists", f"Lists of {title}", f"{title}/Lists", record, {}
    )


def _path(one: ReminderList) -> dict[str, Any]:
    return {"group_path": one.facts["group_path"]} if one.facts.get("group_path") else {}
