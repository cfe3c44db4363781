"""Pages of gatherings: links to the members, rendered beside the gathering's own file."""

from collections.abc import Iterable, Mapping
from pathlib import PurePosixPath
from posixpath import relpath
from typing import TYPE_CHECKING
from urllib.parse import quote

from msgspec.structs import replace

from rootcellar.archive.names import folder_of, portable_suffix, with_digest
from rootcellar.engine.foresight import Render
from rootcellar.engine.writing import Neighbours, Writing
from rootcellar.items import Record
from rootcellar.state.rows import StoredDocument

if TYPE_CHECKING:
    from rootcellar.engine.holding import Held

PAGE = "page"
"""The kind of these documents; their `place` names the template, `digest` what it was made of."""
KEPT = "kept"
"""Stands for the digest of a page that a person has edited, and that is therefore behind."""
Member = tuple[str, bool, str]
"""(path, gone, key) of a member; the path is empty when the archive holds no file of it."""
Groups = Mapping[str, Iterable[Member]]


class Pages:
    """Says which pages a gathering has and should have, and renders them; writes nothing."""

    def __init__(self, writing: Writing, exporter: str, render: Render, views_digest: str) -> None:
        self.writing = writing
        self.exporter = exporter
        self.render = render
        self.views_digest = views_digest
        self.neighbours = Neighbours(writing)
        self.known: dict[str, dict[str, StoredDocument]] = {}
        for page in writing.state.documents.pages(writing.archive, exporter):
            self.known.setdefault(page.key, {})[page.place] = page

    def of(self, gathering: str) -> Mapping[str, StoredDocument]:
        """Return the pages a gathering has, by their templates."""
        return self.known.get(gathering, {})

    def rekey(self, former: str, key: str) -> None:
        """Take the pages of a gathering for those of one with another key."""
        if former in self.known:
            pages = self.known.pop(former)
            self.known[key] = {name: replace(one, key=key) for name, one in pages.items()}

    def are_current(self, gathering: str, views: Iterable[str]) -> bool:
        """Return whether a gathering has the pages it should have, made by these templates."""
        known = self.of(gathering).values()
        made = {page.place for page in known if page.digest == self.views_digest}
        kept = {page.place for page in known if page.digest == KEPT}
        return made | kept == set(views) | kept and all(
            self.writing.disk.stat(page.path) is not None for page in known
        )

    def path(self, gathering: str, template: str, beside: str) -> str:
        """Return the path of a page: that of the gathering's own file, ending as the template."""
        stem = beside.removesuffix(PurePosixPath(beside).suffix)
        suffix = portable_suffix(PurePosixPath(template).suffix)
        former = self.of(gathering).get(template)
        for path in (stem + suffix, with_digest(stem, gathering) + suffix):
            if former is not None and former.path == path:
                return path
            if self.neighbours.is_free(path, self.exporter, frozenset({gathering})):
                return path
        return with_digest(stem, gathering, 16) + suffix

    def page(
        self,
        template: str,
        path: str,
        title: str,
        record: Record,
        groups: Groups,
        held: "Mapping[str, Held] | None" = None,
    ) -> bytes:
        """Return a page rendered: its template gets `record`, `title`, and the members as `files`.

        A member is `{"group", "name", "href", "gone", "key"}`; `href` is a link relative to the
        page, empty when the archive holds no file. Of a gathering that holds records, `files` are
        those of the first group.
        """
        folder = folder_of(path)
        if held is not None:
            first = next(iter(held.values())).beside(path)
            return self.render(template, record, first, title, {})
        members: list[dict[str, object]] = [
            {
                "group": group,
                "name": there.rpartition("/")[2] or key,
                "href": quote(relpath(there, folder)) if there else "",
                "gone": gone,
                "key": key,
            }
            for group, listed in groups.items()
            for there, gone, key in listed
        ]
        return self.render(template, record, members, title, {})
