"""Files that are in a folder already are taken into the archive instead of being copied.

A file is taken when it holds, byte for byte, what the source holds; its name and its place say
nothing. Where the source holds the bytes no more (they are only in iCloud), the list that the
other program kept has to vouch for a file: whose it is, that it was not altered, and that it has
not changed since; and it must have the size that the source says the bytes have.
"""

import os
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from rootcellar.archive.copying import FileUnreadable, sha256_of, signature
from rootcellar.archive.disk import Disk
from rootcellar.archive.names import fold, folder_of
from rootcellar.items import Absent, CopyOf, File, Item
from rootcellar.state.offers import Offer, Offers
from rootcellar.state.rows import StoredFile
from rootcellar.state.staging import Staging

CHANGED = "It changed while it was being looked at."
SECOND = 1_000_000_000


@dataclass(frozen=True, slots=True)
class Taken:
    """A file that is to be taken: where it lies, how large it is, its hash in hex.

    `source` is the signature of the source's own file; empty where there is none.
    """

    path: str
    size: int
    sha256: str
    source: str = ""


@dataclass
class Adoption:
    """What one folder offers to one run; `root` is the archive's folder.

    `folder` is the path of the folder relative to the root, empty when it is the root itself.
    `keys` are those of the items that the source has, as far as anything was sought for them.
    """

    root: Path
    folder: str
    offers: Offers
    sought: set[str] = field(default_factory=set)

    def find(
        self,
        item: Item,
        former: Sequence[StoredFile],
        staging: Staging,
        modified: dict[str, int],
    ) -> dict[str, Taken]:
        """Return, by role, the files to be taken for those of an item that are not in the archive.

        `former` are the files that are, `modified` the mtimes (ns) that files of the item get.
        """
        have = {file.role for file in former}
        found: dict[str, Taken] = {}
        self.sought.add(item.sighting.key)
        for file in sorted(item.files, key=lambda one: bool(one.stands_in_for)):
            if file.role in have or (file.stands_in_for and file.stands_in_for in found):
                continue
            taken = self._find(item.sighting.key, file, staging, modified.get(file.role, 0))
            if taken is not None:
                self.offers.taken(taken.path)
                found[file.role] = taken
        return found

    def _find(self, key: str, file: File, staging: Staging, modified: int) -> Taken | None:
        if isinstance(file.content, CopyOf):
            try:
                return self._same_content(key, file.content.path, staging)
            except FileUnreadable:
                return None  # the export meets it as well, and says so
        if isinstance(file.content, Absent) and file.content.size:
            return self._vouched_for(key, file, file.content.size, modified)
        return None

    def _same_content(self, key: str, source: Path, staging: Staging) -> Taken | None:
        now = signature(source)
        size = int(now.partition(":")[0])
        if not size or not self.offers.has_size(size):
            return None
        digest = staging.remembered_hash(str(source), now) or sha256_of(source)
        staging.remember_hash(str(source), now, digest)
        for offer in self.offers.unhashed(size):
            self.hash_of(offer)
        while (same := self.offers.of_content(key, size, digest)) is not None:
            if self._is_as_it_was(same):
                return Taken(same.path, size, digest, now)
        return None

    def _vouched_for(self, key: str, file: File, size: int, modified: int) -> Taken | None:
        for offer in self.offers.of_item(key, size):
            if (
                not offer.altered
                and _is_alike(offer.path, file.suffix)
                and self._is_as_listed(offer, modified)
            ):
                digest = offer.sha256 or self.hash_of(offer)
                if digest:
                    return Taken(offer.path, size, digest)
        return None

    def _is_as_listed(self, offer: Offer, modified: int) -> bool:
        """Return whether a file has the time that the list says.

        Or the time that it gets in the archive: a run that was cut off may have set it.
        """
        if offer.modified is None:
            return False
        as_listed = offer.mtime_ns // SECOND == offer.modified
        return as_listed or abs(offer.mtime_ns - modified) <= 2 * SECOND

    def hash_of(self, offer: Offer) -> str:
        """Hash an offered file once; empty, and offered no more, when that cannot be done."""
        try:
            digest = sha256_of(self.place_of(offer))
        except FileUnreadable as error:
            self.offers.hinder(offer.path, error.message)
            return ""
        if not self._is_as_it_was(offer):
            return ""
        self.offers.hashed(offer.path, digest)
        return digest

    def place_of(self, offer: Offer) -> Path:
        """Return where a file is, also while there is no archive yet."""
        return Path(os.path.normpath(self.root / offer.path))

    def _is_as_it_was(self, offer: Offer) -> bool:
        try:
            status = os.stat(self.place_of(offer), follow_symlinks=False)  # noqa: PTH116 - a link is none
        except OSError:
            status = None
        if status is not None and (status.st_size, status.st_mtime_ns, status.st_nlink) == (
            *(offer.size, offer.mtime_ns),
            1,
        ):
            return True
        self.offers.hinder(offer.path, CHANGED)
        return False

    def tidy(self, disk: Disk) -> None:
        """Remove the folders that nothing is left in; the folder itself stays."""
        for folder in sorted({folder_of(path) for path in self.offers.paths_taken()}):
            disk.drop_empty_folder(folder, self.folder)


def _is_alike(path: str, suffix: str) -> bool:
    """Return whether a file may be one of this suffix, by its extension."""
    there, wanted = (fold(Path(one).suffix) for one in (path, f"x{suffix}"))
    return _SAME.get(there, there) == _SAME.get(wanted, wanted)


_SAME = {".jpg": ".jpeg", ".tif": ".tiff", ".heif": ".heic"}
