"""check_exporter(): the contract between an exporter and the core, for us and for plugin authors.

It reads a home with an exporter as a run does, and checks all that the core relies on. It writes
nothing but scratch in a temporary folder.
"""

import json
import os
import pickle
import tempfile
from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import Any

from rootcellar import plugins
from rootcellar.archive.names import fold, portable_suffix
from rootcellar.canonical import canonical_json
from rootcellar.errors import RootcellarError
from rootcellar.exporter import Exporter
from rootcellar.items import (
    Absent,
    Bytes,
    CopyOf,
    File,
    Gathering,
    Glance,
    Item,
    Notice,
    Sighting,
    Trouble,
    Unseen,
    View,
)
from rootcellar.sources.capture import Capture, FoundStore
from rootcellar.sources.home import HomeFolder
from rootcellar.views import Views


def check_exporter(exporter: Exporter, home: Path, settings: object = None) -> list[Item]:
    """Check that an exporter keeps its promises on a home, and return the items it yields.

    `settings` is an instance of the exporter's settings class; None means its defaults. Raises
    AssertionError with a sentence that says what is wrong, and why it matters.
    """
    name = getattr(exporter, "name", "")
    _require(bool(name), f"{type(exporter).__name__} has no name; people type it.")
    wrong = plugins.fault(exporter, name)
    _require(not wrong, f"{name} would be refused as an exporter: {wrong}")
    chosen = exporter.settings() if settings is None else settings
    stores = _stores(exporter, home, chosen)
    watched = [home, *(one.path for one in stores)]
    before = _look(watched)
    with _capture(home, stores, chosen) as capture:
        first = _survey(exporter, capture)
        token, glance = exporter.token(capture), exporter.glance(capture, "")
    with _capture(home, stores, chosen) as capture:
        _require(
            _agree(exporter.token(capture), token),
            "token() differs between two calls: every run would look at everything.",
        )
        _check_glance(exporter, capture, glance, first)
        _check_agreement(first, _survey(exporter, capture))
        items = _read(exporter, capture, first)
        views = Views(None, (exporter,))
        for item in items:
            _check_item(exporter, item, views)
        known = {item.sighting.key: item for item in items}
        for gathering in _check_gatherings(exporter.gatherings(capture), first):
            _check_list(exporter, gathering, known, views)
    _check_untouched(before, _look(watched))
    return items


def _check_glance(
    exporter: Exporter, capture: Capture, glance: Glance | None, surveyed: Mapping[str, Sighting]
) -> None:
    """Require that a glance repeats itself, and tells of all that a survey sees."""
    if glance is None:
        return
    again = exporter.glance(capture, "")
    _require(
        again is not None and (again.items, again.pages) == (glance.items, glance.pages),
        "glance() differs between two calls: it would never tell that nothing changed.",
    )
    _require(
        glance.items.keys() == surveyed.keys(),
        "glance() and survey() tell of different keys: a change could go unnoticed.",
    )
    some = frozenset(list(surveyed)[:1])
    found = [one for one in exporter.survey_some(capture, some) if isinstance(one, Sighting)]
    _require(
        {one.key: one for one in found} == {key: surveyed[key] for key in some},
        "survey_some() sees other items than survey() does.",
    )


def _agree(token: str | None, other: str | None) -> bool:
    """Return whether two tokens may be of one state; None says that it is too fresh to tell."""
    return token == other or token is None or other is None


# -- the home ----------------------------------------------------------------------------------


def _stores(exporter: Exporter, home: Path, settings: object) -> tuple[FoundStore, ...]:
    found = HomeFolder(home).stores(exporter.reads, getattr(settings, "libraries", ()))
    places = ", ".join(str(home / store.home) for store in exporter.reads)
    _require(bool(found.stores), f"There is nothing to read in this home (looked in {places}).")
    return found.stores


@contextmanager
def _capture(home: Path, stores: tuple[FoundStore, ...], settings: object) -> Iterator[Capture]:
    with tempfile.TemporaryDirectory(prefix="rootcellar-check-") as scratch:
        yield Capture(home, stores, Path(scratch), settings)


def _look(folders: Iterable[Path]) -> dict[str, tuple[int, ...]]:
    """Return what a stat tells of everything below some folders; links are not followed."""
    seen: dict[str, tuple[int, ...]] = {}
    for top in folders:
        seen[str(top)] = _stat(str(top))
        for folder, folders_inside, files in os.walk(top):
            for entry in (*folders_inside, *files):
                path = os.path.join(folder, entry)  # noqa: PTH118 - text is faster here
                seen[path] = _stat(path)
    return seen


def _stat(path: str) -> tuple[int, ...]:
    status = os.lstat(path)
    return status.st_mode, status.st_size, status.st_mtime_ns, status.st_ino


def _check_untouched(
    before: dict[str, tuple[int, ...]], after: dict[str, tuple[int, ...]]
) -> None:
    differing = sorted(
        path for path in before.keys() | after.keys() if before.get(path) != after.get(path)
    )
    _require(
        not differing,
        f"The exporter changed the source: {', '.join(differing[:5])}. Apple's data is never "
        "written to; copies belong in capture.scratch, databases in capture.database().",
    )


# -- sightings ---------------------------------------------------------------------------------


def _survey(exporter: Exporter, capture: Capture) -> dict[str, Sighting]:
    seen: dict[str, Sighting] = {}
    for found in exporter.survey(capture):
        if isinstance(found, Trouble):
            _check_said(found.reason, found.hint, f"The trouble {found.title!r}")
            continue
        if isinstance(found, Notice):
            _require(bool(found.text.strip()), "A notice says nothing.")
            continue
        if isinstance(found, Unseen):
            continue
        _check_sighting(found)
        _require(
            found.key not in seen,
            f"The key {found.key!r} comes twice; one of the two items would never be archived.",
        )
        seen[found.key] = found
    return seen


def _check_sighting(one: Sighting) -> None:
    _require(
        isinstance(one.key, str) and bool(one.key.strip()),
        f"The item {one.title!r} has the key {one.key!r}; a key is Apple's own identifier.",
    )
    _require(
        isinstance(one.fingerprint, str) and bool(one.fingerprint),
        f"{one.key} has no fingerprint: its changes would never be noticed.",
    )
    _check_place(one.place, one.key)
    for suffix in one.suffixes:
        _check_suffix(suffix, one.key)


def _check_place(place: str, key: str) -> None:
    for component in place.split("/"):
        _require(
            component.strip() not in ("", ".", ".."),
            f"The place {place!r} of {key} has the component {component!r}; each part of a place "
            "is a name.",
        )


def _check_suffix(suffix: str, key: str) -> None:
    _require(
        suffix[:1] in (".", " ") and len(portable_suffix(suffix)) > 1,
        f"{key} has a file with the suffix {suffix!r}; a suffix starts with a dot or a space, "
        "and says something.",
    )


def _check_agreement(first: dict[str, Sighting], second: dict[str, Sighting]) -> None:
    for key in first.keys() | second.keys():
        _require(
            first.get(key) == second.get(key),
            f"Two surveys disagree about {key}: {first.get(key)} and {second.get(key)}. Every "
            "run would take it for changed.",
        )


# -- items -------------------------------------------------------------------------------------


def _read(exporter: Exporter, capture: Capture, seen: dict[str, Sighting]) -> list[Item]:
    items: list[Item] = []
    for keys in (list(seen)[::2], list(seen)[1::2]):  # a run reads in slices, too
        part = list(exporter.read(capture, keys)) if keys else []
        _check_answer(keys, [item.sighting.key for item in part])
        items += part
    for item in items:
        key = item.sighting.key
        _require(
            item.sighting == seen[key],
            f"read() and survey() disagree about {key}: {item.sighting} and {seen[key]}.",
        )
        if exporter.reads_aside:
            _require(
                pickle.loads(pickle.dumps(item)) == item,  # noqa: S301 - our own pickle
                f"The item {key} does not survive pickling, as `reads_aside` needs.",
            )
    order = {key: number for number, key in enumerate(seen)}
    return sorted(items, key=lambda item: order[item.sighting.key])


def _check_answer(asked: Collection[str], answered: Collection[str]) -> None:
    for key, times in Counter(answered).items():
        _require(key in asked, f"read() yields {key}, which was not asked for.")
        _require(times == 1, f"read() yields {key} {times} times.")
    for key in asked:
        _require(
            key in answered,
            f"read() leaves out {key}, which the survey saw: it is never archived.",
        )


def _check_item(exporter: Exporter, item: Item, views: Views) -> None:
    key = item.sighting.key
    _check_record(item.record, key)
    _check_names(item)
    for file in item.files:
        whose = f"The file {file.role!r} of {key}"
        _require(
            file.modified is None or _is_aware(file.modified),
            f"{whose} was modified at {file.modified}: in which time zone?",
        )
        _check_content(file.content, whose)
        if isinstance(file.content, View):
            _check_view(exporter, item, file.content, views)


def _check_names(item: Item) -> None:
    key = item.sighting.key
    roles = [file.role for file in item.files]
    _require(all(roles), f"A file of {key} has no role; by its role it is known over time.")
    _require(
        len(set(roles)) == len(roles),
        f"Two files of {key} have the same role, in {roles}: by its role a file is known.",
    )
    suffixes: dict[str, str] = {}
    for file in item.files:
        _check_suffix(file.suffix, key)
        other = suffixes.setdefault(fold(portable_suffix(file.suffix)), file.suffix)
        _require(
            other is file.suffix,
            f"Two files of {key} end in {other!r} and {file.suffix!r}; on many drives those are "
            "the same name.",
        )
        _require(
            not item.sighting.suffixes or file.suffix in item.sighting.suffixes,
            f"{key} has a file ending in {file.suffix!r}, which its sighting does not list in "
            f"`suffixes` ({', '.join(map(repr, item.sighting.suffixes))}).",
        )
        _require(
            not file.stands_in_for or file.stands_in_for in set(roles) - {file.role},
            f"The file {file.role!r} of {key} stands in for {file.stands_in_for!r}, which is no "
            "other file of it.",
        )


def _is_aware(moment: datetime) -> bool:
    return moment.utcoffset() is not None


def _check_record(record: Any, whose: str) -> None:
    try:
        again = json.loads(canonical_json(record))
    except (TypeError, ValueError) as error:
        raise AssertionError(f"The record of {whose} is no plain JSON: {error}.") from error
    _require(
        isinstance(record, dict) and again == record,
        f"The record of {whose} is no plain JSON: read back, it is another ({again!r}). Use "
        "dicts with text keys, lists, texts, numbers, true, false and None.",
    )


def _check_content(content: Any, whose: str) -> None:
    if isinstance(content, CopyOf):
        _require(content.path.is_file(), f"{whose} is a copy of {content.path}: no such file.")
    elif isinstance(content, Bytes):
        _require(isinstance(content.data, bytes), f"{whose} is {content.data!r}, not bytes.")
    elif isinstance(content, Absent):
        _check_said(content.reason, content.hint, whose)
        for path in content.awaits:
            _require(
                not path.exists(),
                f"{whose} is absent and awaits {path}, which is there: no run would be idle.",
            )
    else:
        _require(isinstance(content, View), f"{whose} is {content!r}, which is no content.")


def _check_said(reason: str, hint: str, what: str) -> None:
    _require(bool(reason.strip()), f"{what} is missing without a reason; people must know why.")
    _require(bool(hint.strip()), f"{what} is missing without a hint; say what to do next.")


def _check_view(exporter: Exporter, item: Item, view: View, views: Views) -> None:
    key = item.sighting.key
    _require(
        view.template.startswith(f"{exporter.name}/"),
        f"{key} has a page made with {view.template}, which does not lie below "
        f"{exporter.name}/: a change of the template would not be noticed.",
    )
    entries = list(_entries(exporter, item))
    try:
        views.render(
            view.template, record=item.record, files=entries, title=item.sighting.title, links={}
        )
    except RootcellarError as error:
        raise AssertionError(
            f"The template {view.template} cannot be rendered for {key}: {error}"
        ) from error


def _entries(exporter: Exporter, item: Item) -> Iterator[dict[str, object]]:
    """Yield the files of an item as a template gets them, sizes and hashes made up."""
    top = exporter.title or exporter.name
    for file in item.files:
        if not isinstance(file.content, View | Absent):
            path = f"{top}/{item.sighting.place}{file.suffix}"
            yield {"path": path, "role": file.role, "size": _size(file), "sha256": "0" * 64}


def _size(file: File) -> int:
    if isinstance(file.content, CopyOf):
        return file.content.path.stat().st_size
    return len(file.content.data) if isinstance(file.content, Bytes) else 0


# -- gatherings --------------------------------------------------------------------------------


def _check_gatherings(
    gatherings: Iterable[Gathering], known: Collection[str]
) -> Iterator[Gathering]:
    seen: set[str] = set()
    for one in gatherings:
        whose = f"the gathering {one.key or one.title!r}"
        _require(bool(one.key), f"The gathering {one.title!r} has no key.")
        _require(one.key not in seen, f"Two gatherings have the key {one.key}.")
        seen.add(one.key)
        _check_place(one.place, whose)
        _check_suffix(one.suffix, whose)
        _check_record(one.record, whose)
        for name, keys in one.groups.items():
            for key in keys:
                _require(
                    key in known,
                    f"{name!r} of {whose} names {key}, which the survey does not know.",
                )
        yield one


def _check_list(
    exporter: Exporter, one: Gathering, known: Mapping[str, Item], views: Views
) -> None:
    """Check a gathering that holds its members' records, and that its pages can be rendered."""
    if not one.holds:
        return
    whose = f"the gathering {one.key or one.title!r}"
    members: list[dict[str, object]] = []
    for key in (key for keys in one.groups.values() for key in keys if key in known):
        record = known[key].record
        _require(
            record.get(one.holds, key) == key,
            f"{one.holds!r} of the record of {key} is not its key, as {whose} says.",
        )
        files = [{**file, "href": file["path"]} for file in _entries(exporter, known[key])]
        members.append({one.holds: key, **record, "files": files})
    for template in one.views:
        try:
            views.render(template, record=one.record, files=members, title=one.title, links={})
        except RootcellarError as error:
            raise AssertionError(
                f"The template {template} cannot be rendered for {whose}: {error}"
            ) from error


def _require(holds: bool, otherwise: str) -> None:
    """Raise AssertionError; unlike `assert` also where Python runs with -O."""
    if not holds:
        raise AssertionError(otherwise)
