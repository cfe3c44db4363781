"""What a page is made of: its record, the names of its files, and where its links lead."""

import hashlib
import posixpath
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from rootcellar.archive.names import fold
from rootcellar.archive.writer import sha256_of_bytes
from rootcellar.vault.archived import Source
from rootcellar.vault.attaching import Attachments
from rootcellar.vault.linking import plain_digest
from rootcellar.vault.placing import ENDING

Render = Callable[[Mapping[str, Any]], bytes]
"""Renders the template of an exporter's pages with variables."""


@dataclass(frozen=True, slots=True)
class Made:
    """A page as it would be now: its bytes, their digest, and that of what they mean."""

    data: bytes
    sha256: str
    plain: str


@dataclass
class Making:
    """Makes pages; `template` is the digest of the template, `paths` where all pages lie."""

    render: Render
    template: str
    attachments: Attachments
    dry_run: bool = False
    paths: dict[str, str] = field(default_factory=dict)

    def page(
        self,
        one: Source,
        path: str,
        record: Mapping[str, Any],
        files: Sequence[Mapping[str, Any]],
        newer_than: str = "",
    ) -> Made:
        """Return an item's page at a path; `newer_than` is the page beside which it is laid."""
        links = self.links(one)
        data = self.render(
            {
                "record": record,
                "name": posixpath.basename(path).removesuffix(ENDING),
                "gone": one.gone,
                "files": files,
                "links": links,
                "modified": one.modified,
                "newer_than": newer_than.removesuffix(ENDING),
            }
        )
        meanings = {fold(at): key for key, at in links.items()} | {fold(newer_than): one.key}
        meanings |= {fold(str(file["path"])): str(file["sha256"]) for file in files}

        def follow(target: str) -> str | None:
            return meanings.get(fold(target) + ENDING) or meanings.get(fold(target))

        return Made(data, sha256_of_bytes(data), plain_digest(data, follow))

    def digest(
        self, one: Source, path: str, files: Sequence[Mapping[str, Any]], newer_than: str = ""
    ) -> str:
        """Return a digest of all that shapes a page: as before, and it need not be rendered."""
        paths = [(file["role"], file["path"]) for file in files]
        links = sorted(self.links(one).items())
        what = [self.template, one.digest, posixpath.basename(path), paths, links]
        what += [newer_than] if newer_than else []
        return hashlib.sha256(repr(tuple(what)).encode("utf-8", "replace")).hexdigest()

    def files(self, one: Source, page: str, *, copy: bool = True) -> list[dict[str, Any]]:
        """Return an item's files with their paths in the vault, copied there if `copy`."""
        copy = copy and not self.dry_run
        return list(self.attachments.of(one.key, page, one.files, copy=copy))

    def links(self, one: Source) -> dict[str, str]:
        """Return where the pages lie that an item's page links to."""
        return {key: self.paths[key] for key in one.refers_to if key in self.paths}
