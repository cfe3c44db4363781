"""Bringing the pages of a vault up to date, and leaving alone whatever a person made theirs."""

import itertools
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from typing import Any

from rootcellar.archive.disk import Disk
from rootcellar.vault.archived import Archived, Choice, Source
from rootcellar.vault.attaching import Attachments
from rootcellar.vault.besides import Besides
from rootcellar.vault.journal import Page, Plan, remove, remove_parts, save
from rootcellar.vault.looking import Vault, modified_in
from rootcellar.vault.making import Made, Making, Render
from rootcellar.vault.placing import Placing
from rootcellar.vault.recognising import Recognising
from rootcellar.vault.remembering import recall
from rootcellar.vault.report import VaultReport
from rootcellar.vault.writing import Staged, Writing


@dataclass(frozen=True, slots=True)
class Aim:
    """Where and how: the folder in the vault, what is chosen, the digest of the template."""

    folder: str
    choice: Choice
    template: str
    restore_deleted: bool = False
    dry_run: bool = False


class Sync:
    """One run over one folder of a vault."""

    def __init__(self, disk: Disk, archived: Archived, render: Render, aim: Aim) -> None:
        self.disk = disk
        self.archived = archived
        self.report = VaultReport()
        self.vault = Vault(disk, aim.folder, archived.pages.identifier)
        self.remembered = recall(
            disk, self.vault, aim.folder, (archived.row.uuid, archived.exporter)
        )
        self.aim = aim = replace(aim, folder=self.remembered.folder)
        self.report.folder = aim.folder
        self.journal = self.remembered.journal
        self.attachments = Attachments(self.vault, archived.disk, self.journal, aim.folder)
        self.making = Making(render, aim.template, self.attachments, aim.dry_run)
        self.besides = Besides(
            self.vault, self.journal, self.making, self.report, archived.pages.app
        )
        self.recognising = Recognising(self.vault, self.journal, aim.folder, dry_run=aim.dry_run)
        self.writing = Writing(
            self.vault,
            self.journal,
            aim.folder,
            self.report,
            self.attachments.staged,
            aim.dry_run,
        )

    def run(self) -> VaultReport:
        """Do it all; what is written is known to the journal at every moment."""
        self.recognising.finish_plans()
        sources = list(self.archived.sources(self.aim.choice))
        if not sources and self.remembered.is_first:
            return self.report  # not even a folder is made for nothing
        self.recognising.find_pages(
            {source.key for source in sources},
            is_first=self.remembered.is_first,
            restore_deleted=self.aim.restore_deleted,
        )
        self.recognising.find_mended()
        wanted = [one for one in sources if one.is_chosen or self._is_here(one.key)]
        placing = Placing(self.vault, self.journal, self.aim.folder)
        self.making.paths, self.report.stayed = placing.place(wanted)
        titles = {source.key: source.title for source in sources}
        self.report.deleted = sorted(
            titles.get(key, key) for key, page in self.journal.pages.items() if page.deleted
        )
        placed = [one for one in wanted if one.key in self.making.paths]
        for folder, some in itertools.groupby(placed, lambda one: one.folder):
            self._write(folder, some)
        self.writing.carry_out()
        if not self.aim.dry_run:
            save(self.disk, self.aim.folder, self.journal)
            self.disk.flush()
            if self.remembered.former is not None:
                remove(self.disk, self.remembered.former)
            remove_parts(self.disk, self.aim.folder)
        self.report.absent += dict.fromkeys([*self.archived.unreadable, *self.attachments.absent])
        return self.report

    def _is_here(self, key: str) -> bool:
        page = self.journal.pages.get(key)
        return page is not None and not page.deleted

    # -- writing -------------------------------------------------------------------------------

    def _write(self, folder: str, some: Iterable[Source]) -> None:
        """Plan the pages of one folder of the archive, each record read once, if at all."""
        due = {one.key: one for one in some if self._is_due(one)}
        if not due:
            return
        for key, record in self.archived.records(folder, due):
            for staged in self._planned(due[key], record):
                self.writing.add(staged)

    # -- what becomes of one page ----------------------------------------------------------------

    def _is_due(self, one: Source) -> bool:
        """Return whether a page may have to be written; if not, its record is not read again."""
        page = self.journal.pages.get(one.key)
        if page is None or not self.vault.is_ours(page):
            return True
        path = self.making.paths[one.key]
        made = self.making.digest(one, path, self.making.files(one, path))
        if page.made != made or page.path != path or self.besides.is_due(one, page):
            return True
        self.report.unchanged += 1
        return False

    def _planned(self, one: Source, record: dict[str, Any]) -> Iterator[Staged | None]:
        """Yield what is to be written of an item; None where a page stays as it is."""
        page = self.journal.pages.get(one.key)
        if page is None or self.vault.is_ours(page):
            yield self._ours(one, page, record)
            page = self.journal.pages.get(one.key)
        elif self._has_become_ours(one, page, record):
            return
        else:
            self.report.edited.append(page.path)
            if not self._is_behind(one, page, record):
                page.source = one.digest  # nothing of Apple's has changed since
            else:
                yield self.besides.laid(one, page, record)
        if page is not None:
            yield self.besides.kept_current(one, page, record)

    def _ours(self, one: Source, page: Page | None, record: dict[str, Any]) -> Staged | None:
        path = self.making.paths[one.key]
        files = self.making.files(one, path)
        made = self.making.page(one, path, record, files)
        fresh = self._fresh(one, path, made, files)
        if page is None:
            self.report.new += 1
            return Staged(Plan(one.key, fresh), made.data, one.mtime_ns, "new")
        fresh.own_place = page.own_place
        fresh.beside, fresh.beside_sha256 = page.beside, page.beside_sha256
        fresh.beside_plain, fresh.beside_made = page.beside_plain, page.beside_made
        if path in self.report.stayed:
            fresh.place = page.place  # it goes along as soon as nothing holds it
        is_mended = one.key in self.recognising.mended and made.plain == page.plain
        if path == page.path and (is_mended or fresh.sha256 == page.sha256):
            fresh.sha256, fresh.size, fresh.mtime_ns = page.sha256, page.size, page.mtime_ns
            self.journal.pages[one.key] = fresh
            self.report.unchanged += 1
            return None
        counted = self._count(one, page, path)
        plan = Plan(one.key, fresh, was=page.path, over=page.sha256)
        return Staged(plan, made.data, one.mtime_ns, counted)

    def _fresh(self, one: Source, path: str, made: Made, files: list[dict[str, Any]]) -> Page:
        return Page(
            path,
            made.sha256,
            place=one.place,
            source=one.digest,
            made=self.making.digest(one, path, files),
            plain=made.plain,
        )

    def _count(self, one: Source, page: Page, path: str) -> str:
        """Count a page that is written again, and return as what."""
        name = "moved" if path != page.path else "changed"
        if one.gone and page.source != one.digest:
            name = "gone"
        setattr(self.report, name, getattr(self.report, name) + 1)
        return name

    def _has_become_ours(self, one: Source, page: Page, record: dict[str, Any]) -> bool:
        """Return whether a page of the person's is as ours would be, and take it for ours."""
        made = self.making.page(one, page.path, record, self._uncopied(one, page))
        if self.vault.digest(page.path) != made.sha256:
            return False
        fresh = self._fresh(one, page.path, made, self.making.files(one, page.path))
        self.vault.measure(fresh)
        self.journal.pages[one.key] = fresh
        self.report.unchanged += 1
        return True

    def _is_behind(self, one: Source, page: Page, record: dict[str, Any]) -> bool:
        """Return whether Apple has something newer than what the person has changed.

        A page that nobody remembers may tell itself of an earlier state of its item.
        """
        if page.source:
            return page.source != one.digest
        made = self.making.page(one, page.path, record, self._uncopied(one, page))
        said = modified_in(self.disk.read(self.vault.spelled(page.path)))
        return bool(said) and said < modified_in(made.data)

    def _uncopied(self, one: Source, page: Page) -> list[dict[str, Any]]:
        return self.making.files(one, page.path, copy=False)
