"""Checks of what a survey and a glance tell."""

from collections.abc import Mapping

from rootcellar.archive.names import portable_suffix
from rootcellar.exporter import Exporter
from rootcellar.items import (
    Glance,
    Notice,
    Sighting,
    Trouble,
    Unseen,
)
from rootcellar.sources.capture import Capture
from rootcellar.testing.requiring import check_said, require


def survey(exporter: Exporter, capture: Capture) -> dict[str, Sighting]:
    """Return what a survey sees, by key, each sighting checked."""
    seen: dict[str, Sighting] = {}
    for found in exporter.survey(capture):
        if isinstance(found, Trouble):
            check_said(found.reason, found.hint, f"The trouble {found.title!r}")
            continue
        if isinstance(found, Notice):
            require(bool(found.text.strip()), "A notice says nothing.")
            continue
        if isinstance(found, Unseen):
            continue
        _check_sighting(found)
        require(
            found.key not in seen,
            f"The key {found.key!r} comes twice; one of the two items would never be archived.",
        )
        seen[found.key] = found
    return seen


def _check_sighting(one: Sighting) -> None:
    require(
        isinstance(one.key, str) and bool(one.key.strip()),
        f"The item {one.title!r} has the key {one.key!r}; a key is Apple's own identifier.",
    )
    require(
        isinstance(one.fingerprint, str) and bool(one.fingerprint),
        f"{one.key} has no fingerprint: its changes would never be noticed.",
    )
    check_place(one.place, one.key)
    for suffix in one.suffixes:
        check_suffix(suffix, one.key)


def check_place(place: str, key: str) -> None:
    """Check that every part of a place is a name."""
    for component in place.split("/"):
        require(
            component.strip() not in ("", ".", ".."),
            f"The place {place!r} of {key} has the component {component!r}; each part of a place "
            "is a name.",
        )


def check_suffix(suffix: str, key: str) -> None:
    """Check that a suffix can end a file name."""
    require(
        suffix[:1] in (".", " ") and len(portable_suffix(suffix)) > 1,
        f"{key} has a file with the suffix {suffix!r}; a suffix starts with a dot or a space, "
        "and says something.",
    )


def check_agreement(first: dict[str, Sighting], second: dict[str, Sighting]) -> None:
    """Check that two surveys see the same."""
    for key in first.keys() | second.keys():
        require(
            first.get(key) == second.get(key),
            f"Two surveys disagree about {key}: {first.get(key)} and {second.get(key)}. Every "
            "run would take it for changed.",
        )


def check_glance(
    exporter: Exporter, capture: Capture, glance: Glance | None, surveyed: Mapping[str, Sighting]
) -> None:
    """Require that a glance repeats itself, and tells of all that a survey sees."""
    if glance is None:
        return
    again = exporter.glance(capture, "")
    require(
        again is not None and (again.items, again.pages) == (glance.items, glance.pages),
        "glance() differs between two calls: it would never tell that nothing changed.",
    )
    require(
        glance.items.keys() == surveyed.keys(),
        "glance() and survey() tell of different keys: a change could go unnoticed.",
    )
    some = frozenset(list(surveyed)[:1])
    found = [one for one in exporter.survey_some(capture, some) if isinstance(one, Sighting)]
    require(
        {one.key: one for one in found} == {key: surveyed[key] for key in some},
        "survey_some() sees other items than survey() does.",
    )


def agree(token: str | None, other: str | None) -> bool:
    """Return whether two tokens may be of one state; None says that it is too fresh to tell."""
    return token == other or token is None or other is None
