"""The items of an archive as pages for a vault: read folder by folder from their records."""

import hashlib
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from rootcellar.archive.disk import Disk
from rootcellar.archive.layout import RECORDS
from rootcellar.archive.records import Line, read_lines
from rootcellar.state.rows import ArchiveRow
from rootcellar.state.store import StateStore
from rootcellar.vault_pages import VaultFacts, VaultPages


@dataclass(frozen=True, slots=True)
class Choice:
    """Which pages come into the vault; empty means all."""

    accounts: tuple[str, ...] = ()
    folders: tuple[str, ...] = ()
    tags: tuple[str, ...] = ()
    not_folders: tuple[str, ...] = ()
    not_tags: tuple[str, ...] = ()
    since: datetime | None = None

    def takes(self, facts: VaultFacts) -> bool:
        """Return whether a page of which this is known is chosen."""
        folder = "/".join(facts.folder).casefold()
        tags = {tag.casefold() for tag in facts.tags}
        account = facts.account.casefold()
        if self.accounts and account not in _folded(self.accounts):
            return False
        if self.folders and not any(_below(folder, one) for one in _folded(self.folders)):
            return False
        if any(_below(folder, one) for one in _folded(self.not_folders)):
            return False
        if self.tags and not tags & _folded(self.tags):
            return False
        if tags & _folded(self.not_tags):
            return False
        return self.since is None or (
            bool(facts.modified) and datetime.fromisoformat(facts.modified) >= self.since
        )


@dataclass(frozen=True, slots=True)
class Source:
    """What is to be known of an item before its page is rendered.

    `digest` is that of its record and files, `is_chosen` whether it comes into the vault anew.
    `files` are the entries of its line that are no pages, `refers_to` the items it links to,
    `modified` when it was changed last (ISO 8601).
    """

    key: str
    title: str
    place: str
    folder: str
    digest: str
    gone: bool
    is_chosen: bool
    files: tuple[dict[str, Any], ...] = ()
    refers_to: tuple[str, ...] = ()
    modified: str = ""

    @property
    def mtime_ns(self) -> int:
        """When it was changed last, in nanoseconds since 1970; 0 when nothing tells."""
        if not self.modified:
            return 0
        return int(datetime.fromisoformat(self.modified).timestamp()) * 10**9


class Archived:
    """The items of one exporter in one archive.

    `unreadable` are the paths of files that the archive does not hold as it should.
    """

    def __init__(
        self, disk: Disk, state: StateStore, row: ArchiveRow, exporter: str, pages: VaultPages
    ) -> None:
        self.disk = disk
        self.state = state
        self.row = row
        self.exporter = exporter
        self.pages = pages
        self.unreadable: dict[str, None] = {}

    def sources(self, choice: Choice) -> Iterator[Source]:
        """Yield every item, also those that are gone, folder by folder."""
        for folder in self.state.holdings.folders(self.row, self.exporter):
            for line in self._lines(folder):
                value = line.value
                record = value["record"]
                facts = self.pages.facts(record)
                if facts is None:
                    continue
                away = bool(value["gone"] or value.get("in_trash"))
                yield Source(
                    key=line.key,
                    title=value["title"],
                    place=value["place"],
                    folder=folder,
                    digest=digest_of(value),
                    gone=bool(value["gone"]),
                    is_chosen=not away and choice.takes(facts),
                    files=tuple(one for one in value["files"] if not one.get("view")),
                    refers_to=tuple(value.get("refers_to", ())),
                    modified=facts.modified,
                )

    def records(self, folder: str, keys: Collection[str]) -> Iterator[tuple[str, dict[str, Any]]]:
        """Yield these items of one folder with their records, one after the other."""
        for line in self._lines(folder):
            if line.key in keys:
                yield line.key, line.value["record"]

    def _lines(self, folder: str) -> Iterator[Line]:
        path = f"{folder}/{RECORDS}"
        if self.disk.stat(path) is not None:
            yield from read_lines(self.disk, path)


def digest_of(line: dict[str, Any]) -> str:
    """Return a digest of what an item is, wherever the archive keeps it."""
    files = [(one["role"], one["sha256"]) for one in line["files"] if not one.get("view")]
    return digest_of_all(
        line["record"], sorted(files), line["gone"], line.get("in_trash"), line["title"]
    )


def digest_of_all(*what: Any) -> str:
    """Return a digest of values that come out of JSON."""
    return hashlib.sha256(repr(what).encode("utf-8", "replace")).hexdigest()


def _folded(names: tuple[str, ...]) -> set[str]:
    return {name.strip("/").removeprefix("#").casefold() for name in names}


def _below(folder: str, above: str) -> bool:
    return folder == above or folder.startswith(f"{above}/")
