"""A note's body as Markdown: blocks, one after the other. The way in is `render`."""

import re
from collections.abc import Iterator, Sequence

from rootcellar_notes.blocks import Alignment, Body, Paragraph, Run, Style, Table
from rootcellar_notes.markdown.attachments import file_link
from rootcellar_notes.markdown.embeds import Aside, Embed, FileEmbed, Gallery, Surroundings
from rootcellar_notes.markdown.escaping import BREAKS, plain
from rootcellar_notes.markdown.flavours import Flavour
from rootcellar_notes.markdown.inline import in_one_line, inline
from rootcellar_notes.markdown.marks import Setting
from rootcellar_notes.structure import (
    Code,
    Entry,
    Heading,
    Lines,
    Listing,
    Node,
    Quote,
    Section,
    arranged,
)

HARD_BREAK = "  \n"
"""Ends a line inside a paragraph; every reader of Markdown knows it."""

INDENT = 4
"""Spaces a nested list is indented by, at least; more where the number above it is longer."""

LARGEST = 999_999_999
"""The largest number a list may begin with (CommonMark 5.2)."""

MARKERS = {Style.BULLET: "-", Style.DASH: "*", Style.CHECKLIST: "-", Style.NUMBER: "."}
OTHERS = {"-": "+", "*": "+", "+": "-", ".": ")", ")": "."}
"""Which marker a list has, and which when it would run into the list before it."""

INTERRUPTS = re.compile(r"(?:[-+*]|1[.)]) +\S")


def render(
    body: Body, flavour: Flavour = Flavour.GFM, surroundings: Surroundings | None = None
) -> str:
    """Return a note's body as Markdown, ending in a line feed ("" for an empty note).

    Nothing that was written as text can be read as markup. Empty paragraphs separate; how many
    there were is in the record alone, as are fonts and the places of edits.
    """
    runs = [run for paragraph in body.paragraphs for run in paragraph.runs]
    text = "".join([run.text for run in runs])
    once = "".join([one for one in "~$" if text.count(one) == 1])
    if "~" in once and any(run.strikethrough for run in runs):
        once = once.replace("~", "")
    page = _Page(Setting(flavour, surroundings or Surroundings(), once))
    blocks = page.blocks(arranged(body.paragraphs))
    return "\n\n".join(blocks) + "\n" if blocks else ""


class _Page:
    """Writes nodes as blocks: texts of one or more lines, without an empty line at the ends."""

    def __init__(self, setting: Setting) -> None:
        self.setting = setting
        self.obsidian = setting.flavour is Flavour.OBSIDIAN

    def blocks(self, nodes: Sequence[Node]) -> list[str]:
        done: list[str] = []
        marker = ""
        for node in nodes:
            if isinstance(node, Listing):
                # Only another marker keeps lists apart, whatever empty lines are between.
                marker = self.marker(node, marker)
                done.append(self.listing(node, marker))
            elif written := [block for block in self.block(node) if block]:
                done.extend(written)
                marker = ""
        return done

    def block(self, node: Node) -> Iterator[str]:
        if isinstance(node, Lines):
            yield from self.lines(node.paragraphs)
        elif isinstance(node, Heading):
            yield from self.heading(node)
        elif isinstance(node, Code):
            yield from self.code(node.paragraphs)
        elif isinstance(node, Quote):
            inner = "\n\n".join(self.blocks(node.nodes))
            yield _prefixed(inner, "> ") if inner else ""
        elif isinstance(node, Section):
            yield from self.section(node)

    def lines(self, paragraphs: Sequence[Paragraph]) -> Iterator[str]:
        """Yield running text: lines of a paragraph, until something needs a block of its own."""
        held: list[str] = []
        for paragraph in paragraphs:
            lines, below = inline(paragraph, self.setting)
            align = paragraph.alignment in (Alignment.CENTER, Alignment.RIGHT)
            if held and (below or align):
                yield HARD_BREAK.join(held)
                held = []
            if align and lines:
                yield self.aligned(HARD_BREAK.join(lines), paragraph.alignment)
            else:
                held.extend(lines)
            if below:
                yield HARD_BREAK.join(held)
                held = []
                for embed in below:
                    yield from self.below(embed)
        if held:
            yield HARD_BREAK.join(held)

    def aligned(self, text: str, alignment: Alignment) -> str:
        """Return a paragraph that is centred or set to the right, which Obsidian cannot say."""
        return text if self.obsidian else f'<div align="{alignment}">\n\n{text}\n\n</div>'

    def heading(self, node: Heading) -> Iterator[str]:
        lines, below = inline(node.paragraph, self.setting, heading=True)
        if lines:
            yield f"{'#' * node.level} {in_one_line(lines)}"
        for embed in below:
            yield from self.below(embed)

    def code(self, paragraphs: Sequence[Paragraph]) -> Iterator[str]:
        """Yield code between fences; a line that holds more than text is taken out of them."""
        held: list[str] = []
        for paragraph in paragraphs:
            if all(
                run.attachment is None and run.link in ("", run.text) for run in paragraph.runs
            ):
                held.extend(BREAKS.split(plain(paragraph.text)))
                continue
            if held:
                yield _fenced(held)
                held = []
            lines, below = inline(paragraph, self.setting)
            yield HARD_BREAK.join(lines)
            for embed in below:
                yield from self.below(embed)
        if held:
            yield _fenced(held)

    def section(self, node: Section) -> Iterator[str]:
        """Yield a section that is folded away: a callout in Obsidian, else HTML's `details`."""
        heading = list(self.heading(node.heading))
        inner = self.blocks(node.nodes)
        if not self.obsidian:
            yield "<details>\n<summary>"
            yield from heading
            yield "</summary>"
            yield from inner
            yield "</details>"
            return
        title = heading.pop(0).partition(" ")[2] if heading else ""
        head = f"> [!note]- {title}".rstrip()
        rest = "\n\n".join([*heading, *inner])
        yield f"{head}\n>\n{_prefixed(rest, '> ')}" if rest else head

    def marker(self, listing: Listing, taken: str) -> str:
        """Return the marker of a list, other than that of a list right before it."""
        marker = MARKERS[listing.style]
        return OTHERS[marker] if marker == taken else marker

    def listing(self, listing: Listing, marker: str) -> str:
        number = min(max(listing.start, 0), LARGEST)
        items = []
        for entry in listing.entries:
            sign = marker
            if listing.style is Style.NUMBER:
                sign = f"{min(number, LARGEST)}{marker}"
                number += 1
            items.append(self.entry(entry, sign))
        return "\n".join(items)

    def entry(self, entry: Entry, sign: str) -> str:
        lines, below = inline(entry.paragraph, self.setting)
        content = " " * (len(sign) + 1)
        first = HARD_BREAK.join(lines).replace("\n", f"\n{content}")
        if entry.paragraph.checked is not None:
            # Without text there would be no box, but brackets.
            first = f"[{'x' if entry.paragraph.checked else ' '}] {first or '&nbsp;'}"
        parts = [f"{sign} {first}".rstrip(" ")]
        for embed in below:
            parts.extend("\n" + _indented(block, content) for block in self.below(embed))
        indent = " " * max(INDENT, len(content))
        taken = ""
        for nested in entry.lists:
            taken = self.marker(nested, taken)
            text = self.listing(nested, taken)
            # A list right below text must begin with 1 and not with an empty item.
            apart = below or (first and not INTERRUPTS.match(text))
            parts.append(("\n" if apart else "") + _indented(text, indent))
        return "\n".join(parts)

    def below(self, embed: Embed) -> Iterator[str]:
        """Yield what of an attachment needs blocks of its own."""
        if isinstance(embed, Table):
            yield self.table(embed)
        elif isinstance(embed, Gallery):
            pages = [file_link(one, self.setting.flavour, cell=False) for one in embed.files]
            yield HARD_BREAK.join(pages)
            for aside in embed.asides:
                yield from self.aside(aside)
        elif isinstance(embed, FileEmbed):
            for aside in embed.asides:
                yield from self.aside(aside)

    def aside(self, aside: Aside) -> Iterator[str]:
        title = Paragraph((Run(aside.title.replace("\n", " ")),))
        lines = [Paragraph((Run(line),) if line else ()) for line in aside.text.split("\n")]
        yield from self.section(Section(Heading(title, 4), arranged(lines)))

    def table(self, table: Table) -> str:
        """Return a table; its first row becomes the header, which Markdown insists on.

        Readers set columns from left to right, so those of a right-to-left table are reversed.
        """
        if not table.rows or not table.rows[0]:
            return ""
        rows = []
        for row in table.rows:
            cells = [self.cell(cell) for cell in row]
            rows.append(cells[::-1] if table.right_to_left else cells)
        rule = ["---"] * len(rows[0])
        return "\n".join(f"| {' | '.join(cells)} |" for cells in [rows[0], rule, *rows[1:]])

    def cell(self, cell: Sequence[Paragraph]) -> str:
        lines: list[str] = []
        for paragraph, sign in _signed(cell):
            texts, _ = inline(paragraph, self.setting, cell=True)
            if texts or sign:
                lines.append(sign + in_one_line(texts))
        return in_one_line(lines)


def _signed(cell: Sequence[Paragraph]) -> Iterator[tuple[Paragraph, str]]:
    """Yield the paragraphs of a cell, where there can be no lists, with the sign of their item."""
    numbers: dict[int, int] = {}
    for one in cell:
        if one.style is Style.NUMBER:
            number = numbers.get(one.indent, (1 if one.start is None else one.start) - 1) + 1
            numbers = {depth: last for depth, last in numbers.items() if depth < one.indent}
            numbers[one.indent] = number
            yield one, f"{number}. "
            continue
        if one.style is Style.CHECKLIST:
            yield one, "☑ " if one.checked else "☐ "
        else:
            yield one, {Style.BULLET: "• ", Style.DASH: "– "}.get(one.style, "")
            if one.style not in (Style.BULLET, Style.DASH):
                numbers = {}


def _fenced(lines: Sequence[str]) -> str:
    """Return lines between fences longer than any row of backticks in them."""
    text = "\n".join(lines)
    longest = max(map(len, re.findall("`+", text)), default=0)
    fence = "`" * max(3, longest + 1)
    return f"{fence}\n{text}\n{fence}"


def _prefixed(text: str, prefix: str) -> str:
    bare = prefix.rstrip()
    return "\n".join([prefix + line if line else bare for line in text.split("\n")])


def _indented(text: str, indent: str) -> str:
    return "\n".join([indent + line if line else "" for line in text.split("\n")])
