"""Names that every file system takes: NFC, portable, and unique by their folded path."""

import functools
import hashlib
import re
import unicodedata

from rootcellar.canonical import nfc

NAME_BYTES = 200
STEM_BYTES = 160
"""What a stem may take of a name's bytes; the rest is for the digest and the suffix."""
SUFFIX_BYTES = 32
EXTENSION_BYTES = 12
"""The longest extension that a suffix too long keeps."""
FOLDER_BYTES = 120

# Windows forbids the first nine; Obsidian's links break on the rest.
_FORBIDDEN = re.compile(r'[\\/:*?"<>|#^\[\]\x00-\x1f\x7f-\x9f\u2028\u2029\ufeff\ufffe\uffff]')
_RESERVED = re.compile(
    r"(con|prn|aux|nul|com[0-9¹²³]|lpt[0-9¹²³]|conin\$|conout\$)", re.IGNORECASE
)
_NAMELESS = "untitled"


def fold(path: str) -> str:
    """Return what two paths share that a file system ignoring case and form takes for equal."""
    if path.isascii():
        return path.lower()
    return nfc(nfc(path).casefold())


@functools.lru_cache(maxsize=4096)
def portable(component: str, limit: int = STEM_BYTES) -> str:
    """Return a name for one path component that is legal everywhere, at most `limit` bytes.

    Legal means on APFS, ext4, exFAT, NTFS and SMB, and linkable in Obsidian. Never empty, never
    hidden, without a trailing dot or space, and not one of Windows' device names.
    """
    name = _FORBIDDEN.sub("_", nfc(component)).strip(" ").rstrip(". ")
    if name.startswith("."):
        name = "_" + name[1:]
    name = shorten(name, limit).rstrip(". ")
    if _RESERVED.fullmatch(name.split(".", 1)[0].rstrip(" ")):
        name = "_" + shorten(name, limit - 1).rstrip(". ")
    return name or _NAMELESS


def portable_stem(place: str) -> str:
    """Return the portable form of a wished-for place: folders and a stem, joined by `/`."""
    *folders, stem = place.split("/")
    return "/".join([*(portable(folder, FOLDER_BYTES) for folder in folders), portable(stem)])


@functools.lru_cache(maxsize=256)
def portable_suffix(suffix: str) -> str:
    """Return the portable form of a file's suffix; its leading dot or space stays.

    One that is too long keeps its extension, and gets a piece of its digest to stay unique.
    """
    cleaned = _FORBIDDEN.sub("_", nfc(suffix)).rstrip(". ")
    if len(cleaned.encode()) <= SUFFIX_BYTES:
        return cleaned
    extension = cleaned[dot:] if (dot := cleaned.rfind(".", 1)) > 0 else ""
    if len(extension.encode()) > EXTENSION_BYTES:
        extension = ""
    mark = f"~{hashlib.sha256(cleaned.encode()).hexdigest()[:4]}{extension}"
    return shorten(cleaned, SUFFIX_BYTES - len(mark.encode())) + mark


def shorten(name: str, limit: int) -> str:
    """Cut `name` to at most `limit` UTF-8 bytes without splitting a character from its marks."""
    if len(name.encode()) <= limit:
        return name
    cut = name.encode()[:limit].decode("utf-8", "ignore")
    following = name[len(cut)]
    if unicodedata.combining(following) or following in "\u200d\ufe0f":
        while cut and (unicodedata.combining(cut[-1]) or cut[-1] in "\u200d\ufe0f"):
            cut = cut[:-1]
        cut = cut[:-1]
    return cut


def is_text(path: str) -> bool:
    """Return whether a path can be written down: a Mac's can, a disk elsewhere may hold others."""
    try:
        path.encode()
    except UnicodeEncodeError:
        return False
    return True


def with_digest(stem: str, key: str, length: int = 4) -> str:
    """Return `stem` marked with a piece of its key's digest, for names that clash.

    A long piece takes bytes from the stem's last component, so that the name stays legal.
    """
    folder, slash, name = stem.rpartition("/")
    mark = f" ~{hashlib.sha256(key.encode()).hexdigest()[:length]}"
    name = shorten(name, NAME_BYTES - SUFFIX_BYTES - len(mark)).rstrip(". ")
    return f"{folder}{slash}{name}{mark}"


def folder_of(path: str) -> str:
    """Return the folder part of a `/`-joined path; empty for the top."""
    return path.rpartition("/")[0]
