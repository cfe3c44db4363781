"""The home that an exporter is checked on, which it may not change."""

import os
import tempfile
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

from rootcellar.exporter import Exporter
from rootcellar.sources.capture import Capture, FoundStore
from rootcellar.sources.home import HomeFolder
from rootcellar.testing.requiring import require


def stores_of(exporter: Exporter, home: Path, settings: object) -> tuple[FoundStore, ...]:
    """Return the exporter's stores in this home."""
    found = HomeFolder(home).stores(exporter.reads, getattr(settings, "libraries", ()))
    places = ", ".join(str(home / store.home) for store in exporter.reads)
    require(bool(found.stores), f"There is nothing to read in this home (looked in {places}).")
    return found.stores


@contextmanager
def capture_of(home: Path, stores: tuple[FoundStore, ...], settings: object) -> Iterator[Capture]:
    """Give a capture of some stores, with scratch of its own."""
    with tempfile.TemporaryDirectory(prefix="rootcellar-check-") as scratch:
        yield Capture(home, stores, Path(scratch), settings)


def look(folders: Iterable[Path]) -> dict[str, tuple[int, ...]]:
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


def check_untouched(before: dict[str, tuple[int, ...]], after: dict[str, tuple[int, ...]]) -> None:
    """Check that two looks saw the same."""
    differing = sorted(
        path for path in before.keys() | after.keys() if before.get(path) != after.get(path)
    )
    require(
        not differing,
        f"The exporter changed the source: {', '.join(differing[:5])}. Apple's data is never "
        "written to; copies belong in capture.scratch, databases in capture.database().",
    )
