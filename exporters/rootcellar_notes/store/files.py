"""Where on disk the files of attachments lie, in the layouts of all systems.

Every account has folders `Media`, `FallbackImages`, `FallbackPDFs` and `Previews` below
`Accounts/<its identifier>`; older systems had them at the top of the container. Since macOS 14 and
iOS 17 there is one more level, named for the version ("generation") of the file.
"""

import os
from collections.abc import Iterator, Sequence
from enum import StrEnum
from pathlib import Path
from typing import NamedTuple

from rootcellar_notes.store.attachments import Attachment

IMAGES = (".png", ".jpeg", ".jpg")
"""What the picture of a drawing may be."""
PREVIEWS = ("OrientedPreview", "Preview")
LOCKED = ".encrypted"
"""How the names of pictures end that Notes made of parts of a locked note."""


class Part(StrEnum):
    """Which file of an attachment: what was added to the note, or what Notes made of it."""

    ORIGINAL = "original"
    PREVIEW = "preview"


class Place(NamedTuple):
    """Where a file was found, "" for nowhere, and where it would be."""

    path: str
    expected: tuple[str, ...]


class Files:
    """The files of one container; it is only ever looked at."""

    def __init__(self, container: Path, accounts: Sequence[str]) -> None:
        """`accounts` are identifiers; each may have a folder of its own."""
        self.container = str(container)
        self.folders = {
            name: f"{self.container}/Accounts/{name}" for name in accounts if _is_name(name)
        }

    def original(self, one: Attachment, account: str, *, locked: bool = False) -> Place:
        """Return where the file is that was added to a note; if locked, it is named by itself."""
        name = one.media if locked else one.file_name
        if not (_is_name(one.media) and _is_name(name)):
            return Place("", ())
        folders = [f"{base}/Media/{one.media}" for base in self._bases(account)]
        level = f"{one.generation}/" if _is_name(one.generation) else ""
        expected = [f"{folder}/{level}{name}" for folder in folders]
        found = self._found(expected)
        return found if found.path else Place(self._lone(folders, level), found.expected)

    def _lone(self, folders: list[str], level: str) -> str:
        """Return the file in a medium's folder whose name the store does not tell as it is.

        A copy may spell it in another Unicode form, and a store that was taken over from an
        older system may name no generation where there is one, or one where there is none.
        """
        for folder in folders:
            for place in (f"{folder}/{level}", folder) if level else (folder,):
                if found := _only_file(place, deeper=not level):
                    return found
        return ""

    def preview(self, one: Attachment, account: str, *, locked: bool = False) -> Place:
        """Return where the picture or PDF is that Notes made of a drawing, a scan or a page."""
        expected: list[str] = []
        for base in self._bases(account) if _is_name(one.identifier) else ():
            if one.is_drawing:
                expected += self._drawing(base, one)
            elif one.is_paper_document:
                expected += _generations(
                    f"{base}/FallbackPDFs/{one.identifier}", one.pdf_generation, "FallbackPDF.pdf"
                )
                expected.append(f"{base}/FallbackPDFs/{one.identifier}.pdf")
            elif one.parent:
                expected += self._page(base, one)
        return self._found([f"{path}{LOCKED}" for path in expected] if locked else expected)

    def _drawing(self, base: str, one: Attachment) -> Iterator[str]:
        folder = f"{base}/FallbackImages/{one.identifier}"
        for ending in IMAGES:
            yield from _generations(folder, one.image_generation, f"FallbackImage{ending}")
        yield from (f"{folder}{ending}" for ending in (".jpg", ".png", ".jpeg"))

    def _page(self, base: str, one: Attachment) -> Iterator[str]:
        """Yield where the straightened picture of a scanned page may be, the largest first."""
        largest = sorted(
            one.previews, key=lambda found: (found.is_dark, -found.width * found.height)
        )
        for found in largest:
            if not _is_name(found.identifier):
                continue
            folder = f"{base}/Previews/{found.identifier}"
            for name in PREVIEWS:
                for ending in (".jpeg", ".png", ".jpg"):
                    yield from _generations(folder, found.generation, f"{name}{ending}")
            yield from (f"{folder}{ending}" for ending in (".jpeg", ".png", ".jpg"))

    def _bases(self, account: str) -> Iterator[str]:
        """Yield the folders to look in: the account's own, then where older systems had them."""
        if account in self.folders:
            yield self.folders[account]
        yield self.container
        yield from (folder for name, folder in self.folders.items() if name != account)

    def _found(self, expected: list[str]) -> Place:
        """Return the first that is there; identifiers are unique, so no other's file is taken."""
        for path in expected:
            if os.path.isfile(path):  # noqa: PTH113 - text is faster here, and it never raises
                return Place(path, ())
        return Place("", tuple(expected[:4]))


def _only_file(folder: str, *, deeper: bool) -> str:
    """Return the only file of a folder (if `deeper`: or of its newest folder); else ""."""
    try:
        with os.scandir(folder) as entries:
            inside = [one for one in entries if not one.name.startswith(".")]
            files = [one.path for one in inside if one.is_file()]
            if len(files) == 1:
                return files[0]
            if files or not deeper:
                return ""
            newer = sorted((one.stat().st_mtime_ns, one.path) for one in inside if one.is_dir())
    except OSError:
        return ""
    return _only_file(newer[-1][1], deeper=False) if newer else ""


def _generations(folder: str, generation: str, name: str) -> list[str]:
    """Return where a file of one generation is; of the newest there, when none is named."""
    if _is_name(generation):
        return [f"{folder}/{generation}/{name}"]
    try:
        with os.scandir(folder) as entries:
            inside = sorted((one.stat().st_mtime_ns, one.name) for one in entries if one.is_dir())
    except OSError:
        return [f"{folder}/{name}"]
    return [f"{folder}/{inner}/{name}" for _, inner in reversed(inside)]


def _is_name(text: str) -> bool:
    """Tell whether a text out of the store is the name of one file, and no path to elsewhere."""
    return bool(text) and text not in (".", "..") and "/" not in text and "\0" not in text
