"""The installed exporters, found by entry point; a broken one is reported and skipped."""

import contextlib
import dataclasses
import importlib.metadata
import sys
from collections.abc import Sequence
from dataclasses import dataclass

from rootcellar.exporter import Exporter, Store

GROUP = "rootcellar.exporters"


@dataclass(frozen=True, slots=True)
class BrokenPlugin:
    """An exporter that is installed and cannot be used, and why."""

    name: str
    distribution: str
    reason: str


@dataclass(frozen=True, slots=True)
class Installed:
    """The exporters that can be used, by name, and those that cannot."""

    exporters: tuple[Exporter, ...]
    broken: tuple[BrokenPlugin, ...]


def installed() -> Installed:
    """Return the installed exporters; nothing a plugin does can make this fail."""
    exporters: list[Exporter] = []
    broken: list[BrokenPlugin] = []
    points = importlib.metadata.entry_points(group=GROUP)
    # Our own first, so that a plugin can never take the place of a built-in exporter.
    for point in sorted(points, key=lambda one: (_distribution(one) != "rootcellar", one.name)):
        try:
            with contextlib.redirect_stdout(sys.stderr):  # stdout may be for one JSON document
                exporter = point.load()()
            if wrong := fault(exporter, point.name, exporters):
                broken.append(BrokenPlugin(point.name, _distribution(point), wrong))
            else:
                exporters.append(exporter)
        except (Exception, SystemExit) as error:  # noqa: BLE001 - a plugin may raise anything
            reason = f"{type(error).__name__}: {error}"
            broken.append(BrokenPlugin(point.name, _distribution(point), reason))
    exporters.sort(key=lambda one: one.name)
    return Installed(tuple(exporters), tuple(broken))


def names() -> frozenset[str]:
    """Return the names of all plugins that are installed, whole or broken; none is imported."""
    return frozenset(point.name for point in importlib.metadata.entry_points(group=GROUP))


def _distribution(point: importlib.metadata.EntryPoint) -> str:
    return point.dist.name if point.dist is not None else ""


def fault(exporter: object, name: str, others: Sequence[Exporter] = ()) -> str:
    """Return what is wrong with an exporter, or an empty string."""
    if not isinstance(exporter, Exporter):
        return "It is no subclass of rootcellar.api.Exporter."
    if getattr(exporter, "name", None) != name:
        return f"Its name is {getattr(exporter, 'name', None)!r}, its entry point says {name!r}."
    reads = getattr(exporter, "reads", ())
    if not (isinstance(reads, tuple) and reads and all(isinstance(one, Store) for one in reads)):
        return "It does not say what it reads (`reads`, a tuple of Store)."
    kind = exporter.settings
    if not dataclasses.is_dataclass(kind) or any(
        one.default is one.default_factory is dataclasses.MISSING
        for one in dataclasses.fields(kind)
    ):
        return "Its `settings` is no dataclass whose fields all have defaults."
    tops = {(other.title or other.name).casefold(): other.name for other in others}
    top = (exporter.title or exporter.name).casefold()
    if top in tops:
        return f"It wants the folder {exporter.title!r}, which the exporter {tops[top]} has."
    if any(other.name.casefold() == name.casefold() for other in others):
        return "Another exporter has this name."
    return ""
