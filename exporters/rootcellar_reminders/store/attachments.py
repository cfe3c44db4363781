"""Attachments: pictures, sounds and files as the store lists them, and links to pages."""

import hashlib
import os
import re
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from msgspec import Struct
from msgspec.structs import replace

from rootcellar.apple.core_data import Row
from rootcellar.apple.values import number, real, text
from rootcellar_reminders.containers import account_folders, files_folder
from rootcellar_reminders.store.values import OWN, blob, filled, identifier, leftover, url

ENDINGS = {
    "public.jpeg": ".jpeg", "public.png": ".png", "public.heic": ".heic", "public.tiff": ".tiff",
    "com.compuserve.gif": ".gif", "com.adobe.pdf": ".pdf", "public.mpeg-4-audio": ".m4a",
    "com.apple.m4a-audio": ".m4a", "public.mp3": ".mp3", "com.apple.quicktime-movie": ".mov",
    "public.mpeg-4": ".mp4", "public.plain-text": ".txt", "public.heif": ".heif",
}  # fmt: skip
LINK = "public.url"
DIGEST = 128
"""How many hexadecimal digits a SHA-512 has."""
_DIGEST = re.compile(f"[0-9A-Fa-f]{{{DIGEST}}}")
_KNOWN = OWN | {
    "UTI", "FILENAME", "FILESIZE", "WIDTH", "HEIGHT", "LENGTH", "DURATION", "SHA512SUM", "URL",
    "HOSTURL", "TRANSCRIBEDTEXT", "SAVEDREMINDER",
}  # fmt: skip


class Found(NamedTuple):
    """A file in the folder of attachments."""

    path: str
    size: int
    mtime_ns: int


class Attachment(Struct, frozen=True):
    """One attachment: a page, whose address is `link`, or a file, `found` where it is here.

    `expected` is where the file would be, as far as the store tells.
    """

    identifier: str
    uti: str
    name: str
    sha512: str
    size: int
    link: str
    facts: dict[str, Any]
    found: Found | None = None
    expected: str = ""
    is_link: bool = False

    @property
    def record(self) -> dict[str, Any]:
        """What is told of it: of a page its `url`, of a file its `id` and its name, `file`."""
        if self.is_link:
            return {"url": self.link, **self.facts}
        told = {"id": self.identifier, "file": self.name or f"attachment{self.ending}"}
        return {**told, **self.facts, **filled(missing=self.found is None)}

    @property
    def ending(self) -> str:
        """The ending of its file's name, with the dot."""
        there = split_name(self.found.path)[1] if self.found else ""
        return split_name(self.name)[1] or ENDINGS.get(self.uti, "") or there or ".bin"


def attachments_of(
    found: Iterable[Row], folders: "AttachmentFolders", account: str
) -> list[Attachment]:
    """Return the attachments of one reminder; the second of two with one identifier says so."""
    listed: list[Attachment] = []
    said: set[str] = set()
    for row in found:
        one = attachment_of(row, folders, account)
        if one.identifier in said:
            one = replace(one, identifier=f"{one.identifier}-{row['Z_PK']}")
        said.add(one.identifier)
        listed.append(one)
    return listed


def attachment_of(row: Row, folders: "AttachmentFolders", account: str) -> Attachment:
    """Return an attachment, with its file if it is there."""
    uti = text(row.get("UTI"))
    address = url(row.get("URL"))
    name, told = text(row.get("FILENAME")), text(row.get("SHA512SUM"))
    sha512 = told.lower() if _DIGEST.fullmatch(told) else ""
    size = number(row.get("FILESIZE"))
    is_link = uti == LINK or (bool(address) and not (name or sha512 or size))
    uid = identifier(row) or str(row["Z_PK"])
    facts = filled(
        sha512=sha512,
        uti=uti,
        size=size,
        width=number(row.get("WIDTH")),
        height=number(row.get("HEIGHT")),
        seconds=real(row.get("LENGTH")) or real(row.get("DURATION")),
        text=text(row.get("TRANSCRIBEDTEXT")),
        url="" if is_link else address,
        raw=leftover(row, _KNOWN if is_link else _KNOWN - {"HOSTURL"})
        | filled(sha512sum="" if sha512 else told),
    )
    if is_link:
        facts |= filled(host=url(row.get("HOSTURL")))
        if row.get("URL") and not address:
            facts["raw"] = facts.get("raw", {}) | {"url": blob(row["URL"]) or text(row["URL"])}
        return Attachment(uid, uti, name, sha512, 0, address, facts, is_link=True)
    found = folders.find(account, [sha512, uid, name], size, ENDINGS.get(uti, split_name(name)[1]))
    ending = split_name(name)[1] or ENDINGS.get(uti, "")
    expected = folders.expected(account, sha512, ending)
    return Attachment(uid, uti, name, sha512, size, "", facts, found, expected)


def split_name(name: str) -> tuple[str, str]:
    """Return the stem and the ending of a name, in which a slash is a letter like others."""
    stem, dot, ending = name.rpartition(".")
    return (stem, f".{ending}") if dot and stem and ending.isalnum() else (name, "")


class AttachmentFolders:
    """The files of all accounts of one container, looked at once.

    They lie in `Files/Account-<UUID>/Attachments`, named by their SHA-512 in stores that keep it.
    How older systems name them is not known for sure; there the account's own UUID, the
    attachment's and the file's name are tried, and last the one file of the right size and kind.
    """

    def __init__(self, container: Path) -> None:
        self.top = str(files_folder(container))
        self._by_account: dict[str, dict[str, list[Found]]] = {}
        self._all: list[Found] = []
        for name in account_folders(self.top):
            inside = _files(f"{self.top}/{name}")
            self._all += inside
            account = name.removeprefix("Account-").upper()
            named: dict[str, list[Found]] = {}
            self._by_account[account] = named
            for one in inside:
                base = os.path.basename(one.path)  # noqa: PTH119 - text is faster here
                named.setdefault(base, []).append(one)
                named.setdefault(base.rpartition(".")[0], []).append(one)

    def find(self, account: str, names: Sequence[str], size: int, ending: str) -> Found | None:
        """Return the file of an attachment: by one of its names, else the only one that fits."""
        own = self._by_account.get(account.upper(), {})
        others = [one for key, one in self._by_account.items() if key != account.upper()]
        for named in (own, *others):
            for name in filter(None, names):
                for spelled in (name, name.upper()):
                    if named.get(spelled):
                        return named[spelled][0]
        if names[0] or not size:
            return None  # named by its digest, and not there
        fits = [one for one in self._all if one.size == size and _ends(one.path, ending)]
        return fits[0] if len({one.path for one in fits}) == 1 else None

    def expected(self, account: str, sha512: str, ending: str) -> str:
        """Return where a file would be that is not here, "" where that is not known."""
        if not (account and sha512):
            return ""
        return f"{self.top}/Account-{account}/Attachments/{sha512}{ending}"


def _ends(path: str, ending: str) -> bool:
    same = {".jpg": ".jpeg", ".tif": ".tiff"}
    there = split_name(path)[1].lower()
    return not ending or same.get(there, there) == same.get(ending.lower(), ending.lower())


def _files(folder: str) -> list[Found]:
    found = []
    for above, folders, names in os.walk(folder):
        folders.sort()
        for name in sorted(names):
            path = f"{above}/{name}"
            try:
                status = os.stat(path)  # noqa: PTH116 - text is faster here
            except OSError:
                continue
            if not name.startswith("."):
                found.append(Found(path, status.st_size, status.st_mtime_ns))
    return found


def is_intact(path: str, sha512: str) -> bool:
    """Return whether a file's bytes are those the store recorded; raises OSError."""
    if len(sha512) != DIGEST:
        return True  # not told
    with open(path, "rb") as file:  # noqa: PTH123 - a text path, as it came
        return hashlib.file_digest(file, "sha512").hexdigest() == sha512
