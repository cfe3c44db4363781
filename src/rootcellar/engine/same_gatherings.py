"""The same album is the same album: in a library that was rebuilt, all identifiers are new."""

from collections.abc import Callable, Iterable, Mapping

from rootcellar.items import Gathering
from rootcellar.state.rows import StoredDocument

Keys = Callable[[str], Iterable[str]]
"""Returns the keys of the items that a known gathering lists, as they are now."""


def same_gatherings(
    wanted: Mapping[str, Gathering], vanished: Mapping[str, StoredDocument], listed: Keys
) -> dict[str, str]:
    """Return the former keys of unknown gatherings, by their keys.

    One is the same as one that has vanished when it has the same place and they have a member in
    common. Items must have been matched before.
    """
    places = {known.place: key for key, known in sorted(vanished.items())}
    found = {}
    for key, gathering in wanted.items():
        former = places.get(gathering.place)
        if former is None:
            continue
        members = {one for keys in gathering.groups.values() for one in keys}
        if not members.isdisjoint(listed(former)):
            found[key] = former
            del places[gathering.place]
    return found
