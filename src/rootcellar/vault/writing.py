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

    `counted` is the count of the report that it is in.
    """

    plan: Plan
    data: bytes
    modified: int
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
            if self._put(one.plan, part):
                self._take_down(one.plan)
            else:
                self._leave(one, part)

    def _leave(self, one: Staged, part: str) -> None:
        """Let a page be that was changed just now; the next run sees it as it is."""
        self.vault.disk.unlink(part)
        path = one.plan.page.path
        self.report.busy.append(one.plan.was or path)
        if one.counted:
            setattr(self.report, one.counted, getattr(self.report, one.counted) - 1)
        if one.plan.beside:
            if path in self.report.beside:
                self.report.beside.remove(path)
            self.journal.pages[one.plan.key].source = NOT_OFFERED

    def _put_file(self, part: str, path: str) -> None:
        try:
            self.vault.disk.rename_to_free(part, path)
        except FileExistsError:
            self.vault.disk.unlink(part)  # a file that somebody has put there just now
            self.report.busy.append(path)
            files = self.journal.files
            self.journal.files = {key: one for key, one in files.items() if one.path != path}
        else:
            self.report.files += 1

    def _put(self, plan: Plan, part: str) -> bool:
        """Bring a page to its place; false when somebody has changed what was to be replaced."""
        disk, path = self.vault.disk, plan.page.path
        was = self.vault.spelled(plan.was or path)
        try:
            if not plan.over:
                disk.rename_to_free(part, path)
                return True
            if disk.sha256(was) != plan.over:
                return False
            if fold(was) == fold(path):
                if not self._replace(part, was, plan.over):
                    return False
                if was != path:
                    disk.rename(was, path)  # its case alone changes
                return True
            disk.rename_to_free(was, path)
            if self._replace(part, path, plan.over):
                return True
            disk.rename_to_free(path, was)
        except (FileNotFoundError, FileExistsError):
            pass  # somebody is at work
        return False

    def _replace(self, part: str, path: str, over: str) -> bool:
        """Put a part in place of a page, and look what the page was; false when all is as before.

        The two change places, so that what somebody typed up to this very moment is still there.
        Where a file system cannot do that, what was typed since the page was looked at is lost; it
        is the blink of an eye.
        """
        disk = self.vault.disk
        if not disk.exchange(part, path):
            disk.rename(part, path)
            return True
        if disk.sha256(part) == over:
            disk.unlink(part)
            return True
        try:
            disk.exchange(part, path)
        except FileNotFoundError:  # moved away as well
            disk.rename_to_free(part, path)
        return False

    def _take_down(self, plan: Plan) -> None:
        path = plan.page.path
        self.vault.add(path)
        if plan.beside:
            return
        if plan.was and fold(plan.was) != fold(path):
            self.vault.forget(plan.was, self.folder)
        self.journal.pages[plan.key] = plan.page
