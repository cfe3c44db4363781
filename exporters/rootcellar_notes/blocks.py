"""The text of a note as typed data: paragraphs, the runs in them, tables. Pure, and lossless.

Everything here becomes plain JSON with `msgspec.to_builtins` and comes back with
`msgspec.convert(data, Body)`, so a note's record holds its body whole and a page can be rendered
from the record alone. What has its usual value is left out of the JSON.

The paragraphs are kept as Notes keeps them, one after another: a list is only a streak of
paragraphs of one kind. `rootcellar_notes.structure` arranges them (lists in lists, code blocks,
sections), for whoever writes pages.
"""

from enum import StrEnum

from msgspec import Struct

OBJECT = "￼"
"""Stands in the text where an attachment is (U+FFFC, object replacement character)."""

SOFT_BREAK = "\N{LINE SEPARATOR}"
"""A line break inside a paragraph (shift-return in Notes)."""


class Style(StrEnum):
    """What kind of paragraph it is. The numbers Notes uses for them are in `body.styles`."""

    BODY = "body"
    TITLE = "title"
    HEADING = "heading"
    SUBHEADING = "subheading"
    MONOSPACED = "monospaced"
    BULLET = "bullet"
    DASH = "dash"
    NUMBER = "number"
    CHECKLIST = "checklist"


LISTS = frozenset((Style.BULLET, Style.DASH, Style.NUMBER, Style.CHECKLIST))
HEADINGS = frozenset((Style.TITLE, Style.HEADING, Style.SUBHEADING))


class Alignment(StrEnum):
    """How the lines of a paragraph are set; NATURAL follows the direction of the text."""

    NATURAL = "natural"
    LEFT = "left"
    CENTER = "center"
    RIGHT = "right"
    JUSTIFIED = "justified"


class Direction(StrEnum):
    """The writing direction of a paragraph; NATURAL is decided by its first strong letter."""

    NATURAL = "natural"
    LEFT_TO_RIGHT = "ltr"
    RIGHT_TO_LEFT = "rtl"


class Highlight(StrEnum):
    """The five colours of the highlighter (macOS 15, iOS 18 and newer)."""

    PURPLE = "purple"
    PINK = "pink"
    ORANGE = "orange"
    MINT = "mint"
    BLUE = "blue"


class Attachment(Struct, frozen=True, omit_defaults=True, gc=False):
    """Something that stands in the text, known by its identifier alone.

    `identifier` is the ZIDENTIFIER of an ICAttachment or ICInlineAttachment; `uti` says what it
    is, such as `public.jpeg` or `com.apple.notes.table`.
    """

    identifier: str
    uti: str = ""


class Font(Struct, frozen=True, omit_defaults=True, gc=False):
    """A font other than the note's own; `size` in points, 0 when none is said."""

    name: str = ""
    size: float = 0.0
    hints: int = 0


class Run(Struct, frozen=True, omit_defaults=True, gc=False):
    """Text of one formatting, without line feeds.

    `baseline` is +1 for superscript, -1 for subscript. `color` is (red, green, blue, alpha), each
    normally within 0..1. `link` is a URL as Notes stores it (links to notes included). A run with
    an `attachment` has the text `OBJECT` (one for each, though Notes writes only one).
    """

    text: str
    bold: bool = False
    italic: bool = False
    underline: bool = False
    strikethrough: bool = False
    baseline: int = 0
    color: tuple[float, float, float, float] | None = None
    highlight: Highlight | None = None
    font: Font | None = None
    link: str = ""
    attachment: Attachment | None = None


class Paragraph(Struct, frozen=True, omit_defaults=True, gc=False):
    """One paragraph, without the line feed that ends it.

    `indent` is the depth, from 0, in a list or of an indented paragraph. `quote` is the level of
    block quotation, 0 for none. `start` is the number a numbered list begins with, None when
    Notes says nothing. `checked` is the state of an item of a checklist and None elsewhere.
    `identifier` is the paragraph's own UUID (macOS 15 and newer). `collapsed` is true for a
    heading whose section is folded away. `edited` is the Unix time of the last edit, in seconds.
    """

    runs: tuple[Run, ...] = ()
    style: Style = Style.BODY
    indent: int = 0
    quote: int = 0
    alignment: Alignment = Alignment.NATURAL
    direction: Direction = Direction.NATURAL
    start: int | None = None
    checked: bool | None = None
    check_identifier: str = ""
    identifier: str = ""
    hints: int = 0
    collapsed: bool = False
    edited: int = 0

    @property
    def text(self) -> str:
        """The plain text, with `OBJECT` for every attachment."""
        return "".join([run.text for run in self.runs])


class Unknown(Struct, frozen=True, omit_defaults=True, gc=False):
    """A field that this version of rootcellar does not understand, kept as it was.

    `field` is its path, such as `AttributeRun.16`; `value` a number in decimals, or bytes in hex.
    `spans` are the parts of the text it applies to, as (start, length) in UTF-16 units.
    """

    field: str
    value: str
    spans: tuple[tuple[int, int], ...] = ()


class Body(Struct, frozen=True, omit_defaults=True, gc=False):
    """The whole text of a note.

    `troubles` are sentences about what was damaged or contradictory and how it was read anyhow.
    """

    paragraphs: tuple[Paragraph, ...] = ()
    unknown: tuple[Unknown, ...] = ()
    troubles: tuple[str, ...] = ()

    @property
    def text(self) -> str:
        """The plain text: paragraphs joined by line feeds, `OBJECT` for every attachment."""
        return "\n".join([paragraph.text for paragraph in self.paragraphs])

    def attachments(self) -> tuple[Attachment, ...]:
        """Return every attachment in the order of the text, repeated ones repeated."""
        return tuple(
            run.attachment
            for paragraph in self.paragraphs
            for run in paragraph.runs
            if run.attachment is not None
        )


Cell = tuple[Paragraph, ...]
"""What a cell of a table holds; an empty cell has no paragraphs."""


class Table(Struct, frozen=True, omit_defaults=True, gc=False, tag="table"):
    """A table, rows from top to bottom, each with its cells in the order of the columns.

    Every row has the same length. The first column is the one that is read first: the rightmost
    one where `right_to_left` is true.
    """

    rows: tuple[tuple[Cell, ...], ...] = ()
    right_to_left: bool = False
    unknown: tuple[Unknown, ...] = ()
    troubles: tuple[str, ...] = ()


class Segment(Struct, frozen=True, omit_defaults=True, gc=False):
    """A piece of a transcript; times in seconds from the start of the recording."""

    text: str
    speaker: str = ""
    timestamp: float = 0.0
    duration: float = 0.0


class Recording(Struct, frozen=True, omit_defaults=True, gc=False):
    """What an audio attachment knows of itself besides the sound."""

    segments: tuple[Segment, ...] = ()
    summary: str = ""
    top_line_summary: str = ""
    troubles: tuple[str, ...] = ()

    @property
    def transcript(self) -> str:
        """The text of all segments in order of time, joined by spaces."""
        return " ".join([one.text.strip() for one in self.segments if one.text.strip()])
