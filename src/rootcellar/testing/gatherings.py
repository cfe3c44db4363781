"""Checks of what is made of many items."""

from collections.abc import Collection, Iterable, Iterator, Mapping

from rootcellar.errors import RootcellarError
from rootcellar.exporter import Exporter
from rootcellar.items import (
    Gathering,
    Item,
)
from rootcellar.testing.items import check_record, entries
from rootcellar.testing.requiring import require
from rootcellar.testing.sightings import check_place, check_suffix
from rootcellar.views import Views


def check_gatherings(
    gatherings: Iterable[Gathering], known: Collection[str]
) -> Iterator[Gathering]:
    """Yield gatherings, each checked against the keys that are `known`."""
    seen: set[str] = set()
    for one in gatherings:
        whose = f"the gathering {one.key or one.title!r}"
        require(bool(one.key), f"The gathering {one.title!r} has no key.")
        require(one.key not in seen, f"Two gatherings have the key {one.key}.")
        seen.add(one.key)
        check_place(one.place, whose)
        check_suffix(one.suffix, whose)
        check_record(one.record, whose)
        for name, keys in one.groups.items():
            for key in keys:
                require(
                    key in known,
                    f"{name!r} of {whose} names {key}, which the survey does not know.",
                )
        yield one


def check_list(
    exporter: Exporter, one: Gathering, known: Mapping[str, Item], views: Views
) -> None:
    """Check a gathering that holds its members' records, and that its pages can be rendered."""
    if not one.holds:
        return
    whose = f"the gathering {one.key or one.title!r}"
    members: list[dict[str, object]] = []
    for key in (key for keys in one.groups.values() for key in keys if key in known):
        record = known[key].record
        require(
            record.get(one.holds, key) == key,
            f"{one.holds!r} of the record of {key} is not its key, as {whose} says.",
        )
        files = [{**file, "href": file["path"]} for file in entries(exporter, known[key])]
        members.append({one.holds: key, **record, "files": files})
    for template in one.views:
        try:
            views.render(template, record=one.record, files=members, title=one.title, links={})
        except RootcellarError as error:
            raise AssertionError(
                f"The template {template} cannot be rendered for {whose}: {error}"
            ) from error
