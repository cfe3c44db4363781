"""Files among the media of a library that no picture of its database owns: counted and named.

Photos leaves them behind when it crashes, when a database is restored, or when a damaged one
loses rows; it finds them again when it repairs the library. They are not taken: nothing tells
what they are. But nobody should think that they are in the archive.
"""

import re
from collections.abc import Collection, Iterator, Mapping

from rootcellar.api import Notice, opened
from rootcellar_photos.folders import Folders, listed
from rootcellar_photos.iphoto.store import IPhotoLibrary
from rootcellar_photos.layouts import IPHOTO_MEDIA, MEDIA_FOLDERS
from rootcellar_photos.legacy.store import LegacyLibrary
from rootcellar_photos.library import AnyLibrary, Library
from rootcellar_photos.naming import split_name, text_of
from rootcellar_photos.walking import WalkedLibrary

NAMED = 5
_UUID = re.compile(r"[0-9A-Fa-f]{8}(-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12}")
_SHARED = ("resources/cloudsharing/data", "scopes/cloudsharing/data")
"""Here Photos keeps lists of its own beside the pictures, which are named by UUID."""


def orphans(library: AnyLibrary, claimed: Collection[str]) -> Iterator[Notice]:
    """Yield a notice when there are orphans; `claimed` are the paths taken, of a legacy library.

    In later libraries the name of a file tells whose it is, and nothing need be remembered.
    """
    strangers: Iterator[str]
    if isinstance(library, WalkedLibrary) or (isinstance(library, Library) and library.rest):
        return  # all that lies there was taken
    if isinstance(library, LegacyLibrary | IPhotoLibrary):
        media = IPHOTO_MEDIA if isinstance(library, IPhotoLibrary) else _LEGACY
        strangers = (path for path in _media(library.folders, media) if path not in claimed)
    else:
        strangers = _strangers(library)
    found = sorted(path for path in strangers if library.folders.is_file(path))
    if not found:
        return
    name = text_of(library.path.name)
    shown = ", ".join(text_of(path) for path in found[:NAMED])
    more = f" and {len(found) - NAMED} more" if len(found) > NAMED else ""
    one = len(found) == 1
    said = f"1 file in {name} belongs" if one else f"{len(found)} files in {name} belong"
    yield Notice(
        f"{said} to no picture that its database lists, and {'was' if one else 'were'} not taken: "
        f"{shown}{more}. Photos finds such files again when it repairs the library (hold Option "
        "and Command while opening it)."
    )


def _strangers(library: Library) -> Iterator[str]:
    """Yield what bears the identifier of no picture, or lies where nobody looks for its files."""
    owners = _owners(library)
    for root, levels in MEDIA_FOLDERS.items():
        for folder, names in listed(library.folders, root, levels + 1):
            below = folder[len(root) + 1 :]
            for name in names:
                stem = name[:36]  # the length of a UUID: the usual case, tried first
                home = owners.get(stem)
                if home is None:
                    owner = name.partition(".")[0].partition("_")[0]
                    stem = owner.upper() if owner.upper() in owners else split_name(name)[0]
                    home = owners.get(stem)
                if home is None:
                    if root not in _SHARED or _UUID.fullmatch(owner):
                        yield f"{folder}/{name}"
                elif below not in (home, stem[:1]):
                    yield f"{folder}/{name}"


def _owners(library: Library) -> dict[str, str]:
    """Return the folder of each picture, by its identifier, and by its name when that differs."""
    schema = library.schema
    columns = ", ".join(
        schema.column(schema.asset, name, "a") for name in ("ZDIRECTORY", "ZFILENAME")
    )
    folders: dict[str, str] = {}  # one text for all pictures of a folder
    owners = {}
    with opened(library.database) as connection:
        cursor = connection.execute(
            f"SELECT a.ZUUID, {columns} FROM {schema.asset} a WHERE a.ZUUID <> '' ORDER BY a.Z_PK"
        )
        cursor.row_factory = None
        for uuid, directory, name in cursor:
            if uuid in owners:
                continue  # of two rows with one identifier the first counts
            owners[uuid] = folder = folders.setdefault(directory or "", directory or "")
            if name and not name.startswith(uuid):
                owners[split_name(name)[0]] = folder
    return owners


_LEGACY = {
    root: MEDIA_FOLDERS[root]
    for root in ("Masters", "resources/media/master", "resources/media/version")
}


def _media(folders: Folders, roots: Mapping[str, int]) -> Iterator[str]:
    for root, levels in roots.items():
        for folder, names in listed(folders, root, levels + 1):
            yield from (f"{folder}/{name}" for name in names)
