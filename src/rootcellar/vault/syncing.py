"""Bringing the pages of a vault up to date, and leaving alone whatever a person made theirs."""

import hashlib
import itertools
import posixpath
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from rootcellar.archive.disk import Disk
from rootcellar.archive.names import fold
from rootcellar.archive.writer import sha256_of_bytes
from rootcellar.vault.archived import Archived, Choice, Source
from rootcellar.vault.attaching import Attachments
from rootcellar.vault.journal import Page, Plan, part_path, remove, remove_parts, save
from rootcellar.vault.looking import Vault, modified_in
from rootcellar.vault.placing import ENDING, Placing
from rootcellar.vault.remembering import recall
from rootcellar.vault.report import VaultReport
from rootcellar.vault.writing import NOT_OFFERED, Staged, Writing

NEWER = " (from Apple Notes)"
"""What the name of a page with a newer version ends with, beside one that a person has changed."""

Render = Callable[[Mapping[str, Any]], bytes]
"""Renders the template of an exporter's pages with variables."""


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
        self.render = render
        self.report = VaultReport()
        self.vault = Vault(disk, aim.folder)
        self.remembered = recall(disk, self.vault, aim.folder, archived.row.uuid)
        self.aim = aim = replace(aim, folder=self.remembered.folder)
        self.journal = self.remembered.journal
        self.attachments = Attachments(self.vault, archived.disk, self.journal, aim.folder)
        self.paths: dict[str, str] = {}
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
        self._finish_plans()
        sources = list(self.archived.sources(self.aim.choice))
        self._find_pages({source.key for source in sources})
        wanted = [one for one in sources if one.is_chosen or self._is_here(one.key)]
        placing = Placing(self.vault, self.journal, self.aim.folder)
        self.paths, self.report.stayed = placing.place(wanted)
        titles = {source.key: source.title for source in sources}
        self.report.deleted = sorted(
            titles.get(key, key) for key, page in self.journal.pages.items() if page.deleted
        )
        placed = [one for one in wanted if one.key in self.paths]
        for folder, some in itertools.groupby(placed, lambda one: one.folder):
            self._write(folder, some)
        self.writing.carry_out()
        if not self.aim.dry_run:
            save(self.disk, self.aim.folder, self.journal)
            self.disk.flush()
            if self.remembered.former is not None:
                remove(self.disk, self.remembered.former)
            remove_parts(self.disk, self.aim.folder)
        self.report.absent += dict.fromkeys(self.attachments.absent)
        return self.report

    # -- what is there -------------------------------------------------------------------------

    def _finish_plans(self) -> None:
        """Take over what a run that was cut off had written, and remove what it had moved."""
        for number, plan in enumerate(self.journal.plans, 1):
            known = self.journal.pages.get(plan.key)
            path = plan.page.path
            is_written = self.vault.has(path) and self.vault.digest(path) == plan.page.sha256
            if is_written and self._gives_back(plan, number):
                is_written = False
            if plan.beside:
                if known is not None and not is_written:
                    known.source = NOT_OFFERED
                continue
            if is_written:
                if known is not None and fold(plan.was) != fold(path):
                    self._remove_if_ours(plan.was, known)
                self.journal.pages[plan.key] = plan.page
            elif known is not None and self._is_on_its_way(plan):
                known.path, known.place = path, plan.page.place
        self.journal.plans = []

    def _is_on_its_way(self, plan: Plan) -> bool:
        """Return whether a page was renamed already, and not yet written anew."""
        path = plan.page.path
        if self.vault.has(plan.was) or not self.vault.has(path):
            return False
        return self.vault.identifier(path) == plan.key.upper()

    def _gives_back(self, plan: Plan, number: int) -> bool:
        """Give back what somebody typed at the moment at which a run put a page in its place."""
        part = part_path(self.aim.folder, number)
        if not plan.over or self.disk.stat(part) is None:
            return False
        if self.disk.sha256(part) in (plan.over, plan.page.sha256):
            return False
        if not self.aim.dry_run:
            self.disk.rename(part, self.vault.spelled(plan.page.path))
        return True

    def _remove_if_ours(self, path: str, known: Page) -> None:
        is_ours = self.vault.has(path) and self.vault.digest(path) == known.sha256
        if is_ours and not self.aim.dry_run:
            self.vault.remove(path, self.aim.folder)

    def _find_pages(self, keys: Collection[str]) -> None:
        """Find pages that the person has moved, or that nobody remembers; note the deleted."""
        pages = self.journal.pages
        lost = [key for key, page in pages.items() if not self._is_at_its_place(key, page)]
        if not lost and not self.remembered.is_first:
            return
        away = set(lost)  # where one of these lay, another one may lie by now
        known = {page.path for key, page in pages.items() if key not in away}
        there = self.vault.identifiers(known | {page.beside for page in pages.values()})
        for key in lost:
            page = pages[key]
            if key.upper() in there:
                page.path, page.own_place, page.deleted = there[key.upper()], True, False
            elif self.aim.restore_deleted:
                del pages[key]
            else:
                page.deleted = True
        for key in keys - pages.keys():
            if key.upper() in there:
                pages[key] = Page(there[key.upper()], own_place=True)

    def _is_at_its_place(self, key: str, page: Page) -> bool:
        """Return whether a page lies where it did; another note's may have come there instead."""
        if not self.vault.has(page.path):
            return False
        if not page.deleted and self.vault.is_ours(page):
            return True
        page.deleted = page.deleted and self.vault.identifier(page.path) != key.upper()
        return not page.deleted and self.vault.identifier(page.path) in (key.upper(), "")

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
            self.writing.add(self._planned(due[key], record))

    # -- what becomes of one page ----------------------------------------------------------------

    def _is_due(self, one: Source) -> bool:
        """Return whether a page may have to be written; if not, its record is not read again."""
        page = self.journal.pages.get(one.key)
        if page is None or not self.vault.is_ours(page):
            return True
        path = self.paths[one.key]
        made = self._made(one, self._files(one, path, copy=True), self._links(one))
        if page.made != made or page.path != path:
            return True
        self.report.unchanged += 1
        return False

    def _planned(self, one: Source, record: dict[str, Any]) -> Staged | None:
        """Return what is to be written of a note, or None when its page stays as it is."""
        page = self.journal.pages.get(one.key)
        if page is not None and not self.vault.is_ours(page):
            return self._of_the_person(one, page, record)
        path = self.paths[one.key]
        files, links = self._files(one, path, copy=True), self._links(one)
        made = self._made(one, files, links)
        data = self._page(one, path, record, files, links)
        fresh = Page(path, sha256_of_bytes(data), place=one.place, source=one.digest, made=made)
        if page is None:
            self.report.new += 1
            return Staged(Plan(one.key, fresh), data, _modified(record), counted="new")
        fresh.own_place = page.own_place
        if path in self.report.stayed:
            fresh.place = page.place  # it goes along as soon as nothing holds it
        if (fresh.sha256, path) == (page.sha256, page.path):
            fresh.size, fresh.mtime_ns = page.size, page.mtime_ns
            self.journal.pages[one.key] = fresh
            self.report.unchanged += 1
            return None
        counted = self._count(one, page, path)
        plan = Plan(one.key, fresh, was=page.path, over=page.sha256)
        return Staged(plan, data, _modified(record), counted)

    def _count(self, one: Source, page: Page, path: str) -> str:
        """Count a page that is written again, and return as what."""
        name = "moved" if path != page.path else "changed"
        if one.gone and page.source != one.digest:
            name = "gone"
        setattr(self.report, name, getattr(self.report, name) + 1)
        return name

    def _of_the_person(self, one: Source, page: Page, record: dict[str, Any]) -> Staged | None:
        """Return the plan for a newer version beside a page that the person has changed."""
        links = self._links(one)
        files = self._files(one, page.path, copy=False)
        data = self._page(one, page.path, record, files, links)
        if self.vault.digest(page.path) == sha256_of_bytes(data):  # theirs is as ours would be
            self._files(one, page.path, copy=True)
            made = self._made(one, files, links)
            digest = sha256_of_bytes(data)
            fresh = Page(page.path, digest, place=one.place, source=one.digest, made=made)
            self.vault.measure(fresh)
            self.journal.pages[one.key] = fresh
            self.report.unchanged += 1
            return None
        self.report.edited.append(page.path)
        if page.source == one.digest or not (page.source or self._is_older(page, data)):
            page.source = one.digest  # nothing of Apple's has changed since
            return None
        return self._beside(one, page, record, links)

    def _is_older(self, page: Page, fresh: bytes) -> bool:
        """Return whether a page that nobody remembers tells of an earlier state of its note."""
        said = modified_in(self.disk.read(self.vault.spelled(page.path)))
        return bool(said) and said < modified_in(fresh)

    def _beside(
        self, one: Source, page: Page, record: dict[str, Any], links: Mapping[str, str]
    ) -> Staged:
        stem = page.path.removesuffix(ENDING) + NEWER
        path, over = page.beside, page.beside_sha256
        if not (path and self.vault.has(path) and self.vault.digest(path) == over):
            number, over = 1, ""
            path = stem + ENDING
            while self.vault.is_taken(path):
                number += 1
                path = f"{stem} {number}{ENDING}"
        files = self._files(one, path, copy=True)
        newer_than = page.path.removesuffix(ENDING)
        data = self._page(one, path, record, files, links, newer_than)
        page.source, page.beside, page.beside_sha256 = one.digest, path, sha256_of_bytes(data)
        self.report.beside.append(path)
        plan = Plan(one.key, Page(path, sha256_of_bytes(data)), over=over, beside=True)
        return Staged(plan, data, _modified(record))

    # -- what a page is made of ------------------------------------------------------------------

    def _page(
        self,
        one: Source,
        path: str,
        record: dict[str, Any],
        files: Sequence[Mapping[str, Any]],
        links: Mapping[str, str],
        newer_than: str = "",
    ) -> bytes:
        return self.render(
            {
                "record": record,
                "name": posixpath.basename(path).removesuffix(ENDING),
                "gone": one.gone,
                "files": files,
                "links": links,
                "newer_than": newer_than,
            }
        )

    def _made(
        self, one: Source, files: Sequence[Mapping[str, Any]], links: Mapping[str, str]
    ) -> str:
        paths = [(file["role"], file["path"]) for file in files]
        name = posixpath.basename(self.paths[one.key])
        what = (self.aim.template, one.digest, name, paths, sorted(links.items()))
        return hashlib.sha256(repr(what).encode("utf-8", "replace")).hexdigest()

    def _files(self, one: Source, page: str, *, copy: bool) -> list[dict[str, Any]]:
        copy = copy and not self.aim.dry_run
        return list(self.attachments.of(one.key, page, one.files, copy=copy))

    def _links(self, one: Source) -> dict[str, str]:
        return {key: self.paths[key] for key in one.refers_to if key in self.paths}


def _modified(record: dict[str, Any]) -> int:
    """Return when a note was changed last, in nanoseconds since 1970; 0 when nothing tells."""
    from datetime import datetime

    stamp = record.get("modified", "")
    return int(datetime.fromisoformat(stamp).timestamp()) * 10**9 if stamp else 0
