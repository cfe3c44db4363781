"""The lists of an archive as pages for a vault: gatherings with the records of their members."""

from collections.abc import Collection, Iterator, Mapping
from typing import Any

import msgspec

from rootcellar.vault.archived import Archived, Choice, Source, digest_of_all

SELF = "gathering"
"""The key under which such a file says what it is itself."""


class Gathered(Archived):
    """The gatherings of one exporter in one archive; each is a folder of its own to the sync."""

    def sources(self, choice: Choice) -> Iterator[Source]:
        """Yield every list that there is a page of, also those that are gone."""
        for key, known in sorted(self.state.documents.gatherings(self.row, self.exporter).items()):
            record, told = self._read(known.path)
            facts = self.pages.facts(record) if told.get("holds") else None
            if facts is None:
                continue
            members = [one for name in told["groups"] for one in record.get(name, ())]
            files = [file for one in members for file in one.get("files", ())]
            content = {name: value for name, value in record.items() if name != "source"}
            yield Source(
                key=key,
                title=told["title"],
                place=told["place"],
                folder=known.path,
                digest=digest_of_all(content, told["gone"], told["title"]),
                gone=told["gone"],
                is_chosen=not told["gone"] and choice.takes(facts),
                files=tuple(file for file in files if not file.get("view")),
                modified=facts.modified,
            )

    def records(self, folder: str, keys: Collection[str]) -> Iterator[tuple[str, dict[str, Any]]]:
        """Yield the one list that lies at this path, with the records of its members."""
        record, told = self._read(folder)
        if told.get("key") in keys:
            yield told["key"], record

    def _read(self, path: str) -> tuple[dict[str, Any], Mapping[str, Any]]:
        try:
            record = msgspec.json.decode(self.disk.read(path), type=dict[str, Any])
            told = record.pop(SELF, {})
            if not told or {"key", "title", "place", "gone", "groups"} <= told.keys():
                return record, told
        except (OSError, msgspec.MsgspecError, AttributeError):
            pass
        self.unreadable[path] = None
        return {}, {}
