"""Writing into a vault, batch by batch: planned in the journal first, then renamed into place."""

from dataclasses import dataclass, field

from rootcellar.archive.names import fold
from rootcellar.vault.journal import Journal, Plan, save, stage
from rootcellar.vault.looking import Vault
from rootcellar.vault.report import VaultReport

BATCH = 200
NOT_OFFERED = "-"
"""Stands for the digest of a version that was to be laid beside a page, and was not."""


@dataclass
class Staged:
    """What is about to be written: the plan, its bytes, and when the note was changed last.

    `over` is the digest of what it replaces, empty for a page that is new. `counted` is the count
    of the report that it is in.
    """

    plan: Plan
    data: bytes
    modified: int
    over: str = ""
    counted: str = ""


@dataclass
class Writing:
    """Gathers what is to be written, and writes it; `files` are parts with the paths they get."""

    vault: Vault
    journal: Journal
    folder: str
    report: VaultReport
    files: list[tuple[str, str]]
    dry_run: bool = False
    staged: list[Staged] = field(default_factory=list)

    def add(self, staged: Staged | None) -> None:
        """Take up a page, if there is one to be written; a full batch is written at once."""
        if staged is not None:
            self.staged.append(staged)
        if len(self.staged) + len(self.files) >= BATCH:
            self.carry_out()

    def carry_out(self) -> None:
        """Write what has been planned, which the journal knows first."""
        staged, files = self.staged, self.files
        self.staged = []
        if self.dry_run or not (staged or files):
            return
        folder = self.folder
        parts = [
            stage(self.vault.disk, folder, number, one.data)
            for number, one in enumerate(staged, 1)
        ]
        for one, part in zip(staged, parts, strict=True):
            found = self.vault.disk.stat(part)
            mtime = self.vault.disk.set_mtime(part, one.modified) if one.modified else 0
            one.plan.page.size = found.size if found else 0
            one.plan.page.mtime_ns = mtime or (found.mtime_ns if found else 0)
        save(self.vault.disk, folder, self.journal, [one.plan for one in staged])
        for part, path in files:
            self._put_file(part, path)
        files.clear()
        for one, part in zip(staged, parts, strict=True):
            if self._is_as_seen(one):
                self._put(one.plan, part)
            else:
                self._leave(one, part)

    def _is_as_seen(self, one: Staged) -> bool:
        """Return whether a page is still what it was when it was judged: somebody may be at work.

        What is typed between this look and the renaming is lost; it is the blink of an eye.
        """
        path, was = one.plan.page.path, one.plan.was or one.plan.page.path
        if one.over:
            there = self.vault.spelled(was)
            if self.vault.disk.stat(there) is None or self.vault.disk.sha256(there) != one.over:
                return False
            return fold(was) == fold(path) or not self.vault.disk.exists(path)
        return not self.vault.disk.exists(path)

    def _leave(self, one: Staged, part: str) -> None:
        """Let a page be that was changed just now; the next run sees it as it is."""
        self.vault.disk.unlink(part)
        path = one.plan.page.path
        self.report.busy.append(one.plan.was or path)
        if one.counted:
            setattr(self.report, one.counted, getattr(self.report, one.counted) - 1)
        if one.plan.beside:
            self.report.beside.remove(path)
            self.journal.pages[one.plan.key].source = NOT_OFFERED

    def _put_file(self, part: str, path: str) -> None:
        if not self.vault.disk.exists(path):
            self.vault.disk.rename(part, path)
            self.report.files += 1
            return
        self.vault.disk.unlink(part)  # a file that somebody has put there just now
        self.report.busy.append(path)
        files = self.journal.files
        self.journal.files = {key: one for key, one in files.items() if one.path != path}

    def _put(self, plan: Plan, part: str) -> None:
        path = plan.page.path
        if not plan.beside and plan.was and fold(plan.was) == fold(path) and plan.was != path:
            self.vault.disk.rename(self.vault.spelled(plan.was), path)  # its case alone changes
        self.vault.disk.rename(part, path)
        self.vault.add(path)
        if plan.beside:
            return
        if plan.was and fold(plan.was) != fold(path):
            self.vault.remove(plan.was, self.folder)
        self.journal.pages[plan.key] = plan.page
