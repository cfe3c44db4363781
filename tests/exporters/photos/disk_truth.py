"""What a library holds on disk, against what was taken of it: the difference must be empty.

Nothing here knows how the exporter finds files: it walks the whole library, and leaves out only
what Photos makes of pictures again by itself, and what is no picture.
"""

import hashlib
import os
from collections.abc import Collection, Iterable
from pathlib import Path

from rootcellar.api import CopyOf, Item

MADE_AGAIN = ("derivatives", "proxies", "thumbnails", "caches", "journals", "face", "faces")
"""Folders of previews, thumbnails and logs, at any depth."""
NO_PICTURES = ("database", "private", "internal", "external", "segments", "plugins", "cpl")
"""Folders at the top of the library, or of its resources, that hold no picture."""
LISTS = {"Info.plist", "cloudSharedEmails.plist", "cloudSharedPersonInfos.plist", "personID"}
LISTS |= {"serverconfiguration", "Photos.plist"}


def media(library: Path) -> dict[str, str]:
    """Return the sha256 of every file of the library that may be a person's, by its path."""
    found = {}
    for folder, _, names in os.walk(library):
        parts = Path(folder).relative_to(library).parts
        below = parts[1:] if parts[:1] == ("resources",) else parts
        if set(MADE_AGAIN) & set(parts) or set(NO_PICTURES) & set(below[:1]) or not parts:
            continue
        for name in names:
            if name not in LISTS and not name.startswith("."):
                path = Path(folder, name)
                found[path.relative_to(library).as_posix()] = digest(path)
    return found


def digest(path: Path) -> str:
    """Return the sha256 of a file."""
    return hashlib.sha256(path.read_bytes()).hexdigest()


def untaken(library: Path, items: Iterable[Item], notices: Collection[str] = ()) -> set[str]:
    """Return the paths of files whose bytes no item has, and which no notice names."""
    taken = {
        digest(file.content.path)
        for item in items
        for file in item.files
        if isinstance(file.content, CopyOf)
    }
    said = " ".join(notices)
    return {path for path, sha in media(library).items() if sha not in taken and path not in said}


def unexplained(items: Iterable[Item]) -> list[str]:
    """Return the items that have neither an original nor a reason why there is none."""
    return [item.sighting.key for item in items if "original" not in {f.role for f in item.files}]
