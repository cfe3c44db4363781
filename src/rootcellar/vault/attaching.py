"""Files of notes in a vault: copied once, into the folder of the vault's own setting."""

import hashlib
import posixpath
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from rootcellar.archive.disk import Disk, write_all
from rootcellar.archive.names import with_digest
from rootcellar.vault.journal import Attached, Journal, part_path
from rootcellar.vault.looking import Vault, attachment_folder, in_attachment_folder
from rootcellar.vault.placing import LENGTHS

FOLDER = "attachments"
"""Below the folder of the notes, when the vault has no setting of its own."""
FIRST_PART = 100_000
"""The numbers before are for pages."""


class Attachments:
    """The files of all notes; `staged` are parts with the paths they are to have.

    `absent` are the paths of files that the archive does not hold as its records say.
    """

    def __init__(self, vault: Vault, archive: Disk, journal: Journal, folder: str) -> None:
        self.vault = vault
        self.archive = archive
        self.journal = journal
        self.folder = folder
        self.setting = attachment_folder(vault.disk, posixpath.join(folder, FOLDER))
        self.staged: list[tuple[str, str]] = []
        self.absent: list[str] = []

    def of(
        self, key: str, page: str, files: Sequence[Mapping[str, Any]], *, copy: bool
    ) -> Iterator[dict[str, Any]]:
        """Yield a note's files with their paths in the vault, copied there if asked to `copy`."""
        for file in files:
            if not file.get("view"):
                path = self._attach(f"{key}/{file['role']}", page, file, copy=copy)
                if path:
                    yield {**file, "path": path}

    def _attach(self, key: str, page: str, file: Mapping[str, Any], *, copy: bool) -> str:
        known = self.journal.files.get(key)
        if known is not None and known.sha256 == file["sha256"] and self.vault.has(known.path):
            return known.path
        name = posixpath.basename(file["path"])
        path = self._free(in_attachment_folder(self.setting, page, name), file["sha256"])
        if not copy:
            return path
        if not self.vault.has(path) and not self._stage(file, path):
            return ""
        self.journal.files[key] = Attached(path, file["sha256"])
        return path

    def _free(self, wish: str, sha256: str) -> str:
        """Return a path that is free, or where these very bytes lie already."""
        stem, ending = posixpath.splitext(wish)
        for length in LENGTHS:
            path = f"{with_digest(stem, sha256, length) if length else stem}{ending}"
            there = self.vault.has(path) and self.vault.digest(path)
            if there == sha256 or not self.vault.is_taken(path):
                return path
        raise AssertionError(wish)  # 64 digits are the whole digest

    def _stage(self, file: Mapping[str, Any], path: str) -> bool:
        """Copy a file of the archive into a part; false when the archive does not hold it."""
        part = part_path(self.folder, FIRST_PART + len(self.staged))
        digest = hashlib.sha256()
        try:
            with self.archive.open(file["path"]) as reading, self.vault.disk.create(part) as out:
                while chunk := reading.read(1 << 20):
                    digest.update(chunk)
                    write_all(out, chunk)
        except FileNotFoundError:
            self.absent.append(file["path"])
            return False
        if digest.hexdigest() != file["sha256"]:
            self.vault.disk.unlink(part)
            self.absent.append(file["path"])
            return False
        self.staged.append((part, path))
        self.vault.add(path, digest.hexdigest())
        return True
