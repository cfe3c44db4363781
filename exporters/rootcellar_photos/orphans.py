"""Files among the media of a library that no picture of its database owns: counted and named.

Photos leaves them behind when it crashes, when a database is restored, or when a damaged one
loses rows; it finds them again when it repairs the library. They are not taken: nothing tells
what they are. But nobody should think that they are in the archive.
"""

import re
from collections.abc import Collection, Iterator

from rootcellar.api import Notice, opened
from rootcellar_photos.folders import Folders
from rootcellar_photos.legacy.store import LegacyLibrary
from rootcellar_photos.library import MEDIA_FOLDERS, AnyLibrary, Library
from rootcellar_photos.naming import split_name, text_of

NAMED = 5
_UUID = re.compile(r"[0-9A-Fa-f]{8}(-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12}")
_SHARED = ("resources/cloudsharing/data", "scopes/cloudsharing/data")
"""Here Photos keeps lists of its own beside the pictures, which are named by UUID."""


def orphans(library: AnyLibrary, claimed: Collection[str]) -> Iterator[Notice]:
    """Yield a notice when there are orphans; `claimed` are the paths taken, of a legacy library.

    In later libraries the name of a file tells whose it is, and nothing need be remembered.
    """
    strangers: Iterator[str]
    if isinstance(library, LegacyLibrary):
        strangers = (path for path in _legacy_media(library.folders) if path not in claimed)
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
        for path in _files(library.folders, root, levels + 1):
            folder, _, name = path[len(root) + 1 :].rpartition("/")
            owner = name.partition(".")[0].partition("_")[0]
            stem = owner.upper() if owner.upper() in owners else split_name(name)[0]
            if stem in owners:
                if folder == stem[:1] or folder == owners[stem]:
                    continue
            elif root in _SHARED and not _UUID.fullmatch(owner):
                continue
            yield path


def _owners(library: Library) -> dict[str, str]:
    """Return the folder of each picture, by its identifier, and by its name when that differs."""
    schema = library.schema
    columns = ", ".join(
        schema.column(schema.asset, name, "a") for name in ("ZDIRECTORY", "ZFILENAME")
    )
    folders: dict[str, str] = {}  # one text for all pictures of a folder
    owners = {}
    with opened(library.database) as connection:
        for uuid, directory, name, _ in connection.execute(
            f"SELECT a.ZUUID, {columns}, min(a.Z_PK) FROM {schema.asset} a"
            " WHERE a.ZUUID <> '' GROUP BY a.ZUUID"
        ):
            folder = folders.setdefault(directory or "", directory or "")
            owners[uuid] = folder
            if name and not name.startswith(uuid):
                owners[split_name(name)[0]] = folder
    return owners


def _legacy_media(folders: Folders) -> Iterator[str]:
    for root in ("Masters", "resources/media/master", "resources/media/version"):
        yield from _files(folders, root, MEDIA_FOLDERS[root])


def _files(folders: Folders, root: str, levels: int) -> Iterator[str]:
    """Yield what is at or below a folder, by its path in the library, but folders with files."""
    for name in folders.names(root):
        path = f"{root}/{name}"
        if name.startswith("."):
            continue
        if levels and "." not in name and folders.names(path):  # every file has an extension
            yield from _files(folders, path, levels - 1)
        else:
            yield path
