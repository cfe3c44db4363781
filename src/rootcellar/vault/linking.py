"""Links of pages and canvases: what they lead to, and what a page says apart from that."""

import hashlib
import json
import posixpath
import re
from collections.abc import Callable, Collection, Iterator, Mapping
from urllib.parse import unquote

from rootcellar.archive.names import fold

_WIKILINK = re.compile(r"\[\[([^\]\n]+?)\]\]")
_LINK = re.compile(r"\]\(<?([^)>\n]+?)>?(?:\s+\"[^\"]*\")?\)")
_REST = re.compile(r"\\?\||#|\^")
"""What ends the target of a wikilink: a heading, a block, the text that is shown."""

Follow = Callable[[str], str | None]
"""Tells what a target means, however it is written; None when it leads nowhere that is known."""


class Linked:
    """What pages link to, as they write it."""

    def __init__(self, targets: Collection[str]) -> None:
        self._targets = {fold(without_ending(one)).lstrip("./") for one in targets}
        self._names = {one.rpartition("/")[2] for one in self._targets}

    def to(self, path: str) -> bool:
        """Return whether anything may mean this page, by its name or by its path."""
        return fold(without_ending(path)).rpartition("/")[2] in self._names


def targets_of(text: str) -> Iterator[str]:
    """Yield what a page links to or embeds: `[[target#heading|shown]]`, `[shown](target)`."""
    for found in _WIKILINK.finditer(text):
        target = _REST.split(found.group(1))[0].strip()
        if target:
            yield target
    for found in _LINK.finditer(text):
        target = found.group(1)
        if not _is_url(target):
            yield unquote(target.partition("#")[0])


def targets_of_canvas(text: str) -> Iterator[str]:
    """Yield what a canvas shows (JSON Canvas: nodes with a `file`), and what its texts link to."""
    try:
        for node in json.loads(text)["nodes"]:
            if isinstance(node.get("file"), str):
                yield node["file"]
            yield from targets_of(str(node.get("text", "")))
    except (ValueError, KeyError, TypeError, AttributeError):
        return


def plain_digest(data: bytes, follow: Follow) -> str:
    """Return the sha256 of a page with what its links mean in place of how they are written.

    It stays the same when Obsidian mends the links of a page because a target was renamed.
    """

    def wiki(found: re.Match[str]) -> str:
        inner = found.group(1)
        target = _REST.split(inner)[0]
        return f"[[{_meant(target.strip(), follow)}{inner[len(target) :]}]]"

    def markdown(found: re.Match[str]) -> str:
        target, hash_, rest = found.group(1).partition("#")
        if _is_url(target):
            return found.group(0)
        return f"]({_meant(unquote(target), follow)}{hash_}{rest})"

    text = _LINK.sub(markdown, _WIKILINK.sub(wiki, data.decode("utf-8", "surrogateescape")))
    return hashlib.sha256(text.encode("utf-8", "surrogateescape")).hexdigest()


class Names:
    """The files of a vault as links find them: by path, from the page's folder, by name alone."""

    def __init__(self, files: Mapping[str, str]) -> None:
        """`files` are paths by how they are folded."""
        self.files = files
        self._by_name: dict[str, list[str]] = {}
        for folded in sorted(files, key=lambda one: (one.count("/"), one)):
            self._by_name.setdefault(folded.rpartition("/")[2], []).append(folded)

    def named(self, name: str) -> list[str]:
        """Return the paths of all files with this name, those near the top first."""
        return [self.files[one] for one in self._by_name.get(fold(name), ())]

    def find(self, target: str, page: str) -> str | None:
        """Return the path of the file that a link of a page leads to."""
        folded = fold(target).lstrip("/")
        folder = fold(page).rpartition("/")[0]
        for ending in ("", ".md"):
            for one in (folded, posixpath.normpath(posixpath.join(folder, folded))):
                if one + ending in self.files:
                    return self.files[one + ending]
        for ending in ("", ".md"):
            for one in self._by_name.get(folded.rpartition("/")[2] + ending, ()):
                if f"/{one}".endswith(f"/{folded}{ending}"):
                    return self.files[one]
        return None


def without_ending(path: str) -> str:
    """Return the path of a page as links to it are written."""
    return path[:-3] if path[-3:].lower() == ".md" else path


def _meant(target: str, follow: Follow) -> str:
    meaning = follow(target) if target else None
    return f"\0{meaning}" if meaning else target


def _is_url(target: str) -> bool:
    return bool(re.match(r"[a-z][a-z0-9+.-]*:", target, re.IGNORECASE))
