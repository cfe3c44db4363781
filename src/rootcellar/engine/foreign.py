"""The files of a folder that another program has filled: which may be renamed into an archive.

Apple's libraries, other archives and hidden files are passed over; links and files that cannot
leave their place are offered with what hinders them.
"""

import os
import stat
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from rootcellar.archive.identity import is_litter
from rootcellar.archive.layout import IDENTITY, README, STATUS
from rootcellar.archive.names import is_text
from rootcellar.archive.renaming import may_rename
from rootcellar.sources.home import PACKAGES
from rootcellar.state.offers import Offer

LIBRARIES = frozenset({".photoslibrary", ".photolibrary"})
"""Photos' and iPhoto's packages: passed over even where nothing in them is recognised."""
LINK = "It is a link, and no file of its own."
SHARED = (
    "Other names lead to the same file (a hard link, perhaps into the Photos library), which must "
    "not be changed."
)
CLOSED = "Files may not be moved out of its folder, or the folder may not be opened."
LOCKED = "It is locked."
ELSEWHERE = "It lies on another drive than the archive."
UNSPEAKABLE = "Its name is no valid text."


def is_archive(folder: Path) -> bool:
    """Return whether a folder is an archive of rootcellar's."""
    return (folder / IDENTITY).is_file()


class ForeignFolder:
    """Walks a folder, whose files it names by their paths relative to the archive's root."""

    def __init__(
        self,
        folder: Path,
        archive: Path,
        stores: Sequence[Path],
        is_store: Callable[[Path], bool],
        is_ours: Callable[[str], bool],
    ) -> None:
        """Both paths are real ones; `is_ours` tells whether the archive knows a file of it."""
        self.folder = folder
        self.archive = archive
        self.stores = frozenset(stores)
        self.is_store = is_store
        self.is_ours = is_ours
        self.target = archive if archive.is_dir() else archive.parent

    def inside(self, path: str) -> str:
        """Return a path of the folder as one relative to the archive's root."""
        return os.path.relpath(self.folder / path, self.archive).replace(os.sep, "/")

    def offers(self) -> Iterator[Offer]:
        """Yield every file that may be one of somebody's, in the order of their paths."""
        yield from self._walk(self.folder)

    def _walk(self, folder: Path) -> Iterator[Offer]:
        try:
            with os.scandir(folder) as entries:
                found = sorted(entries, key=lambda entry: entry.name)
        except OSError:
            yield self._hindered(folder, CLOSED)
            return
        obstacle = self._obstacle(folder)
        for entry in found:
            if entry.name.startswith(".") or is_litter(entry.name):
                continue
            path = folder / entry.name
            if entry.is_dir(follow_symlinks=False):
                if not self._is_passed_over(path):
                    yield from self._walk(path)
            elif not self._is_own(path):
                yield self._offer(path, entry, obstacle)

    def _obstacle(self, folder: Path) -> str:
        """Return what hinders the files of a folder from leaving it."""
        if not os.access(folder, os.W_OK | os.X_OK):
            return CLOSED
        return "" if may_rename(folder, self.target) else ELSEWHERE

    def _is_passed_over(self, folder: Path) -> bool:
        suffix = folder.suffix.lower()
        return (
            folder in self.stores
            or suffix in PACKAGES
            or suffix in LIBRARIES
            or is_archive(folder)
            or self.is_store(folder)
        )

    def _is_own(self, path: Path) -> bool:
        if path.parent == self.archive and path.name in (README, STATUS):
            return True
        return self.archive in path.parents and self.is_ours(self._relative(path))

    def _offer(self, path: Path, entry: os.DirEntry[str], hinder: str) -> Offer:
        status = entry.stat(follow_symlinks=False)
        if not stat.S_ISREG(status.st_mode):
            return self._hindered(path, LINK)
        if status.st_nlink > 1:
            hinder = SHARED
        elif getattr(status, "st_flags", 0) & (stat.UF_IMMUTABLE | stat.SF_IMMUTABLE):
            hinder = LOCKED
        relative = self._relative(path)
        if not is_text(relative):
            return self._hindered(path, UNSPEAKABLE)
        return Offer(relative, status.st_size, status.st_mtime_ns, hinder)

    def _hindered(self, path: Path, obstacle: str) -> Offer:
        spoken = os.fsencode(self._relative(path)).decode("utf-8", "backslashreplace")
        return Offer(spoken, 0, 0, obstacle)

    def _relative(self, path: Path) -> str:
        return os.path.relpath(path, self.archive).replace(os.sep, "/")
