"""What can be done with an item where it is read: its record written down, some pages rendered.

Where the files of an item, and pages it leads to, lie is settled while it is written. A page of
an item without either can be rendered before, in the process that reads ahead.
"""

import pickle
from collections.abc import Callable, Iterable, Mapping

from msgspec.structs import replace

from rootcellar.canonical import Encoded, canonical_json
from rootcellar.items import File, Item, Record, View

Render = Callable[[str, Record, Iterable[dict[str, object]], str, Mapping[str, str]], bytes]
"""Renders (template, record, file entries, title, links) to bytes."""


class Foreseen(View, frozen=True):
    """A view that has been rendered already."""

    data: bytes = b""


def packed(render: Render | None) -> bytes:
    """Return what renders, on its way to another process; empty when it cannot go there."""
    try:
        return pickle.dumps(render)
    except Exception:  # noqa: BLE001 - an exporter that is installed may hold anything
        return b""


def unpacked(packed: bytes) -> Render | None:
    """Return what renders, if it can be had in this process, too."""
    try:
        render: Render | None = pickle.loads(packed)  # noqa: S301 - written by our own process
    except Exception:  # noqa: BLE001 - the same, or a class that only the other process knows
        return None
    return render


def encoded(item: Item) -> Item:
    """Return an item with its record as JSON, which travels faster than what it says."""
    try:
        return replace(item, record=Encoded(canonical_json(item.record)))
    except ValueError:  # it is told where it is written
        return item


def foresee(item: Item, render: Render) -> Item:
    """Return an item with its pages rendered, if they hang on its record alone."""
    pages = [file.content for file in item.files if isinstance(file.content, View)]
    if item.refers_to or not pages or len(pages) < len(item.files):
        return item
    title = item.sighting.title
    try:
        data = [render(page.template, item.record, [], title, {}) for page in pages]
    except Exception:  # noqa: BLE001 - it fails again, and is told, where it is written
        return item
    files = zip(item.files, pages, data, strict=True)
    return replace(item, files=tuple(_with(file, page, done) for file, page, done in files))


def _with(file: File, page: View, data: bytes) -> File:
    return replace(file, content=Foreseen(page.template, data))
