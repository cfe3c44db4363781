"""The contract of an exporter, as one check: for our own tests and for plugin authors."""

import contextlib
import json
import math
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from rootcellar.archive.names import fold
from rootcellar.exporter import Exporter
from rootcellar.items import Absent, CopyOf, File, Item, Sighting, Trouble, View
from rootcellar.sources.capture import Capture
from rootcellar.sources.home import HomeFolder
from rootcellar.views import Views


def check_exporter(exporter: Exporter, home: Path, settings: Any = None) -> list[Item]:
    """Let an exporter look at a home twice, and return its items when it keeps the contract.

    Raises AssertionError with a sentence that says what is wrong, and with which item.
    """
    before = _listing(home)
    with _looked_at(exporter, home, settings) as capture:
        sightings = _sightings(exporter, capture)
        items = list(exporter.read(capture, list(sightings)))
        _check_gatherings(exporter, capture, set(sightings))
    with _looked_at(exporter, home, settings) as capture:
        again = _sightings(exporter, capture)
        _require(sightings == again, "two looks at the same source see different things")
    _require(_listing(home) == before, "the exporter has changed the source")
    _check_agreement(sightings, items)
    views = Views(None, (exporter,))
    for item in items:
        _check_item(item, views)
    return items


@contextlib.contextmanager
def _looked_at(exporter: Exporter, home: Path, settings: Any) -> Iterator[Capture]:
    found = HomeFolder(home).stores(exporter.reads)
    _require(bool(found.stores), f"there is no store of {exporter.name} in {home}")
    with tempfile.TemporaryDirectory() as scratch:
        given = exporter.settings() if settings is None else settings
        yield Capture(home, found.stores, Path(scratch), given)


def _sightings(exporter: Exporter, capture: Capture) -> dict[str, Sighting]:
    seen: dict[str, Sighting] = {}
    for found in exporter.survey(capture):
        if isinstance(found, Trouble):
            continue
        _require(bool(found.key), "an item has an empty key")
        _require(found.key not in seen, f"the key {found.key} is yielded twice")
        _check_place(found)
        seen[found.key] = found
    return seen


def _check_place(sighting: Sighting) -> None:
    components = sighting.place.split("/")
    good = all(one.strip() and one not in (".", "..") for one in components)
    _require(good, f"the place {sighting.place!r} of {sighting.key} has an empty component")


def _check_agreement(sightings: dict[str, Sighting], items: list[Item]) -> None:
    read = {item.sighting.key: item.sighting for item in items}
    _require(len(read) == len(items), "an item is read twice")
    _require(set(read) == set(sightings), "read() does not yield what survey() has seen")
    for key, sighting in read.items():
        _require(sighting == sightings[key], f"survey() and read() disagree about {key}")


def _check_item(item: Item, views: Views) -> None:
    key = item.sighting.key
    _check_record(key, item)
    suffixes = [fold(file.suffix) for file in item.files]
    _require(len(set(suffixes)) == len(suffixes), f"two files of {key} have the same suffix")
    roles = [file.role for file in item.files]
    _require(len(set(roles)) == len(roles), f"two files of {key} have the same role")
    for file in item.files:
        _check_file(key, item, file, views)


def _check_record(key: str, item: Item) -> None:
    try:
        text = json.dumps(item.record, allow_nan=False)
    except (TypeError, ValueError) as error:
        raise AssertionError(f"the record of {key} is no plain JSON: {error}") from error
    _require(_plain(json.loads(text), item.record), f"the record of {key} is no plain JSON")


def _plain(loaded: Any, given: Any) -> bool:
    """Return whether a value is the same after a way through JSON; tuples count as lists."""
    if isinstance(loaded, dict):
        return loaded.keys() == given.keys() and all(_plain(loaded[k], given[k]) for k in loaded)
    if isinstance(loaded, list):
        return len(loaded) == len(given) and all(map(_plain, loaded, given))
    if isinstance(loaded, float):
        return math.isclose(loaded, given)
    return bool(loaded == given)


def _check_file(key: str, item: Item, file: File, views: Views) -> None:
    name = f"the file {file.role} of {key}"
    _require(file.suffix[:1] in (".", " "), f"the suffix of {name} begins with no dot or space")
    if item.sighting.suffixes:
        said = file.suffix in item.sighting.suffixes
        _require(said, f"the suffix of {name} is not among those of the sighting")
    if file.modified is not None:
        _require(file.modified.tzinfo is not None, f"the time of {name} has no zone")
    if isinstance(file.content, CopyOf):
        _require(file.content.path.exists(), f"{name} is not there: {file.content.path}")
    if isinstance(file.content, Absent):
        good = bool(file.content.reason and file.content.hint)
        _require(good, f"{name} is absent without a reason and a hint")
    if isinstance(file.content, View):
        views.render(file.content.template, record=item.record, files=[], title=key)


def _check_gatherings(exporter: Exporter, capture: Capture, keys: set[str]) -> None:
    seen: set[str] = set()
    for gathering in exporter.gatherings(capture):
        _require(gathering.key not in seen, f"the gathering {gathering.key} is yielded twice")
        seen.add(gathering.key)
        for members in gathering.groups.values():
            strangers = set(members) - keys
            _require(
                not strangers, f"{gathering.key} has unknown members: {sorted(strangers)[:3]}"
            )


def _listing(home: Path) -> dict[str, tuple[int, int]]:
    found = {}
    for path in home.rglob("*"):
        status = path.lstat()
        found[str(path)] = (status.st_size, status.st_mtime_ns)
    return found


def _require(holds: bool, sentence: str) -> None:
    if not holds:
        raise AssertionError(sentence)
