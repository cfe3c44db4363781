"""Looking at a vault as it is: which files there are, whose pages they are, who links to whom."""

import json
import posixpath
import re
from collections.abc import Collection, Iterator

from rootcellar.archive.disk import Disk
from rootcellar.archive.layout import IDENTITY
from rootcellar.archive.names import fold
from rootcellar.errors import UsageError
from rootcellar.vault.journal import Page
from rootcellar.vault.linking import Linked, targets_of, targets_of_canvas

HEAD = 8192
"""Bytes of a page in which its properties are looked for."""
_MODIFIED = re.compile(r"^modified:[ \t]*[\"']?([0-9T:+Z. -]+)", re.MULTILINE)


class Vault:
    """The files of a vault, listed once; hidden ones are nobody's business.

    Nor is an archive that lies in the vault: its pages say as well which notes they are of.
    Folders, and links to files, are no files of ours; their names are taken.
    """

    def __init__(self, disk: Disk, folder: str, identifier: str) -> None:
        """`folder` is where pages are to lie, `identifier` the property that says whose they are.

        Another importer writes that of notes as well.
        """
        self.disk = disk
        self._id = re.compile(rf"^{identifier}:[ \t]*(.+?)[ \t]*$", re.MULTILINE)
        self.files: dict[str, str] = {}
        self.folders: dict[str, str] = {}
        self._others: set[str] = set()
        self._walk(folder)
        self._coming: dict[str, str] = {}

    def _walk(self, wanted: str) -> None:
        """Take down all that is in a vault.

        Folders that are linked to belong to it, as they do for Obsidian; each is seen once: under
        its own name if it has one in the vault, else under that of the folder that is `wanted`.
        """
        seen: set[tuple[int, int]] = set()
        waiting = [""]
        linked: list[str] = []
        while waiting or linked:
            if not waiting:
                linked.sort(key=lambda path: not f"{wanted}/".startswith(f"{path}/"))
            folder = waiting.pop() if waiting else linked.pop(0)
            identity = self.disk.folder_identity(folder)
            if identity is None or identity in seen:
                continue
            seen.add(identity)
            if folder:
                self.folders[fold(folder)] = folder
            for name in self.disk.names(folder):
                if name.startswith("."):
                    continue
                path = f"{folder}/{name}" if folder else name
                if self.disk.stat(path) is not None:
                    self.files[fold(path)] = path
                    continue
                self._others.add(fold(path))
                if not self.disk.exists(f"{path}/{IDENTITY}"):
                    (linked if self.disk.is_link(path) else waiting).append(path)

    def has(self, path: str) -> bool:
        """Return whether a file bears this name, ignoring case and composition."""
        return fold(path) in self.files

    def is_taken(self, path: str) -> bool:
        """Return whether anything at all bears this name; UsageError where no folder can be."""
        above = posixpath.dirname(path)
        while above:
            if fold(above) in self.files:
                raise UsageError(
                    f"{self.disk.root / self.spelled(above)} is a file, and a folder of Notes is "
                    "called so.",
                    hint="Rename the file, and run the same command again.",
                )
            above = posixpath.dirname(above)
        return self.has(path) or fold(path) in self._others

    def spelled(self, path: str) -> str:
        """Return a path as the vault spells it."""
        return self.files.get(fold(path), path)

    def digest(self, path: str) -> str:
        """Return the sha256 of a file, or of what is about to bear its name."""
        folded = fold(path)
        return self._coming.get(folded) or self.disk.sha256(self.files[folded])

    def add(self, path: str, sha256: str = "") -> None:
        """Take down that a file is there now; with a digest, that it will be."""
        self.files[fold(path)] = path
        if sha256:
            self._coming[fold(path)] = sha256

    def remove(self, path: str, above: str) -> None:
        """Remove a file of ours whose text lies elsewhere now, and its folder if it is empty."""
        self.disk.unlink(self.spelled(path))
        self.forget(path, above)

    def forget(self, path: str, above: str) -> None:
        """Take down that a file is no longer there, and remove its folder if it is empty."""
        self.files.pop(fold(path), None)
        self.disk.drop_empty_folder(path.rpartition("/")[0], above)

    def is_ours(self, page: Page) -> bool:
        """Return whether a page is as it was last written; by size and time, else by its bytes."""
        if not page.sha256 or not self.has(page.path):
            return False
        status = self.disk.stat(self.spelled(page.path))
        if status is None or status.size != page.size:
            return False
        return status.mtime_ns == page.mtime_ns or self.digest(page.path) == page.sha256

    def is_beside_ours(self, page: Page) -> bool:
        """Return whether the newer version beside a page is there, as it was last written."""
        return (
            bool(page.beside_sha256)
            and self.has(page.beside)
            and self.digest(page.beside) == page.beside_sha256
        )

    def measure(self, page: Page) -> None:
        """Take down a page's size and time as they are."""
        status = self.disk.stat(self.spelled(page.path))
        if status is not None:
            page.size, page.mtime_ns = status.size, status.mtime_ns

    def pages(self) -> Iterator[str]:
        """Yield the paths of all Markdown files."""
        return (path for folded, path in self.files.items() if folded.endswith(".md"))

    def identifiers(self, besides: Collection[str]) -> dict[str, str]:
        """Return the paths of pages by what they say they are of, `besides` left aside."""
        found: dict[str, str] = {}
        for path in sorted(self.pages()):
            if path not in besides and (identifier := self.identifier(path)):
                found.setdefault(identifier, path)
        return found

    def identifier(self, path: str) -> str:
        """Return which item a page says it is of; "" when it says none."""
        try:
            with self.disk.open(path) as file:
                head = file.read(HEAD).decode("utf-8", "replace")
        except OSError:
            return ""
        if not head.startswith("---"):
            return ""
        properties = head.split("\n---", 1)[0]
        found = self._id.search(properties)
        return _unquoted(found.group(1)).upper() if found else ""

    def linked(self, besides: Collection[str]) -> Linked:
        """Return what pages link to, those of `besides` left aside."""
        targets: set[str] = set()
        for folded, path in self.files.items():
            is_canvas = folded.endswith(".canvas")
            if path in besides or not (is_canvas or folded.endswith(".md")):
                continue
            try:
                text = self.disk.read(path).decode("utf-8", "replace")
            except OSError:
                continue
            targets.update(targets_of_canvas(text) if is_canvas else targets_of(text))
        return Linked(targets)


def modified_in(data: bytes) -> str:
    """Return when the item of a page was changed, as its properties say; "" if they do not.

    Of two pages that this program made, the text that is greater is the later.
    """
    head = data[:HEAD].decode("utf-8", "replace")
    found = _MODIFIED.search(head.split("\n---", 1)[0]) if head.startswith("---") else None
    return found.group(1).strip() if found else ""


def attachment_folder(disk: Disk, otherwise: str) -> str:
    """Return the vault's own setting of where attachments go; `otherwise` when it has none.

    In Obsidian's words: "/" the vault's top, "./" beside the page, "./x" below the page's folder,
    else a folder of the vault. Written in `.obsidian/app.json` once a person has chosen. One that
    leads out of the vault, or to where Obsidian does not look (hidden folders), counts for none.
    """
    try:
        setting = json.loads(disk.read(".obsidian/app.json")).get("attachmentFolderPath")
    except (OSError, ValueError, AttributeError):
        return otherwise
    if not isinstance(setting, str) or any(one < " " for one in setting):
        return otherwise
    hidden = any(part.startswith(".") for part in setting.removeprefix("./").split("/"))
    return otherwise if hidden or not setting else setting


def in_attachment_folder(setting: str, page: str, name: str) -> str:
    """Return the path of an attachment of a page by the vault's setting."""
    if setting.startswith("./"):
        parts = [page.rpartition("/")[0], setting[2:].strip("/"), name]
    else:
        parts = [setting.strip("/"), name]
    return "/".join(part for part in parts if part)


def _unquoted(text: str) -> str:
    if text[:1] == '"':
        try:
            return str(json.loads(text))
        except ValueError:
            return text.strip('"')
    return text.strip("'")
