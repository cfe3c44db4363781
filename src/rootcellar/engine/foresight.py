"""Pages rendered where items are read: those that hang on nothing but the item's own record.

Where the files of an item, and pages it leads to, lie is settled while it is written. A page of
an item without either can be rendered before, in the process that reads ahead.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace

from rootcellar.items import Item, Record, View

Render = Callable[[str, Record, Iterable[dict[str, object]], str, Mapping[str, str]], bytes]
"""Renders (template, record, file entries, title, links) to bytes."""


@dataclass(frozen=True, slots=True)
class Foreseen(View):
    """A view that has been rendered already."""

    data: bytes = b""


def foresee(item: Item, render: Render) -> Item:
    """Return an item with its pages rendered, if they hang on its record alone."""
    pages = [file.content for file in item.files if isinstance(file.content, View)]
    if item.refers_to or not pages or len(pages) < len(item.files):
        return item
    try:
        files = tuple(
            replace(file, content=Foreseen(page.template, _rendered(page, item, render)))
            for file, page in zip(item.files, pages, strict=True)
        )
    except Exception:  # noqa: BLE001 - it fails again, and is told, where it is written
        return item
    return replace(item, files=files)


def _rendered(page: View, item: Item, render: Render) -> bytes:
    return render(page.template, item.record, [], item.sighting.title, {})
