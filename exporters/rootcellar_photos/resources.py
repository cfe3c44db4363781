"""Which files an asset has, which it should have, and what is said about one that is not here.

The files on the disk decide; the database's list of resources (ZINTERNALRESOURCE) tells what
else there should be and where it is. Facts about Photos' layout were found by comparing the two
in real libraries of macOS 10.15, 15 and 26.
"""

from collections.abc import Container, Iterable, Iterator, Mapping
from functools import lru_cache
from typing import NamedTuple

from rootcellar_photos.absences import Missing, missing
from rootcellar_photos.folders import Folders, Signature, signature, spelling
from rootcellar_photos.naming import (
    extension_of,
    like,
    original_extension,
    split_name,
    text_of,
)
from rootcellar_photos.rows import AssetRow, ResourceRow

_IN_ORIGINALS = {"_3": "live", "_4": "raw", "_5": "aae"}
"""Photos appends the type of a resource: 3 paired video, 4 alternate (RAW), 5 adjustments."""
_IN_ALBUMS = {".medium": "original", ".poster": "poster"}
"""A video of a shared album is `UUID.medium.MP4`; the frame that stands for it, `.poster.JPG`."""
MOVIES = (".mov", ".mp4", ".m4v")
SLOW_MOTION = 101
LIVE = 2
FULL_SIZE = 2
"""ZDATASTORESUBTYPE of a full-size render; others of the same version are thumbnails of it."""
LIVE_RENDER = 19


class Part(NamedTuple):
    """One file of an asset: on the disk (`found`), or known of and `absent`."""

    role: str
    suffix: str
    path: str
    found: Signature | None
    absent: Missing | None = None


def parts(
    row: AssetRow, resources: list[ResourceRow], folders: Folders, library: str, extension: str
) -> list[Part]:
    """Return every file of an asset, present or absent, in a fixed order, suffixes unique.

    `extension` is that of the original file name.
    """
    found: dict[str, tuple[str, Signature]] = {}
    for role, path in _on_disk(row, resources, folders, library):
        status = signature(path)
        if status is not None:
            if role in found:
                role = another(f"other{_tail(path.rpartition('/')[2], row)}", found)
            found[role] = (path, status)
    absent = [role for role in _expected(row, resources) if role not in found]
    if "original" in absent:
        if preview := preview_of(row, folders, library):
            found["preview"] = preview
        first = original_extension(extension, extension_of(row.filename or ""))
    else:
        first = original_extension(extension, extension_of(found["original"][0]))
    first = first or ".bin"
    gaps = [(role, missing(role, row, resources, library, folders.closed)) for role in absent]
    return distinct(named(found, gaps, first))


def named(
    found: Mapping[str, tuple[str, Signature]], gaps: Iterable[tuple[str, Missing]], first: str
) -> list[Part]:
    """Return parts of files that are there, and of those that are not, by their roles.

    `first` is the extension of the original.
    """
    there = [
        Part(role, suffix_of(role, extension_of(path), first), path, status)
        for role, (path, status) in found.items()
    ]
    for role, gap in gaps:
        there.append(Part(role, suffix_of(role, extension_of(gap.name), first), "", None, gap))
    return there


def files_seen(
    row: AssetRow, resources: list[ResourceRow], folders: Folders, library: str
) -> list[tuple[str, Signature]]:
    """Return path and signature of all that `parts` would find, without asking what it is."""
    seen = []
    has_original = False
    for role, path in _on_disk(row, resources, folders, library):
        status = signature(path)
        if status is not None:
            has_original = has_original or role == "original"
            seen.append((path, status))
    if not has_original and (preview := preview_of(row, folders, library)):
        seen.append(preview)
    return seen


def another(role: str, found: Container[str]) -> str:
    """Return a role that is not taken: Photos keeps a second file of the kind elsewhere."""
    extension = extension_of(role)
    number = 1
    while role in found:
        number += 1
        role = f"{role.removesuffix(extension).rstrip(' 0123456789')} {number}{extension}"
    return role


def _on_disk(
    row: AssetRow, resources: list[ResourceRow], folders: Folders, library: str
) -> Iterator[tuple[str, str]]:
    """Yield (role, path) of all that lies in the library under this asset's UUID."""
    first = row.uuid[:1]
    if row.is_referenced:
        yield from _referenced(row, resources, folders)
        places = []
    else:
        directory = row.directory or first
        places = [f"originals/{directory}"]
        if directory != first:
            places.append(f"originals/{first}")
        if folders.shared_roots:
            shared = [f"{root}/{directory}" for root in folders.shared_roots]
            places = [*shared, *places] if row.is_shared else [*places, *shared]
    places += [f"{root}/{first}" for root in folders.original_roots]
    for folder in places:
        for name in _names(row, folder, folders):
            yield role_of_original(name, row), f"{library}/{folder}/{name}"
    yield from _renders(row, folders, library)


def _renders(row: AssetRow, folders: Folders, library: str) -> Iterator[tuple[str, str]]:
    """Yield what edits made: rendered pictures and videos, and the list of adjustments."""
    edited, movie = bool(row.adjustments), row.kind == 1
    kind = ".heic" if row.uti == "public.heic" else ".jpeg"
    for root in folders.render_roots:
        folder = f"{root}/{row.uuid[:1]}"
        if names := folders.starting_with(folder, row.uuid):
            if len(names) > 1:
                names.sort(key=lambda name: ("_201_a" not in name, not name.endswith(kind), name))
            for name in names:
                role = role_of_render(name[len(row.uuid) :], edited=edited, movie=movie)
                yield role, f"{library}/{folder}/{name}"


def _names(row: AssetRow, folder: str, folders: Folders) -> list[str]:
    """Return the names of an asset's files in a folder, the one the database names first."""
    names = folders.starting_with(folder, row.uuid)
    filename = row.filename or ""
    if filename and not filename.startswith(row.uuid):
        names += folders.starting_with(folder, split_name(filename)[0])
    if len(names) > 1:
        names.sort(key=lambda name: (name != filename, name))
    return names


def _referenced(
    row: AssetRow, resources: list[ResourceRow], folders: Folders
) -> Iterator[tuple[str, str]]:
    """Yield the files that the person keeps outside the library, where they may be."""
    roles = {1: "original", 17: "raw", 18: "live"}
    size = next((one.length for one in resources if one.subtype == 1 and not one.version), None)
    first = folders.outside(f"{row.directory}/{row.filename}", size)
    yield "original", first
    for resource in resources:
        role = roles.get(resource.subtype or 0)
        if role and resource.path and resource.volume:
            path = f"/Volumes/{resource.volume}/{resource.path.lstrip('/')}"
            if role != "original" or path != f"{row.directory}/{row.filename}":
                found = folders.outside(path, resource.length)
                if found != first:
                    yield role, found


def _tail(name: str, row: AssetRow) -> str:
    """Return what Photos appended to the UUID: `_3.mov`."""
    for stem in (row.uuid, split_name(row.filename or "")[0]):
        if stem and name.startswith(stem):
            return text_of(name[len(stem) :])
    whole = spelling(name)
    for stem in (row.uuid, split_name(row.filename or "")[0]):
        if stem and whole.startswith(spelling(stem)):
            return whole[len(spelling(stem)) :]
    return text_of(name)


def role_of_original(name: str, row: AssetRow) -> str:
    """Return the role of a file among the originals by its name."""
    filename = row.filename or ""
    same = name == filename or (
        abs(len(name) - len(filename)) < 9 and spelling(name) == spelling(filename)
    )
    if same and not (row.published is not None and row.kind == 1):
        return "original"
    return _role_of_tail(_tail(name, row), shared=row.is_shared, movie=row.is_movie)


@lru_cache(maxsize=1024)
def _role_of_tail(tail: str, *, shared: bool, movie: bool) -> str:
    stem = tail.removesuffix(extension_of(tail))
    if stem in _IN_ORIGINALS:
        return _IN_ORIGINALS[stem]
    if stem in _IN_ALBUMS:
        return _IN_ALBUMS[stem]
    if tail.count(".") == 1 and tail.startswith("."):
        extension = tail.lower()
        if extension == ".aae":
            return "aae"
        if extension == ".mov" and not movie:
            return "live"
        if shared and movie and extension not in MOVIES:
            return "poster"
        if extension != ".xmp":
            return "original"
    return f"other{tail}"


@lru_cache(maxsize=1024)
def role_of_render(tail: str, *, edited: bool, movie: bool) -> str:
    """Return the role of a file among the renders by what follows the UUID in its name."""
    if not edited:
        return f"other{tail}"  # what a reverted edit left behind
    if tail == ".plist":
        return "adjustments"
    if tail.startswith("_2_") and not tail.endswith(".plist"):
        return "edited" if movie else "edited-live"
    if tail.startswith("_1_") and not tail.endswith(".plist"):
        return f"other{tail}" if movie else "edited"
    return f"other{tail}"


def _expected(row: AssetRow, resources: list[ResourceRow]) -> list[str]:
    """Return the roles that the asset should have a file for, by what the database says."""
    roles = ["original"]
    if len(resources) < 2 and not row.adjustments and row.subtype != LIVE:
        return roles  # the usual case: a plain picture or video
    kinds = {(r.type, r.subtype) for r in resources if not r.version and not r.store_class}
    if (3, 18) in kinds or (row.subtype == LIVE and not row.is_movie and not row.is_shared):
        roles.append("live")
    if (4, 17) in kinds:
        roles.append("raw")
    if (5, 22) in kinds:
        roles.append("aae")
    if row.adjustments and not row.is_shared:
        renders = {r.subtype for r in resources if r.version == FULL_SIZE}
        # Photos keeps no render of slow motion as such: it plays the original more slowly.
        if row.subtype != SLOW_MOTION or FULL_SIZE in renders:
            roles.append("edited")
        if LIVE_RENDER in renders and not row.is_movie:
            roles.append("edited-live")
    return roles


def preview_of(row: AssetRow, folders: Folders, library: str) -> tuple[str, Signature] | None:
    """Return the largest picture (of a video: moving picture first) Photos made of the asset."""
    best: tuple[bool, int, str, Signature] | None = None
    for root in folders.preview_roots:
        folder = f"{root}/{row.uuid[:1]}"
        for name in folders.starting_with(folder, row.uuid):
            path = f"{library}/{folder}/{name}"
            status = signature(path)
            extension = extension_of(name).lower()
            if status is None or extension in (".thm", ".plist"):
                continue
            fits = (extension in MOVIES) == row.is_movie
            rank = (fits, status[0], path, status)
            best = rank if best is None else max(best, rank)
    return (best[2], best[3]) if best else None


_SUFFIXES = {
    "edited": " (edited){}",
    "edited-live": " (edited){}",
    "adjustments": " (adjustments){}",
    "preview": " (preview){}",
    "poster": " (poster){}",
}


@lru_cache(maxsize=4096)
def suffix_of(role: str, extension: str, first: str) -> str:
    """Return how the file's name ends: the original's extension, or what tells it from that."""
    if role == "original":
        return first
    extension = text_of(extension)
    if role in ("live", "raw", "aae"):
        return like(extension, first)
    if role in _SUFFIXES:
        return _SUFFIXES[role].format(extension)
    return f" ({role.removesuffix(extension)}){extension}"


def distinct(found: list[Part]) -> list[Part]:
    """Return the parts with suffixes that differ also where case does not count."""
    if len(found) < 2:
        return found
    taken: set[str] = set()
    result = []
    for part in found:
        suffix, extra = part.suffix, 1
        while suffix.casefold() in taken:
            extension = extension_of(part.suffix) or part.suffix
            stem = part.suffix.removesuffix(extension)
            number = "" if extra == 1 else f" {extra}"
            suffix = f"{stem} ({part.role}{number}){extension}"
            extra += 1
        taken.add(suffix.casefold())
        result.append(part._replace(suffix=suffix))
    return result
