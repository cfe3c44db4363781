"""What is said about a file that is known but not here: why, and what to do about it."""

from collections.abc import Collection
from typing import NamedTuple

from rootcellar_photos.naming import extension_of, split_name, text_of
from rootcellar_photos.rows import AssetRow, ResourceRow

ICLOUD_HINT = (
    "In Photos on this Mac, choose Settings > iCloud > Download Originals to this Mac, wait "
    "until it has finished, and export again."
)
SHARED_HINT = "Open the shared album in Photos, click the picture so that it loads, export again."
SYNDICATED_HINT = "Open it in Messages or under Shared with You in Photos, and save it."
MISSING_HINT = (
    "Look for it in Photos: if it opens there, export the unmodified original and import it "
    "again; if not, restore the library from a backup."
)
CLOSED_HINT = (
    "Allow it to be read (on a Mac: Full Disk Access for your terminal, in System Settings > "
    "Privacy & Security); `rootcellar doctor` tells more."
)
RENDER_HINT = "In Photos, open the picture so that the edit is drawn again, and export again."


class Missing(NamedTuple):
    """Why a file is absent, what to do, and where it would turn up. `name` has its extension.

    Photos can be asked for it when it is `downloadable`.
    """

    reason: str
    hint: str
    awaits: tuple[str, ...]
    name: str
    downloadable: bool = False


DOWNLOADABLE = ("original", "live", "raw", "edited")
"""Roles of files that Photos can be asked for through PhotoKit."""
WORDS = {
    "original": "the original",
    "edited": "the edited version",
    "edited-live": "the video of the edited Live Photo",
    "live": "the video of the Live Photo",
    "raw": "the RAW original",
    "aae": "the camera's adjustments",
}

_ROLES = {
    (0, 1): "original",
    (0, 17): "raw",
    (0, 18): "live",
    (0, 22): "aae",
    (2, 2): "edited",
    (2, 19): "edited-live",
}
"""Which (ZVERSION, ZDATASTORESUBTYPE) of the library's own store (class 0) is which role."""


def role_of(resource: ResourceRow) -> str | None:
    """Return the role of a listed resource; None for thumbnails and what others share."""
    if resource.store_class:
        return None
    return _ROLES.get((resource.version or 0, resource.subtype or 0))


def missing(
    role: str,
    row: AssetRow,
    resources: list[ResourceRow],
    library: str,
    closed: Collection[str] = (),
) -> Missing:
    """Explain the absence of one role of an asset; `closed` folders could not be looked into."""
    what = WORDS.get(role, "a file")
    folder, name = _expected_place(role, row)
    path = f"{library}/{folder}/{name}" if folder else name
    own = [r for r in resources if role_of(r) == role]
    if row.is_referenced and role in ("original", "raw", "live"):
        places = _referenced_places(role, row, own) or (path,)
        where, hint = _reference(places[0], own)
        reason = f"{what} is kept outside the library, {where}, and is not there"
        return Missing(reason, hint, places, places[0])
    if folder in closed:
        reason = f"{what} lies in a folder that may not be opened"
        return Missing(reason, CLOSED_HINT, (path,), name)
    if row.is_shared:
        return Missing(
            f"{what} is in a shared album and is not downloaded", SHARED_HINT, (path,), name
        )
    if any(r.remote == 1 for r in own) or (not own and row.cloud_state == 1):
        return Missing(
            f"{what} is only in iCloud", ICLOUD_HINT, (path,), name, role in DOWNLOADABLE
        )
    if row.syndication and role in ("original", "live"):
        path = f"{library}/scopes/syndication/originals/{row.uuid[:1]}/{name}"
        return Missing(
            f"{what} was shared with you and is not saved", SYNDICATED_HINT, (path,), name
        )
    hint = RENDER_HINT if role.startswith("edited") else MISSING_HINT
    return Missing(f"{what} is missing from the library", hint, (path,), name)


def _expected_place(role: str, row: AssetRow) -> tuple[str, str]:
    """Return (folder below the library, name) where Photos keeps a file of this role."""
    uuid, first = row.uuid, row.uuid[:1]
    if role in ("edited", "edited-live"):
        if role == "edited-live":
            name = f"{uuid}_2_100_a.mov"
        elif row.is_movie:
            name = f"{uuid}_2_0_a.mov"
        else:
            name = f"{uuid}_1_201_a.{'heic' if row.uti == 'public.heic' else 'jpeg'}"
        return f"resources/renders/{first}", name
    directory = row.directory or first
    folder = f"originals/{directory}"
    if row.is_shared:
        folder = f"scopes/cloudsharing/data/{directory}"
    if directory.startswith("/"):
        folder = ""
    extension = extension_of(row.filename or "")
    stem = (row.filename or uuid).removesuffix(extension)
    extension = extension or split_name(row.original_filename or "")[1]
    tails = {"live": "_3.mov", "raw": "_4.dng", "aae": "_5.aae"}
    name = text_of(stem + tails.get(role, extension))
    if row.is_shared and row.is_movie:
        name = f"{uuid}.medium.MP4"
    return folder, name if folder else f"{directory}/{name}"


def _referenced_places(role: str, row: AssetRow, own: list[ResourceRow]) -> tuple[str, ...]:
    """Return the paths where a referenced file may be, the one Photos shows first."""
    places = [f"{row.directory}/{row.filename}"] if role == "original" else []
    places += [f"/Volumes/{r.volume}/{r.path.lstrip('/')}" for r in own if r.volume and r.path]
    return tuple(dict.fromkeys(text_of(path) for path in places))


def _reference(path: str, own: list[ResourceRow]) -> tuple[str, str]:
    """Return where a referenced file is kept, and what to do."""
    return volume_missing(path, next((r.volume for r in own if r.volume), None))


def volume_missing(path: str, volume: str | None) -> tuple[str, str]:
    """Return where a file outside the library is, and what to do: one wording for a volume."""
    if path.startswith("/Volumes/"):
        volume = path.split("/")[2]
    then = "or choose File > Consolidate in Photos while it is there; export again."
    if volume:
        name = f"“{text_of(volume)}”"
        return f"on the volume {name}", f"Connect the volume {name}, {then}"
    return f"in {path.rpartition('/')[0]}", f"Put the file back, {then}"
