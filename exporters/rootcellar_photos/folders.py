"""Which files a library keeps for an asset. Every folder is listed once per run.

Photos names the files of an asset after its UUID: `originals/3/3DD2….heic`, `3DD2…_3.mov` beside
it, `resources/renders/3/3DD2…_1_201_a.jpeg`. Names are kept sorted, so that those of one asset
are found by bisection; their sizes and times are asked for one asset at a time.
"""

import os
import re
from bisect import bisect_left
from collections.abc import Iterator
from pathlib import Path
from stat import S_ISREG
from unicodedata import normalize

_IN_A_HOME = re.compile(r"/(?:Volumes/[^/]+/)?(?:Users|home)/[^/]+/(.+)", re.DOTALL)
Signature = tuple[int, int]
"""Size in bytes and modification time in nanoseconds."""


class Folders:
    """The folders of one library, listed when first asked for."""

    def __init__(self, library: Path, home: Path | None = None) -> None:
        """`home` is the home that the library was found in: a Mac's, or a copy of one."""
        self.library = library
        self.home = str(home) if home is not None else ""
        self._names: dict[str, list[str]] = {}
        self._odd: dict[str, list[tuple[str, str]]] = {}
        """Names that are not spelled as Photos spells a UUID, by folder: (one spelling, name)."""
        self.closed: set[str] = set()
        """Folders that are there and may not be listed: what is in them is not missing."""
        scopes = self.names("scopes")
        self.original_roots = [f"scopes/{name}/originals" for name in scopes]
        self.original_roots = [root for root in self.original_roots if self.names(root)]
        self.render_roots = ["resources/renders"]
        self.render_roots += [f"scopes/{name}/resources/renders" for name in scopes]
        self.render_roots = [root for root in self.render_roots if self.names(root)]
        self.shared_roots = [
            root
            for root in ("scopes/cloudsharing/data", "resources/cloudsharing/data")
            if self.names(root)
        ]
        self.preview_roots = [
            root
            for place in ("", *(f"scopes/{name}/" for name in scopes), "resources/cloudsharing/")
            for below in ("resources/derivatives", "resources/derivatives/masters")
            if self.names(root := place + below)
        ]

    def names(self, folder: str) -> list[str]:
        """Return the sorted names in a folder of the library; none when it cannot be listed."""
        names = self._names.get(folder)
        if names is None:
            try:
                names = sorted(os.listdir(self.library / folder))  # noqa: PTH208 - names, no Path each
            except (FileNotFoundError, NotADirectoryError):
                names = []
            except OSError:
                names = []
                self.closed.add(folder)
            self._names[folder] = names
            odd = [(spelling(name), name) for name in names if name[:36] != name[:36].upper()]
            if odd:
                self._odd[folder] = sorted(odd)
        return names

    def is_file(self, path: str) -> bool:
        """Return whether a path in the library is a plain file."""
        return os.path.isfile(self.library / path)  # noqa: PTH113 - unlike Path.is_file it never raises

    def outside(self, path: str, size: int | None = None) -> str:
        """Return where a file is that is kept outside the library: as it is written down, or here.

        A home that was copied may have another name and place; what lay in it lies in the copy.
        Without a file of that `size` (None: any) there, the path is as it is written down.
        """
        found = on_disk(path)
        match = _IN_A_HOME.fullmatch(found) if self.home else None
        if match and signature(found) is None:
            here = on_disk(f"{self.home}/{match[1]}")
            there = signature(here)
            if there is not None and size in (None, 0, there[0]):
                return here
        return found

    def starting_with(self, folder: str, stem: str) -> list[str]:
        """Return the names in a folder that are `stem` followed by `.` or `_` and more.

        A Mac takes names for equal that differ in case, or in how letters with marks are composed;
        a disk elsewhere does not, so those are looked for too.
        """
        names = self._names.get(folder)
        if names is None:
            names = self.names(folder)
        at = bisect_left(names, stem)
        found = []
        while at < len(names) and names[at].startswith(stem):
            if names[at][len(stem) : len(stem) + 1] in (".", "_"):
                found.append(names[at])
            at += 1
        if folder in self._odd:
            found += self._spelled_otherwise(folder, stem, found)
        return found

    def _spelled_otherwise(self, folder: str, stem: str, found: list[str]) -> list[str]:
        odd, wanted = self._odd[folder], spelling(stem)
        at = bisect_left(odd, (wanted, ""))
        more = []
        while at < len(odd) and odd[at][0].startswith(wanted):
            if odd[at][0][len(wanted) : len(wanted) + 1] in (".", "_") and odd[at][1] not in found:
                more.append(odd[at][1])
            at += 1
        return more


def listed(folders: Folders, root: str, levels: int) -> Iterator[tuple[str, list[str]]]:
    """Yield a folder of the library and those below it, each with the names that are no folders.

    Every file has an extension; what has none may be a folder.
    """
    names = [name for name in folders.names(root) if not name.startswith(".")]
    below = [name for name in names if "." not in name] if levels else []
    below = [name for name in below if folders.names(f"{root}/{name}")]
    yield root, [name for name in names if name not in below] if below else names
    for name in below:
        yield from listed(folders, f"{root}/{name}", levels - 1)


def spelling(name: str) -> str:
    """Return a name or path in the one spelling by which two are compared."""
    return normalize("NFC", name).casefold()


def on_disk(path: str) -> str:
    """Return a path as a disk elsewhere spells it, composed or not; itself when none is there."""
    if not path.isascii() and signature(path) is None:
        for form in ("NFC", "NFD"):
            other = normalize(form, path)
            if signature(other) is not None:
                return other
    return path


def signature(path: str) -> Signature | None:
    """Return size and time of a plain file; None when there is none at that path."""
    try:
        status = os.stat(path)  # noqa: PTH116 - called for every file of a library: Path costs twice
    except OSError:
        return None
    return (status.st_size, status.st_mtime_ns) if S_ISREG(status.st_mode) else None
