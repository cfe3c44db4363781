"""Which files a picture of Photos 2 to 4 has, and what is said about one that is not here.

Imported files lie at `Masters/<imagePath>`, or on the volume that RKVolume names. Whatever Photos
made or keeps beside them is `resources/media/<master|version>/XX/NN/<kind>_<id>.<extension>`,
where id is the hexadecimal RKModelResource.modelId, and the folder tells whether it hangs on the
imported file or on the picture: `version/…/fullsizeoutput_2a.jpeg` is an edit,
`version/…/videocomplementoutput_2b.mov` the video of an edited Live Photo, and
`master/…/jpegvideocomplement_2c.mov` that of the original (facts: PhotoInfo of osxphotos).
"""

import os
import re
from collections.abc import Iterator

from rootcellar_photos.absences import (
    ICLOUD_HINT,
    MISSING_HINT,
    RENDER_HINT,
    WORDS,
    Missing,
    volume_missing,
)
from rootcellar_photos.folders import Folders, Signature, on_disk, signature, spelling
from rootcellar_photos.legacy.rows import LIVE, MOVIE, RAW_PAIR, Master, Resource, Version
from rootcellar_photos.naming import extension_of, original_extension, split_name, text_of
from rootcellar_photos.resources import Part, another, distinct, named, suffix_of

_EDIT = 2
"""RKModelResource.attachedModelType of what hangs on a picture rather than on its master."""
_RESOURCE = re.compile(r"(.+)_([0-9a-f]+)\.[^.]+")
_UNEDITED = ("UNADJUSTED", "UNADJUSTEDNONRAW")
QUICKTIME = "com.apple.quicktime-movie"
Found = dict[str, tuple[str, Signature]]


class LegacyFolders:
    """The files of one library, each folder listed once; and which of them have been claimed."""

    def __init__(self, folders: Folders, library: str) -> None:
        self.folders = folders
        self.library = library
        self.media: dict[int, list[str]] = {}
        """What lies below resources/media, by the number of its RKModelResource."""
        for kind in ("master", "version"):
            self._list_media(f"resources/media/{kind}")
        self.imported: set[str] = set()
        """What the database names below Masters, in one spelling."""

    def _list_media(self, root: str) -> None:
        for first in self.folders.names(root):
            for second in self.folders.names(f"{root}/{first}"):
                folder = f"{root}/{first}/{second}"
                for name in self.folders.names(folder):
                    if match := _RESOURCE.fullmatch(name):
                        self.media.setdefault(int(match[2], 16), []).append(f"{folder}/{name}")

    def master(self, path: str) -> str:
        """Return a path below Masters as the disk spells it (composed or not, in any case)."""
        whole = f"Masters/{path}"
        if signature(f"{self.library}/{whole}") is not None:
            return whole
        folder, _, name = whole.rpartition("/")
        same = spelling(name)
        return next(
            (f"{folder}/{one}" for one in self.folders.names(folder) if spelling(one) == same),
            whole,
        )

    def beside(self, path: str) -> list[str]:
        """Return what lies beside an imported file under its stem, and which nothing names."""
        folder, _, name = path.rpartition("/")
        stem = split_name(name)[0]
        return [
            f"{folder}/{one}"
            for one in self.folders.starting_with(folder, stem)
            if one != name and split_name(one)[0] == stem
            if spelling(f"{folder}/{one}") not in self.imported
        ]

    def previews(self, number: int) -> list[str]:
        """Return the pictures that Photos made of a version to show it."""
        root, here = (
            f"resources/proxies/derivatives/{f'{number:x}'.zfill(4)[-4:-2]}",
            f"{number:x}",
        )
        return [
            f"{root}/{second}/{here}/{name}"
            for second in self.folders.names(root)
            for name in self.folders.names(f"{root}/{second}/{here}")
        ]


def legacy_parts(
    version: Version,
    masters: list[Master],
    listed: list[Resource],
    where: LegacyFolders,
    extension: str,
    adjustments: tuple[int, bytes] | None,
) -> list[Part]:
    """Return every file of a picture, present or absent, in a fixed order, suffixes unique.

    `adjustments` are length and first bytes of Photos' list of edits, which is in the database:
    its part has no path.
    """
    found: Found = {}
    for role, path in _on_disk(version, masters, listed, where):
        status = signature(path)
        if status is not None and path not in (one for one, _ in found.values()):
            name = path.rpartition("/")[2]
            role = another(f"other_{text_of(name)}", found) if role in found else role
            found[role] = (path, status)
    gaps = [
        (role, gap)
        for role, gap in _expected(version, masters, listed, where)
        if role not in found
    ]
    first = original_extension(
        extension, extension_of(found["original"][0]) if "original" in found else ""
    )
    first = first or ".bin"
    if "original" not in found and (preview := _preview(version, where)):
        found["preview"] = preview
    parts = named(found, gaps, first)
    if adjustments is not None:
        ending = ".plist" if adjustments[1].startswith((b"bplist", b"<?xml")) else ".bin"
        suffix = suffix_of("adjustments", ending, first)
        parts.append(Part("adjustments", suffix, "", (adjustments[0], 0)))
    return distinct(parts)


def _on_disk(
    version: Version, masters: list[Master], listed: list[Resource], where: LegacyFolders
) -> Iterator[tuple[str, str]]:
    original, raw = pair(version, masters)
    for role, master in (("original", original), ("raw", raw)):
        if master is not None:
            yield from ((role, path) for path in _outside(master, where))
    for master in masters:
        if master not in (original, raw):
            yield from (("other_" + _name(path), path) for path in _outside(master, where))
        if master.path and master.volume is None and not master.path.startswith("/"):
            for path in where.beside(where.master(master.path)):
                role = "aae" if path.lower().endswith(".aae") else f"other_{_name(path)}"
                yield role, f"{where.library}/{path}"
    edits = current_edits(version, listed)
    for resource in reversed(listed):
        for path in where.media.get(resource.pk, ()):
            role = edits.get(resource.pk) or _role(version, resource, path)
            yield role, f"{where.library}/{path}"


def _outside(master: Master, where: LegacyFolders) -> Iterator[str]:
    """Yield the paths at which an imported file is, also in a home that was copied."""
    for path in places(master, where):
        inside = path.startswith(f"{where.library}/")
        yield on_disk(path) if inside else where.folders.outside(path, master.size)


def _name(path: str) -> str:
    return text_of(path.rpartition("/")[2])


def _role(version: Version, resource: Resource, path: str) -> str:
    if resource.owner_type != _EDIT:
        if _is_video(resource, path) and not version.is_movie:
            return "live"
        if path.lower().endswith(".aae"):
            return "aae"
    return f"other_{_name(path)}"


def _is_video(resource: Resource, path: str = "") -> bool:
    return resource.uti == QUICKTIME or path.lower().endswith((".mov", ".mp4", ".m4v"))


def pair(version: Version, masters: list[Master]) -> tuple[Master | None, Master | None]:
    """Return what is the original of a picture, and the RAW file that belongs to it, or None.

    As osxphotos has it, the JPEG of a pair is its original also when Photos shows the RAW.
    """
    if not masters:
        return None, None
    own = masters[0]
    other = next((one for one in masters[1:] if one.uuid != own.uuid), None)
    if other is None:
        return own, None
    by_uuid = {one.uuid: one for one in masters}
    jpeg = by_uuid.get(version.jpeg_master or "")
    raw = by_uuid.get(version.raw_master or "")
    if version.special == RAW_PAIR and jpeg and raw and jpeg is not raw:
        return jpeg, raw
    return (other, own) if own.raw and not other.raw else (own, other)


def places(master: Master, where: LegacyFolders) -> tuple[str, ...]:
    """Return the paths at which an imported file may be; the one Photos would ask first."""
    if not master.path:
        return ()
    path = text_of(master.path) if not master.path.isascii() else master.path
    if master.volume is not None:
        bare = path.lstrip("/")
        return (f"/Volumes/{text_of(master.volume)}/{bare}", f"/{bare}")
    if path.startswith("/"):
        return (path,)
    inside = f"{where.library}/{where.master(master.path)}"
    return (inside, f"/{path}") if master.reference else (inside,)


def current_edits(version: Version, listed: list[Resource]) -> dict[int, str]:
    """Return the role of each resource that shows the picture as it is edited now."""
    if not version.adjustments:
        return {}
    tags = (None, "", *_UNEDITED)
    edits = [
        one
        for one in listed
        if one.owner_type == _EDIT and one.tag == version.adjustment and one.tag not in tags
    ]
    roles: dict[int, str] = {}
    for one in edits:
        video = one.type == MOVIE or (one.type is None and _is_video(one))
        roles[one.pk] = "edited-live" if video and not version.is_movie else "edited"
    return roles


def _expected(
    version: Version, masters: list[Master], listed: list[Resource], where: LegacyFolders
) -> Iterator[tuple[str, Missing]]:
    """Yield the roles a picture should have a file for, each with why there would be none."""
    original, raw = pair(version, masters)
    yield "original", _master_missing("original", version, original, where)
    if raw is not None:
        yield "raw", _master_missing("raw", version, raw, where)
    on_masters = [one for one in listed if one.owner_type != _EDIT]
    videos = [one for one in on_masters if _is_video(one)]
    if version.special in LIVE and not version.is_movie:
        name = "jpegvideocomplement_{}.mov"
        yield "live", _resource_missing("live", videos, "master", name, masters, where)
    if version.adjustments:
        edits = current_edits(version, listed)
        for role, name in (
            ("edited", "fullsizeoutput_{}" + (".mov" if version.is_movie else ".jpeg")),
            ("edited-live", "videocomplementoutput_{}.mov"),
        ):
            own = [one for one in listed if edits.get(one.pk) == role]
            # An edit that needs no new picture, such as slow motion, has no resource.
            if own:
                yield role, _resource_missing(role, own, "version", name, masters, where)


def _master_missing(
    role: str, version: Version, master: Master | None, where: LegacyFolders
) -> Missing:
    what = WORDS[role]
    if master is None or not master.path:
        name = text_of(version.filename or version.name or version.uuid)
        reason = f"{what} is not named in the library's database"
        return Missing(reason, MISSING_HINT, (), name)
    ways = places(master, where)
    if master.volume is not None or ways[0].startswith("/Volumes/") or master.path[:1] == "/":
        volume = text_of(master.volume) if master.volume else None
        place, hint = volume_missing(ways[0], volume)
        reason = f"{what} is kept outside the library, {place}, and is not there"
        return Missing(reason, hint, ways, ways[0])
    if _in_cloud(master):
        return Missing(f"{what} is only in iCloud", ICLOUD_HINT, ways, ways[0])
    return Missing(f"{what} is missing from the library", MISSING_HINT, ways, ways[0])


def _resource_missing(
    role: str,
    resources: list[Resource],
    kind: str,
    name: str,
    masters: list[Master],
    where: LegacyFolders,
) -> Missing:
    what, places_of = WORDS[role], []
    for resource in resources:
        digits = f"{resource.pk:x}"
        folder = f"{digits.zfill(4)[-4:-2]}/{digits[:-4].zfill(2)}"
        path = f"{where.library}/resources/media/{kind}/{folder}/{name.format(digits)}"
        places_of.append(path)
    shown = places_of[-1] if places_of else name.format(0)
    if any(_in_cloud(master) for master in masters):
        return Missing(f"{what} is only in iCloud", ICLOUD_HINT, tuple(places_of), shown)
    hint = RENDER_HINT if role.startswith("edited") else MISSING_HINT
    return Missing(f"{what} is missing from the library", hint, tuple(places_of), shown)


def _in_cloud(master: Master) -> bool:
    return master.available == 1 or (master.available is None and bool(master.cloud_state))


def _preview(version: Version, where: LegacyFolders) -> tuple[str, Signature] | None:
    """Return the largest picture Photos made of a picture whose original is not here."""
    best: tuple[int, str, Signature] | None = None
    for name in where.previews(version.pk):
        path = f"{where.library}/{name}"
        status = signature(path)
        if status is not None and not os.path.basename(path).startswith("."):  # noqa: PTH119 - text paths throughout
            best = max(best, (status[0], path, status)) if best else (status[0], path, status)
    return (best[1], best[2]) if best else None
