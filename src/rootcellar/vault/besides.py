"""Newer versions that lie beside pages which a person has changed."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from rootcellar.vault.archived import Source
from rootcellar.vault.journal import Journal, Page, Plan
from rootcellar.vault.looking import Vault
from rootcellar.vault.making import Making
from rootcellar.vault.placing import ENDING
from rootcellar.vault.report import VaultReport
from rootcellar.vault.writing import Staged

NEWER = " (from Apple {})"
"""What the name of such a page ends with, with the name of the app."""


@dataclass
class Besides:
    """Lays newer versions beside pages, and keeps them current as long as nobody changes them.

    `app` is where they come from.
    """

    vault: Vault
    journal: Journal
    making: Making
    report: VaultReport
    app: str

    def laid(self, one: Source, page: Page, record: Mapping[str, Any]) -> Staged:
        """Return the newer version of a page that the person has changed, to be written."""
        if not self.vault.is_beside_ours(page):
            page.beside, page.beside_sha256 = self._free(page.path), ""
        self.report.beside.append(page.beside)
        return self._staged(one, page, record)

    def kept_current(self, one: Source, page: Page, record: Mapping[str, Any]) -> Staged | None:
        """Return a version laid earlier, to be written again because what it shows has changed.

        A page that it links to may have gone elsewhere. None when it is current, or the person's.
        """
        if not self.is_due(one, page):
            return None
        self.report.changed += 1
        staged = self._staged(one, page, record)
        staged.counted = "changed"
        return staged

    def is_due(self, one: Source, page: Page) -> bool:
        """Return whether a version laid earlier is ours, and shows what is not so any more."""
        if not self.vault.is_beside_ours(page):
            return False
        files = self.making.files(one, page.beside)
        return self.making.digest(one, page.beside, files, page.path) != page.beside_made

    def _staged(self, one: Source, page: Page, record: Mapping[str, Any]) -> Staged:
        path, over = page.beside, page.beside_sha256
        files = self.making.files(one, path)
        made = self.making.page(one, path, record, files, newer_than=page.path)
        page.source, page.beside_sha256, page.beside_plain = one.digest, made.sha256, made.plain
        page.beside_made = self.making.digest(one, path, files, page.path)
        plan = Plan(one.key, Page(path, made.sha256), over=over, beside=True)
        return Staged(plan, made.data, one.mtime_ns)

    def _free(self, page: str) -> str:
        stem, number = page.removesuffix(ENDING) + NEWER.format(self.app), 1
        path = stem + ENDING
        while self.vault.is_taken(path):
            number += 1
            path = f"{stem} {number}{ENDING}"
        return path
