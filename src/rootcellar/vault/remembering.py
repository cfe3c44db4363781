"""Finding what is remembered of a vault, also when the folder of the notes was renamed."""

from dataclasses import dataclass

from rootcellar.archive.disk import Disk
from rootcellar.errors import UsageError
from rootcellar.vault.journal import HOME, NAME, Journal, load
from rootcellar.vault.looking import Vault


@dataclass(frozen=True, slots=True)
class Remembered:
    """A journal, and the folder that pages go to; `former` is where else the journal lay.

    `is_first`: nothing is remembered.
    """

    journal: Journal
    folder: str
    former: str | None = None
    is_first: bool = False


def recall(disk: Disk, vault: Vault, asked: str, of: tuple[str, str]) -> Remembered:
    """Return what is remembered of the folder that is asked for.

    `of` are the archive and the exporter. UsageError where another exporter's pages lie there.

    A folder that the person has moved or renamed keeps its pages, and new ones go there. Asked
    for another folder than before, pages stay where they are, and new ones go to that one.
    """
    archive, exporter = of
    journal = load(disk, asked)
    if journal is not None and journal.exporter != exporter:
        raise UsageError(
            f"In {asked or 'the top'} of this vault lie the pages of {journal.exporter} already.",
            hint=f"Name another folder: --folder {exporter}=FOLDER",
        )
    if journal is not None:
        _rebase(journal, asked, vault)
        journal.asked = journal.asked or asked
        return Remembered(journal, asked)
    elsewhere = _elsewhere(disk, vault, of)
    for folder, found in sorted(elsewhere.items(), key=lambda one: one[1].asked != asked):
        _rebase(found, folder, vault)
        if found.asked == asked:
            return Remembered(found, folder)
        found.asked = asked
        return Remembered(found, asked, former=folder)
    return Remembered(
        Journal(archive=archive, exporter=exporter, asked=asked), asked, is_first=True
    )


def _elsewhere(disk: Disk, vault: Vault, of: tuple[str, str]) -> dict[str, Journal]:
    """Return the journals of these pages by the folders they lie in."""
    found = {}
    for folder in sorted(["", *vault.folders.values()]):
        if disk.stat("/".join(part for part in (folder, HOME, NAME) if part)) is not None:
            journal = load(disk, folder)
            if journal is not None and (journal.archive, journal.exporter) == of:
                found[folder] = journal
    return found


def _rebase(journal: Journal, folder: str, vault: Vault) -> None:
    """Let what a journal says of its own folder hold where that folder is now."""
    if journal.folder in ("", folder):
        return
    before = f"{journal.folder}/"
    for file in journal.files.values():
        file.path = _rebased(file.path, before, folder, vault)
    for page in journal.pages.values():
        page.path = _rebased(page.path, before, folder, vault)
        page.beside = _rebased(page.beside, before, folder, vault)
    for plan in journal.plans:
        plan.was = _rebased(plan.was, before, folder, vault)
        plan.page.path = _rebased(plan.page.path, before, folder, vault)


def _rebased(path: str, before: str, folder: str, vault: Vault) -> str:
    if not path.startswith(before) or vault.has(path):
        return path
    moved = f"{folder}/{path.removeprefix(before)}" if folder else path.removeprefix(before)
    return moved if vault.has(moved) else path
