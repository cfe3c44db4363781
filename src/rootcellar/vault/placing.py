"""Where pages lie in a vault: as their notes do in Apple Notes, until a person moves them."""

import posixpath
from collections.abc import Mapping, Sequence

from rootcellar.archive.names import fold, portable_stem, with_digest
from rootcellar.vault.archived import Source
from rootcellar.vault.journal import Journal, Page
from rootcellar.vault.linking import Linked
from rootcellar.vault.looking import Vault

ENDING = ".md"
LENGTHS = (0, 4, 8, 16, 64)
"""How many digits of a digest a name gets, until it is free."""


class Placing:
    """Gives every page its path: the one it has, unless its note was renamed or moved."""

    def __init__(self, vault: Vault, journal: Journal, folder: str) -> None:
        self.vault = vault
        self.journal = journal
        self.folder = folder
        self.stayed: list[str] = []
        self._links: Linked | None = None

    def place(self, wanted: Sequence[Source]) -> tuple[dict[str, str], list[str]]:
        """Return the paths by key, and which pages stay only because something links to them."""
        pages = self.journal.pages
        taken = {fold(page.path): key for key, page in pages.items() if not page.deleted}
        paths = {}
        for one in sorted(wanted, key=lambda source: source.key):
            page = pages.get(one.key)
            if page is not None and page.deleted:
                continue
            if page is not None and not self._moves(one, page):
                paths[one.key] = page.path
                continue
            paths[one.key] = self._free(one, page, taken)
            taken[fold(paths[one.key])] = one.key
        return paths, self.stayed

    def _moves(self, one: Source, page: Page) -> bool:
        """Return whether a page goes where its note has gone.

        Not one that the person has moved or changed, nor one that a page of theirs links to: its
        link would lead nowhere.
        """
        if page.own_place or one.place == page.place or not self.vault.is_ours(page):
            return False
        if self._linked().to(page.path):
            self.stayed.append(page.path)
            return False
        return True

    def _linked(self) -> Linked:
        if self._links is None:
            pages = self.journal.pages.values()
            ours = {page.path for page in pages if self.vault.is_ours(page)}
            ours |= {page.beside for page in pages if self.vault.is_beside_ours(page)}
            self._links = self.vault.linked(ours)
        return self._links

    def _free(self, one: Source, page: Page | None, taken: Mapping[str, str]) -> str:
        stem = posixpath.join(self.folder, portable_stem(one.place))
        for length in LENGTHS:
            path = (with_digest(stem, one.key, length) if length else stem) + ENDING
            folded = fold(path)
            own = page is not None and folded == fold(page.path)
            if own or (taken.get(folded, one.key) == one.key and not self.vault.is_taken(path)):
                return path
        raise AssertionError(one.key)  # 64 digits are the whole digest
