"""Finder tags and comments: what a file is to bear beside what a person has given it. Pure.

They are a view of an item's record, like a sidecar, but kept by the file system beside the file's
bytes: no archive relies on them, and what a person sets in the Finder is the person's.
"""

import sys
import unicodedata
from collections.abc import Iterable
from pathlib import Path
from typing import Literal, NamedTuple, Protocol

from msgspec import Struct
from msgspec.structs import replace

LabelKind = Literal["tags", "comments"]
HAS_FINDER = sys.platform == "darwin"
"""Whether there is a Finder on this system that would show labels."""


class Labels(Struct, frozen=True):
    """The Finder tags and the Finder comment that a record asks for."""

    tags: tuple[str, ...] = ()
    comment: str = ""

    def of_kinds(self, kinds: Iterable[LabelKind], otherwise: "Labels") -> "Labels":
        """Return these labels as a file can bear them; of kinds not listed, those of `otherwise`.

        A tag is one line, and two that differ only in case are one.
        """
        listed = set(kinds)
        lines = (" ".join(one.split()) for one in self.tags)
        tags = {_folded(line): unicodedata.normalize("NFC", line) for line in lines if line}
        return Labels(
            tuple(tags.values()) if "tags" in listed else otherwise.tags,
            self.comment.strip() if "comments" in listed else otherwise.comment,
        )


class Tag(NamedTuple):
    """One tag that a file bears. `colour` is the Finder's number, 0 for none."""

    name: str
    colour: int = 0


class Borne(Struct, frozen=True):
    """What a file bears in the Finder."""

    tags: tuple[Tag, ...] = ()
    comment: str = ""


class LabelsNotTaken(Exception):
    """A file did not take its labels; the message says why."""


class Labeller(Protocol):
    """Reads and writes what files bear in the Finder; paths are absolute.

    Both raise OSError or LabelsNotTaken.
    """

    def read(self, path: Path) -> Borne:
        """Return what a file bears."""

    def write(self, path: Path, before: Borne, after: Borne) -> None:
        """Make a file that bears `before` bear `after`, and make sure that it does."""


def merged(borne: Borne, ours: Labels, wanted: Labels) -> tuple[Borne, Labels]:
    """Return what a file is to bear, and what of it is then ours.

    `ours` is what we gave it before. What a person has added stays, what a person has taken away
    stays away, and a tag that was there before us is not ours to take away later.
    """
    there = {_folded(tag.name) for tag in borne.tags}
    had = {_folded(name) for name in ours.tags}
    keep = {_folded(name) for name in wanted.tags}
    added = [
        name for name in wanted.tags if _folded(name) not in had and _folded(name) not in there
    ]
    tags = [tag for tag in borne.tags if _folded(tag.name) not in had - keep]
    mine = [name for name in ours.tags if _folded(name) in keep] + added
    comment, my_comment = borne.comment, ours.comment
    if wanted.comment != ours.comment:
        is_free = borne.comment in ("", ours.comment)
        comment = wanted.comment if is_free else borne.comment
        my_comment = wanted.comment if is_free else ""
    return Borne((*tags, *map(Tag, added)), comment), Labels(tuple(mine), my_comment)


def inherited(borne: Borne, former: Borne, ours: Labels) -> Borne:
    """Return what a new version of a file bears when it takes over what a person gave the former.

    `ours` is what we gave the former.
    """
    had = {_folded(name) for name in ours.tags}
    there = {_folded(tag.name) for tag in borne.tags} | had
    own = tuple(tag for tag in former.tags if _folded(tag.name) not in there)
    comment = former.comment if former.comment != ours.comment else ""
    return replace(borne, tags=(*borne.tags, *own), comment=borne.comment or comment)


def _folded(name: str) -> str:
    return unicodedata.normalize("NFC", name).casefold()
