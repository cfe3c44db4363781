"""Texts of older notes, which are HTML as the Notes of their day wrote it, as blocks.

Read with Python's own tolerant parser; whatever is no text and has no meaning in the block model
(styles, scripts) is left out. Tables become tables, pictures attachments by their `cid:`.
"""

import re
from dataclasses import dataclass, field
from html.parser import HTMLParser
from urllib.parse import unquote

from rootcellar_notes.blocks import (
    OBJECT,
    SOFT_BREAK,
    Attachment,
    Body,
    Cell,
    Paragraph,
    Run,
    Style,
)
from rootcellar_notes.blocks import Table as Grid

BLOCKS = frozenset(
    ("div", "p", "ul", "ol", "li", "pre", "blockquote", "table", "tr", "td", "th", "hr", "body")
) | {f"h{level}" for level in range(1, 7)}
SKIPPED = frozenset(("style", "script", "head", "title"))
LEVELS = {"h1": Style.TITLE, "h2": Style.HEADING} | {
    f"h{level}": Style.SUBHEADING for level in range(3, 7)
}
COUNTED = ("blockquote", "pre")
"""What may lie in itself."""
MARKS = {
    **dict.fromkeys(("b", "strong"), "bold"),
    **dict.fromkeys(("i", "em", "cite"), "italic"),
    **dict.fromkeys(("u", "ins"), "underline"),
    **dict.fromkeys(("s", "strike", "del"), "strikethrough"),
}
BASELINES = {"sup": 1, "sub": -1}
LISTS = {"ul": Style.BULLET, "ol": Style.NUMBER}
DASHES = "Apple-dash-list"
"""The class of lists with dashes, in Notes as in Mail."""
SPACES = re.compile("[ \t\n\r\f]+")
"""What HTML takes for one space; that of a full width, or one that is not to break, is none."""
NUMBER = re.compile("-?[0-9]{1,9}")
KEPT = re.compile(r"white-space:\s*(pre|break-spaces)\b")
"""The style of a span whose spaces are meant: Notes writes one around tabs."""
MOST = 200_000
"""Paragraphs of one note; more are damage."""


@dataclass
class Page:
    """What came of one page: its text, and the tables in it by the identifiers they got."""

    body: Body
    tables: dict[str, Grid] = field(default_factory=dict)


def read_html(text: str) -> Page:
    """Return the text of a note that is kept as HTML; never raises."""
    reader = _Reader()
    reader.feed(text)
    reader.close()
    return reader.page()


class _Reader(HTMLParser):
    """Walks the tags, and keeps what is open in lists, innermost last."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.done: list[Paragraph] = []
        self.runs: list[Run] = []
        self.marks: list[str] = []
        self.links: list[str] = []
        self.lists: list[Style] = []
        self.start: int | None = None
        self.spans: list[bool] = []
        self.within = dict.fromkeys(COUNTED, 0)
        self.style: Style | None = None
        self.item = False
        self.after_object = False
        self.skipping = 0
        self.tables: dict[str, Grid] = {}
        self.grid: list[list[Cell]] | None = None
        self.outside: tuple[list[Paragraph], list[Run]] = ([], [])

    # -- tags --------------------------------------------------------------------------------

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.skipping += tag in SKIPPED
        if tag in BLOCKS:
            self.skipping = 0  # a head need not be closed
        if self.skipping:
            return
        if tag in BLOCKS:
            self._end()
        self.after_object = self.after_object and tag == "br"
        given = {name: value or "" for name, value in attrs}
        if tag in MARKS or tag in BASELINES:
            self.marks.append(tag)
        elif tag in LISTS:
            dashes = tag == "ul" and DASHES in given.get("class", "")
            self.lists.append(Style.DASH if dashes else LISTS[tag])
            number = given.get("start", "").strip()
            self.start = int(number) if tag == "ol" and NUMBER.fullmatch(number) else None
        elif tag in LEVELS:
            self.style = LEVELS[tag]
        elif tag in COUNTED:
            self.within[tag] += 1
        elif tag in ("img", "object", "embed"):
            self._attach(given.get("src") or given.get("data", ""))
        elif tag in ("table", "tr"):
            self._open_table(tag)
        else:
            self._open(tag, given)

    def _open(self, tag: str, given: dict[str, str]) -> None:
        if tag == "a":
            self.links.append(given.get("href", ""))
        elif tag == "br":
            self._break()
        elif tag == "li":
            self.item = True
        elif tag == "span":
            self.spans.append(bool(KEPT.search(given.get("style", ""))))

    def handle_endtag(self, tag: str) -> None:
        self.skipping = max(0, self.skipping - (tag in SKIPPED))
        if self.skipping:
            return
        if tag in BLOCKS:
            self._end()
        self.after_object = tag == "object"
        if tag in self.marks:
            del self.marks[len(self.marks) - 1 - self.marks[::-1].index(tag)]
        elif tag in COUNTED:
            self.within[tag] = max(0, self.within[tag] - 1)
        elif tag in LEVELS:
            self.style = None
        else:
            self._close(tag)

    def _close(self, tag: str) -> None:
        if tag == "a" and self.links:
            self.links.pop()
        elif tag == "span" and self.spans:
            self.spans.pop()
        elif tag in LISTS and self.lists:
            self.lists.pop()
        elif tag == "li":
            self.item = False
        elif self.grid is not None:
            self._close_table(tag, self.grid)

    def handle_data(self, data: str) -> None:
        if self.skipping:
            return
        if self.within["pre"] or any(self.spans):
            first, *rest = data.split("\n")
            self._add(first)
            for line in rest:
                self._end(always=True)
                self._add(line)
            return
        words = SPACES.sub(" ", data)
        if not self.runs or self.runs[-1].text.endswith((" ", SOFT_BREAK)):
            words = words.removeprefix(" ")
        self._add(words)

    # -- text --------------------------------------------------------------------------------

    def _add(self, text: str) -> None:
        if not text:
            return
        said = {MARKS[mark] for mark in self.marks if mark in MARKS}
        baseline = next((BASELINES[mark] for mark in self.marks[::-1] if mark in BASELINES), 0)
        link = self.links[-1] if self.links else ""
        self.runs.append(
            Run(
                text,
                "bold" in said,
                "italic" in said,
                "underline" in said,
                "strikethrough" in said,
                baseline,
                link=link,
            )
        )

    def _attach(self, source: str) -> None:
        if source:
            cid = source[:4].lower() == "cid:"
            identifier = unquote(source[4:]).strip("<>") if cid else source
            self.runs.append(Run(OBJECT, attachment=Attachment(identifier)))

    def _break(self) -> None:
        """End a line: a `br` alone in its block is what an empty line looks like.

        One behind the table of an `object` ends the line that the table stands in (the Notes app).
        """
        if self.after_object and not self.runs:
            self.after_object = False
        elif self.item and self.runs:
            self.runs.append(Run(SOFT_BREAK))
        else:
            self._end(always=True)

    def _end(self, *, always: bool = False) -> None:
        """End a paragraph, unless it is empty and nothing says that there is an empty line."""
        if (not self.runs and not always) or len(self.done) > MOST:
            return
        style = self.style or Style.BODY
        if self.within["pre"]:
            style = Style.MONOSPACED
        start: int | None = None
        if self.item and self.lists:
            style = self.lists[-1]
            start, self.start = self.start, None
            if self.runs and self.runs[-1].text == SOFT_BREAK:
                self.runs.pop()  # as any `br` at the end of its block
        self.done.append(
            Paragraph(
                _trimmed(self.runs, keep=bool(self.within["pre"])),
                style,
                max(0, len(self.lists) - 1) if self.item else 0,
                self.within["blockquote"],
                start=start,
            )
        )
        self.runs = []

    # -- tables ------------------------------------------------------------------------------

    def _open_table(self, tag: str) -> None:
        if tag == "table" and self.grid is None:
            self.grid = []
            self.outside = (self.done, self.runs)
            self.done, self.runs = [], []
        elif tag == "tr" and self.grid is not None:
            self.grid.append([])

    def _close_table(self, tag: str, grid: list[list[Cell]]) -> None:
        if tag in ("td", "th") and grid:
            grid[-1].append(tuple(self.done))
            self.done = []
        elif tag == "table":
            self._end_table(grid)

    def _end_table(self, held: list[list[Cell]]) -> None:
        rows = [row for row in held if row]
        width = max(map(len, rows), default=0)
        grid = tuple((*row, *[()] * (width - len(row))) for row in rows)
        left_over = self.done
        (self.done, self.runs), self.grid = self.outside, None
        if grid:
            identifier = f"table {len(self.tables) + 1}"
            self.tables[identifier] = Grid(grid)
            self._attach(identifier)
            self._end()
        self.done.extend(left_over)

    def page(self) -> Page:
        self._end()
        if self.grid is not None:
            self._end_table(self.grid)
        return Page(Body(tuple(self.done)), self.tables)


def _trimmed(runs: list[Run], *, keep: bool) -> tuple[Run, ...]:
    """Return the runs of a paragraph without the space that only laid out the HTML."""
    if keep or not runs or runs[-1].attachment is not None:
        return tuple(runs)
    last = runs[-1].text.rstrip(" ")
    if last == runs[-1].text:
        return tuple(runs)
    rest = tuple(runs[:-1])
    if not last:
        return rest
    old = runs[-1]
    return (*rest, Run(last, old.bold, old.italic, old.underline, old.strikethrough, old.baseline,
                       link=old.link))  # fmt: skip
