"""Checks of items: their records, files and pages."""

import json
import pickle
from collections import Counter
from collections.abc import Collection, Iterator
from datetime import datetime
from typing import Any

from rootcellar.archive.names import fold, portable_suffix
from rootcellar.canonical import canonical_json
from rootcellar.errors import RootcellarError
from rootcellar.exporter import Exporter
from rootcellar.items import (
    Absent,
    Bytes,
    CopyOf,
    File,
    Item,
    Sighting,
    View,
)
from rootcellar.sources.capture import Capture
from rootcellar.testing.requiring import check_said, require
from rootcellar.testing.sightings import check_suffix
from rootcellar.views import Views


def read(exporter: Exporter, capture: Capture, seen: dict[str, Sighting]) -> list[Item]:
    """Return the items of all that was seen, read in two parts, in the order of the survey."""
    items: list[Item] = []
    for keys in (list(seen)[::2], list(seen)[1::2]):  # a run reads in slices, too
        part = list(exporter.read(capture, keys)) if keys else []
        _check_answer(keys, [item.sighting.key for item in part])
        items += part
    for item in items:
        key = item.sighting.key
        require(
            item.sighting == seen[key],
            f"read() and survey() disagree about {key}: {item.sighting} and {seen[key]}.",
        )
        if exporter.reads_aside:
            require(
                pickle.loads(pickle.dumps(item)) == item,  # noqa: S301 - our own pickle
                f"The item {key} does not survive pickling, as `reads_aside` needs.",
            )
    order = {key: number for number, key in enumerate(seen)}
    return sorted(items, key=lambda item: order[item.sighting.key])


def _check_answer(asked: Collection[str], answered: Collection[str]) -> None:
    for key, times in Counter(answered).items():
        require(key in asked, f"read() yields {key}, which was not asked for.")
        require(times == 1, f"read() yields {key} {times} times.")
    for key in asked:
        require(
            key in answered,
            f"read() leaves out {key}, which the survey saw: it is never archived.",
        )


def check_item(exporter: Exporter, item: Item, views: Views) -> None:
    """Check one item: its record, its files, its pages."""
    key = item.sighting.key
    check_record(item.record, key)
    _check_names(item)
    for file in item.files:
        whose = f"The file {file.role!r} of {key}"
        require(
            file.modified is None or _is_aware(file.modified),
            f"{whose} was modified at {file.modified}: in which time zone?",
        )
        _check_content(file.content, whose)
        if isinstance(file.content, View):
            _check_view(exporter, item, file.content, views)


def _check_names(item: Item) -> None:
    key = item.sighting.key
    roles = [file.role for file in item.files]
    require(all(roles), f"A file of {key} has no role; by its role it is known over time.")
    require(
        len(set(roles)) == len(roles),
        f"Two files of {key} have the same role, in {roles}: by its role a file is known.",
    )
    suffixes: dict[str, str] = {}
    for file in item.files:
        check_suffix(file.suffix, key)
        other = suffixes.setdefault(fold(portable_suffix(file.suffix)), file.suffix)
        require(
            other is file.suffix,
            f"Two files of {key} end in {other!r} and {file.suffix!r}; on many drives those are "
            "the same name.",
        )
        require(
            not item.sighting.suffixes or file.suffix in item.sighting.suffixes,
            f"{key} has a file ending in {file.suffix!r}, which its sighting does not list in "
            f"`suffixes` ({', '.join(map(repr, item.sighting.suffixes))}).",
        )
        require(
            not file.stands_in_for or file.stands_in_for in set(roles) - {file.role},
            f"The file {file.role!r} of {key} stands in for {file.stands_in_for!r}, which is no "
            "other file of it.",
        )


def _is_aware(moment: datetime) -> bool:
    return moment.utcoffset() is not None


def check_record(record: Any, whose: str) -> None:
    """Check that a record is plain JSON."""
    try:
        again = json.loads(canonical_json(record))
    except (TypeError, ValueError) as error:
        raise AssertionError(f"The record of {whose} is no plain JSON: {error}.") from error
    require(
        isinstance(record, dict) and again == record,
        f"The record of {whose} is no plain JSON: read back, it is another ({again!r}). Use "
        "dicts with text keys, lists, texts, numbers, true, false and None.",
    )


def _check_content(content: Any, whose: str) -> None:
    if isinstance(content, CopyOf):
        require(content.path.is_file(), f"{whose} is a copy of {content.path}: no such file.")
    elif isinstance(content, Bytes):
        require(isinstance(content.data, bytes), f"{whose} is {content.data!r}, not bytes.")
    elif isinstance(content, Absent):
        check_said(content.reason, content.hint, whose)
        for path in content.awaits:
            require(
                not path.exists(),
                f"{whose} is absent and awaits {path}, which is there: no run would be idle.",
            )
    else:
        require(isinstance(content, View), f"{whose} is {content!r}, which is no content.")


def _check_view(exporter: Exporter, item: Item, view: View, views: Views) -> None:
    key = item.sighting.key
    require(
        view.template.startswith(f"{exporter.name}/"),
        f"{key} has a page made with {view.template}, which does not lie below "
        f"{exporter.name}/: a change of the template would not be noticed.",
    )
    files = list(entries(exporter, item))
    try:
        views.render(
            view.template, record=item.record, files=files, title=item.sighting.title, links={}
        )
    except RootcellarError as error:
        raise AssertionError(
            f"The template {view.template} cannot be rendered for {key}: {error}"
        ) from error


def entries(exporter: Exporter, item: Item) -> Iterator[dict[str, object]]:
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
