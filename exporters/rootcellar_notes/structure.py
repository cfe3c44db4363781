"""Arranges the paragraphs of a note as pages need them: lists in lists, code, quotes, sections.

Notes keeps no containers. A list is a streak of paragraphs whose depths may begin above 0 and
jump; numbers go on after deeper items and begin anew after anything that is no list. Nothing is
lost or reordered here: the nodes hold the paragraphs themselves.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field

from rootcellar_notes.blocks import HEADINGS, LISTS, Paragraph, Style

LEVELS = {Style.TITLE: 1, Style.HEADING: 2, Style.SUBHEADING: 3}
"""How deep a heading is, from 1."""


@dataclass(slots=True)
class Lines:
    """Paragraphs of running text that follow one another without an empty one between."""

    paragraphs: list[Paragraph]


@dataclass(slots=True)
class Heading:
    """A title, heading or subheading; `level` from 1."""

    paragraph: Paragraph
    level: int


@dataclass(slots=True)
class Code:
    """Monospaced paragraphs, empty ones among them included."""

    paragraphs: list[Paragraph]


@dataclass(slots=True)
class Entry:
    """An item of a list, with the lists that are nested in it."""

    paragraph: Paragraph
    lists: list["Listing"] = field(default_factory=list)


@dataclass(slots=True)
class Listing:
    """Items of one kind and one depth; `start` is the number of the first (numbered lists)."""

    style: Style
    start: int
    entries: list[Entry]


@dataclass(slots=True)
class Quote:
    """What is quoted, one level deep."""

    nodes: list["Node"]


@dataclass(slots=True)
class Section:
    """A heading that is folded away, and all that is under it."""

    heading: Heading
    nodes: list["Node"]


Node = Lines | Heading | Code | Listing | Quote | Section


def arranged(paragraphs: Sequence[Paragraph]) -> list[Node]:
    """Return the paragraphs of a note (or of a cell of a table) as nested nodes, in order."""
    return _sections(list(paragraphs), 0, len(paragraphs), 0)


def _sections(all_of_them: list[Paragraph], start: int, end: int, quote: int) -> list[Node]:
    nodes: list[Node] = []
    at = start
    while at < end:
        one = all_of_them[at]
        stop = at + 1
        if one.quote > quote:
            while stop < end and all_of_them[stop].quote > quote:
                stop += 1
            nodes.append(Quote(_sections(all_of_them, at, stop, quote + 1)))
        elif one.style in HEADINGS:
            heading = Heading(one, LEVELS[one.style])
            if one.collapsed and one.text.strip():
                stop = _end_of_section(all_of_them, at, end, heading.level)
                inner = _sections(all_of_them, at + 1, stop, quote)
                nodes.append(Section(heading, inner))
            elif one.runs:
                nodes.append(heading)
        else:
            while stop < end and _alike(one, all_of_them[stop]):
                stop += 1
            nodes.extend(_streak(all_of_them[at:stop]))
        at = stop
    return nodes


def _end_of_section(paragraphs: list[Paragraph], at: int, end: int, level: int) -> int:
    """Return where the next heading of the same or a higher level is."""
    for place in range(at + 1, end):
        one = paragraphs[place]
        if one.quote <= paragraphs[at].quote and LEVELS.get(one.style, 9) <= level:
            return place
    return end


def _alike(one: Paragraph, other: Paragraph) -> bool:
    """Tell whether a paragraph belongs to the same streak of text, code or list items."""
    if one.quote != other.quote or other.style in HEADINGS:
        return False
    if one.style in LISTS:
        return other.style in LISTS
    return one.style is other.style


def _streak(paragraphs: list[Paragraph]) -> list[Node]:
    first = paragraphs[0]
    if first.style is Style.MONOSPACED:
        return [Code(paragraphs)]
    if first.style in LISTS:
        return list(_lists(paragraphs))
    nodes: list[Node] = []
    lines: list[Paragraph] = []
    for one in paragraphs:
        if one.runs:
            lines.append(one)
        elif lines:
            nodes.append(Lines(lines))
            lines = []
    return [*nodes, Lines(lines)] if lines else nodes


def _lists(paragraphs: list[Paragraph]) -> list[Listing]:
    """Return the list items of a streak as lists in lists, by their depths alone."""
    tops: list[Listing] = []
    path: list[tuple[int, Entry, list[Listing]]] = []
    for one in paragraphs:
        while path and path[-1][0] >= one.indent:
            path.pop()
        siblings = path[-1][1].lists if path else tops
        entry = Entry(one)
        if siblings and _goes_on(siblings[-1], one):
            siblings[-1].entries.append(entry)
        else:
            siblings.append(Listing(one.style, 1 if one.start is None else one.start, [entry]))
        path.append((one.indent, entry, siblings))
    return tops


def _goes_on(listing: Listing, one: Paragraph) -> bool:
    """Tell whether an item goes on with a list; a number of its own begins another.

    It is its own unless it repeats where the list began, or is the one whose turn it is anyhow.
    """
    if listing.style is not one.style:
        return False
    if one.style is not Style.NUMBER or one.start is None:
        return True
    first = listing.entries[0].paragraph.start
    return one.start in (first, listing.start + len(listing.entries))
