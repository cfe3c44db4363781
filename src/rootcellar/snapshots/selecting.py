"""Which files of a snapshot are meant: by path, glob, exporter, or the title of an item."""

import fnmatch
import json
import re
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence

from rootcellar.archive.names import fold
from rootcellar.canonical import nfc
from rootcellar.errors import UsageError
from rootcellar.snapshots.chain import Tree
from rootcellar.snapshots.contents import Contents

RECORDS_ROLE = "records"


def select(
    tree: Tree, wanted: Sequence[str], tops: Mapping[str, str], contents: Callable[[], Contents]
) -> list[str]:
    """Return the paths that are meant, sorted; without words, all.

    `tops` maps folders at the top to exporters. `contents` is asked for where titles are to be
    compared. Raises UsageError for a word that means nothing in this snapshot.
    """
    if not wanted:
        return sorted(tree)
    found: set[str] = set()
    for word in wanted:
        matched = by_path(tree, word) or _by_exporter(tree, word, tops)
        if not matched:
            matched = _by_title(tree, word, contents())
        if not matched:
            raise UsageError(
                f"Nothing in this snapshot is called {word!r}.",
                hint="Give a path, a folder, a pattern such as 'Photos/2024/*', an exporter, or "
                "the title of an item; which snapshot, with --snapshot (the newest if you name "
                "none). `rootcellar snapshot show` lists what there is.",
            )
        found |= matched
    return sorted(found)


def by_path(tree: Tree, word: str) -> set[str]:
    """Match a path, a folder, a name, or a pattern; `*` stands for anything, also for folders."""
    plain = nfc(word).strip("/").removeprefix("./")
    if plain in tree:
        return {plain}
    folder = f"{plain}/"
    if matched := {path for path in tree if path.startswith(folder)}:
        return matched
    matches = re.compile(fnmatch.translate(plain)).match
    whole = "/" in plain
    return {path for path in tree if matches(path if whole else path.rpartition("/")[2])}


def _by_exporter(tree: Tree, word: str, tops: Mapping[str, str]) -> set[str]:
    folders = {top for top, name in tops.items() if fold(name) == fold(word)}
    return {path for path in tree if path.partition("/")[0] in folders}


def _by_title(tree: Tree, word: str, contents: Contents) -> set[str]:
    """Match the titles of items, told by the records of the snapshot; case does not matter."""
    matches = re.compile(fnmatch.translate(fold(word))).match
    owners: dict[str, set[str]] = {}
    for top, key, title in titles(tree, contents):
        if fold(title) == fold(word) or matches(fold(title)):
            owners.setdefault(key, set()).add(top)
    if not owners:
        return set()
    return {
        path
        for path, entry in tree.items()
        if entry.key and path.partition("/")[0] in owners.get(entry.key, ())
    }


def titles(tree: Tree, contents: Contents) -> Iterator[tuple[str, str, str]]:
    """Yield (folder at the top, key, title) of every item that a snapshot has records of."""
    for path, entry in tree.items():
        if entry.role != RECORDS_ROLE:
            continue
        for line in (contents.read(entry) or b"").splitlines():
            try:
                value = json.loads(line)
                yield path.partition("/")[0], value["key"], value["title"]
            except (ValueError, KeyError, TypeError):
                continue


def records_of(tree: Tree) -> Collection[str]:
    """Return the digests of the records of a snapshot."""
    return {entry.sha256 for entry in tree.values() if entry.role == RECORDS_ROLE}
