"""Recognising pages: after a run that was cut off, when a person has moved them or their links."""

from collections.abc import Collection

from rootcellar.archive.disk import Disk
from rootcellar.archive.names import fold
from rootcellar.archive.writer import sha256_of_bytes
from rootcellar.vault.journal import Journal, Page, Plan, part_path
from rootcellar.vault.linking import Names, plain_digest
from rootcellar.vault.looking import Vault
from rootcellar.vault.writing import NOT_OFFERED


class Recognising:
    """Brings a journal up to date with what is there; `mended` are the keys of pages whose links
    Obsidian has mended, all of them."""

    def __init__(self, vault: Vault, journal: Journal, folder: str, *, dry_run: bool) -> None:
        self.vault = vault
        self.disk: Disk = vault.disk
        self.journal = journal
        self.folder = folder
        self.dry_run = dry_run
        self.mended: set[str] = set()
        self._former = {fold(page.path): key for key, page in journal.pages.items()}

    # -- plans -------------------------------------------------------------------------------

    def finish_plans(self) -> None:
        """Take over what a run that was cut off had written, and remove what it had moved."""
        for number, plan in enumerate(self.journal.plans, 1):
            known = self.journal.pages.get(plan.key)
            path = plan.page.path
            is_written = self.vault.has(path) and self.vault.digest(path) == plan.page.sha256
            if is_written and self._gives_back(plan, number):
                is_written = False
            if plan.beside:
                if known is not None and not is_written:
                    self._offer_again(known, plan)
                continue
            if is_written:
                if known is not None and fold(plan.was) != fold(path):
                    self._remove_if_ours(plan.was, known)
                self.journal.pages[plan.key] = plan.page
            elif known is not None and self._is_on_its_way(plan):
                known.path, known.place = path, plan.page.place
        self.journal.plans = []

    def _offer_again(self, known: Page, plan: Plan) -> None:
        known.source = NOT_OFFERED
        path = plan.page.path
        if plan.over and self.vault.has(path) and self.vault.digest(path) == plan.over:
            known.beside_sha256 = plan.over

    def _is_on_its_way(self, plan: Plan) -> bool:
        """Return whether a page was renamed already, and not yet written anew."""
        path = plan.page.path
        if self.vault.has(plan.was) or not self.vault.has(path):
            return False
        return self.vault.identifier(path) == plan.key.upper()

    def _gives_back(self, plan: Plan, number: int) -> bool:
        """Give back what somebody typed at the moment at which a run put a page in its place."""
        part = part_path(self.folder, number)
        if not plan.over or self.disk.stat(part) is None:
            return False
        if self.disk.sha256(part) in (plan.over, plan.page.sha256):
            return False
        if not self.dry_run:
            self.disk.rename(part, self.vault.spelled(plan.page.path))
        return True

    def _remove_if_ours(self, path: str, known: Page) -> None:
        is_ours = self.vault.has(path) and self.vault.digest(path) == known.sha256
        if is_ours and not self.dry_run:
            self.vault.remove(path, self.folder)

    # -- pages that lie elsewhere ------------------------------------------------------------

    def find_pages(self, keys: Collection[str], *, is_first: bool, restore_deleted: bool) -> None:
        """Find pages that the person has moved, or that nobody remembers; note the deleted."""
        pages = self.journal.pages
        lost = [key for key, page in pages.items() if not self._is_at_its_place(key, page)]
        if not lost and not is_first:
            return
        away = set(lost)  # where one of these lay, another one may lie by now
        known = {page.path for key, page in pages.items() if key not in away}
        there = self.vault.identifiers(known | {page.beside for page in pages.values()})
        for key in lost:
            page = pages[key]
            if key.upper() in there:
                page.path, page.own_place, page.deleted = there[key.upper()], True, False
            elif self.vault.is_beside_ours(page):
                pages[key] = self._in_its_stead(page)
            elif restore_deleted:
                del pages[key]
            else:
                page.deleted = True
        for key in keys - pages.keys():
            if key.upper() in there:
                pages[key] = Page(there[key.upper()], own_place=True)

    def _in_its_stead(self, page: Page) -> Page:
        """Return the newer version as the page itself: the person has deleted the other one."""
        fresh = Page(page.beside, page.beside_sha256, source=page.source)
        self.vault.measure(fresh)
        return fresh

    def _is_at_its_place(self, key: str, page: Page) -> bool:
        """Return whether a page lies where it did; another note's may have come there instead."""
        if not self.vault.has(page.path):
            return False
        if not page.deleted and self.vault.is_ours(page):
            return True
        page.deleted = page.deleted and self.vault.identifier(page.path) != key.upper()
        return not page.deleted and self.vault.identifier(page.path) in (key.upper(), "")

    # -- links that Obsidian has mended ----------------------------------------------------------

    def find_mended(self) -> None:
        """Take for ours what differs from it only in how links are written that lead to the same.

        Obsidian writes links anew when the person renames or moves what they lead to.
        """
        changed = [
            (key, page)
            for key, page in self.journal.pages.items()
            if not page.deleted
            and not (self.vault.is_ours(page) and self._is_beside_settled(page))
        ]
        if not changed:
            return
        names = Names(self.vault.files)
        self._follow_files(names)
        means = {
            **{fold(one.path): one.sha256 for one in self.journal.files.values()},
            **{fold(one.path): key for key, one in self.journal.pages.items() if not one.deleted},
        }
        for key, page in changed:
            if page.plain and not self.vault.is_ours(page):
                digest, is_mended = self._digest_if(page.path, page.plain, names, means)
                if digest:
                    page.sha256, page.made = digest, ""
                    self.vault.measure(page)
                    self.mended |= {key} if is_mended else set()
            if page.beside_plain and not self._is_beside_settled(page):
                digest, _ = self._digest_if(page.beside, page.beside_plain, names, means)
                if digest:
                    page.beside_sha256, page.beside_made = digest, ""

    def _is_beside_settled(self, page: Page) -> bool:
        return not self.vault.has(page.beside) or self.vault.is_beside_ours(page)

    def _follow_files(self, names: Names) -> None:
        """Follow files of items that the person has moved to another folder."""
        for file in self.journal.files.values():
            if not self.vault.has(file.path):
                for path in names.named(file.path.rpartition("/")[2]):
                    if self.vault.digest(path) == file.sha256:
                        file.path = path
                        break

    def _digest_if(
        self, path: str, plain: str, names: Names, means: dict[str, str]
    ) -> tuple[str, bool]:
        """Return a page's digest if it means what it did, else "", and if every link leads on."""
        former = 0

        def follow(target: str) -> str | None:
            nonlocal former
            found = names.find(target, path)
            if found is not None:
                return means.get(fold(found))
            former += 1
            return self._former.get(f"{fold(target)}.md")

        data = self.disk.read(self.vault.spelled(path))
        same = plain_digest(data, follow) == plain
        return (sha256_of_bytes(data) if same else ""), same and not former
