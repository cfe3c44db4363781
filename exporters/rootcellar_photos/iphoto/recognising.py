"""Pictures of iPhoto that Photos has taken over: they are in its library, byte for byte.

Photos leaves the library that it came from where it was (`.migratedphotolibrary`), and shares the
files with it by hard links; a copied home has them twice. Files are the same when they are one, or
have one size and the same bytes at their beginning, in the middle and at the end.
"""

import os
import re
from collections.abc import Iterator, Sequence
from pathlib import Path

from rootcellar.api import Notice
from rootcellar_photos.iphoto.pictures import iphoto_scan
from rootcellar_photos.iphoto.store import IPhotoLibrary
from rootcellar_photos.naming import text_of
from rootcellar_photos.resources import Part

SAMPLE = 1 << 16
_UUID = re.compile(r"[0-9A-F]{8}(?:-[0-9A-F]{4}){3}-[0-9A-F]{12}(?=[._])")
_ROOTS = ("originals", "Masters", "resources/renders", "resources/media")
_ALL_SEEN = ""
"""Among the pictures of a library: that they were looked for."""


def recognise(library: IPhotoLibrary, others: Sequence[Path]) -> None:
    """Take down which pictures of a library of iPhoto are in one of these of Photos, too."""
    if _ALL_SEEN in library.same or not others:
        return
    library.same[_ALL_SEEN] = ""
    by_size: dict[int, list[str]] = {}
    for path in others:
        for file in _files(path):
            try:
                by_size.setdefault(os.stat(file).st_size, []).append(file)  # noqa: PTH116 - text paths throughout
            except OSError:
                continue
    for seen in iphoto_scan(library):
        files = [part for part in seen.parts if part.found and part.role != "preview"]
        twins = [_twin(part, by_size) for part in files]
        if files and all(twins):
            first = next(twin for part, twin in zip(files, twins, strict=True) if part is files[0])
            match = _UUID.match((first or "").rpartition("/")[2])
            library.same[seen.row.uuid] = match[0] if match else ""


def recognised(library: IPhotoLibrary, taken: int) -> Notice | None:
    """Return what is said of a library of which another one holds pictures; None when none does.

    `taken` is how many of its pictures are its own.
    """
    count = len(library.same) - (_ALL_SEEN in library.same)
    if not count:
        return None
    name = text_of(library.path.name)
    origin = (
        "what Photos left over when it took the library over"
        if library.is_left_over
        else "a library of iPhoto that Photos has taken over"
    )
    one = count == 1
    rest = f"; {taken:,} more are in it alone, and were taken" if taken else ""
    return Notice(
        f"{name} is {origin}: {count:,} of its pictures {'is' if one else 'are'}, byte for byte, "
        f"in a library of Photos, and {'was' if one else 'were'} not taken a second time{rest}."
    )


def _files(library: Path) -> Iterator[str]:
    for root in _ROOTS:
        for folder, _, names in os.walk(library / root):
            for name in names:
                if not name.startswith("."):
                    yield f"{folder}/{name}"


def _twin(part: Part, by_size: dict[int, list[str]]) -> str | None:
    """Return a file with the same bytes as one of iPhoto's, or None."""
    assert part.found is not None
    candidates = by_size.get(part.found[0], ())
    try:
        own = os.stat(part.path)  # noqa: PTH116 - text paths throughout
        for path in candidates:
            if os.path.samestat(own, os.stat(path)):  # noqa: PTH116
                return path
        sample = _sample(part.path, own.st_size)
        return next((path for path in candidates if _sample(path, own.st_size) == sample), None)
    except OSError:
        return None


def _sample(path: str, size: int) -> tuple[bytes, ...]:
    with Path(path).open("rb") as file:
        found = []
        for at in (0, size // 2, max(0, size - SAMPLE)):
            file.seek(at)
            found.append(file.read(SAMPLE))
    return tuple(found)
