"""A note's body as HTML: all that the block model says, fonts, colours and directions included.

What is returned is the inside of a page's `<body>`; a template puts the rest around it.
"""

from collections.abc import Iterator, Sequence
from html import escape
from urllib.parse import quote

from rootcellar_notes.blocks import (
    Alignment,
    Body,
    Direction,
    Paragraph,
    Run,
    Style,
    Table,
)
from rootcellar_notes.markdown.embeds import (
    Aside,
    Card,
    Embed,
    FileEmbed,
    Gallery,
    Media,
    Missing,
    NoteLink,
    Surroundings,
    Tag,
    Words,
    note_identifier,
)
from rootcellar_notes.markdown.escaping import BREAKS, INVISIBLE, is_active
from rootcellar_notes.markdown.inline import hexadecimal
from rootcellar_notes.structure import (
    Code,
    Heading,
    Lines,
    Listing,
    Node,
    Quote,
    Section,
    arranged,
)

ELEMENTS = {Media.IMAGE: "img", Media.VIDEO: "video", Media.AUDIO: "audio"}


def render_html(body: Body, surroundings: Surroundings | None = None) -> str:
    """Return a note's body as HTML, ending in a line feed ("" for an empty note)."""
    page = _Page(surroundings or Surroundings())
    return "".join(f"{block}\n" for block in page.blocks(arranged(body.paragraphs)) if block)


class _Page:
    """Writes nodes as elements; blocks that attachments need follow the paragraph they are in."""

    def __init__(self, surroundings: Surroundings) -> None:
        self.surroundings = surroundings

    def blocks(self, nodes: Sequence[Node]) -> Iterator[str]:
        for node in nodes:
            if isinstance(node, Lines):
                for paragraph in node.paragraphs:
                    yield from self.paragraph(paragraph, "p")
            elif isinstance(node, Heading):
                yield from self.paragraph(node.paragraph, f"h{node.level}")
            elif isinstance(node, Code):
                lines = [self.inline(one)[0] for one in node.paragraphs]
                yield f"<pre>{chr(10).join(lines)}</pre>"
            elif isinstance(node, Quote):
                yield f"<blockquote>{''.join(self.blocks(node.nodes))}</blockquote>"
            elif isinstance(node, Section):
                head = "".join(self.paragraph(node.heading.paragraph, f"h{node.heading.level}"))
                inner = "".join(self.blocks(node.nodes))
                yield f"<details><summary>{head}</summary>{inner}</details>"
            else:
                yield self.listing(node)

    def paragraph(self, paragraph: Paragraph, element: str) -> Iterator[str]:
        text, below = self.inline(paragraph)
        if text:
            yield f"<{element}{_set(paragraph)}>{text}</{element}>"
        for embed in below:
            yield self.below(embed)

    def listing(self, listing: Listing) -> str:
        items = []
        for entry in listing.entries:
            text, below = self.inline(entry.paragraph)
            if entry.paragraph.checked is not None:
                state = " checked" if entry.paragraph.checked else ""
                text = f'<input type="checkbox" disabled{state}> {text}'
            inner = "".join([*map(self.below, below), *map(self.listing, entry.lists)])
            items.append(f"<li{_set(entry.paragraph)}>{text}{inner}</li>")
        if listing.style is Style.NUMBER:
            start = f' start="{listing.start}"' if listing.start != 1 else ""
            return f"<ol{start}>{''.join(items)}</ol>"
        return f'<ul class="{listing.style}">{"".join(items)}</ul>'

    def inline(self, paragraph: Paragraph) -> tuple[str, list[Embed]]:
        """Return the inside of a paragraph, and what of it needs a block of its own."""
        parts: list[str] = []
        below: list[Embed] = []
        for run in paragraph.runs:
            if run.attachment is None:
                parts.append(self.run(run, _text(run.text)))
                continue
            embed = self.surroundings.embed(run.attachment)
            embed = embed or Missing(run.attachment.uti or "an attachment", "cannot be shown")
            if isinstance(embed, Table | Gallery):
                below.append(embed)
            else:
                parts.append(self.run(run, self.embed(embed)))
                if isinstance(embed, FileEmbed) and embed.asides:
                    below.append(embed)
        return "".join(parts), below

    def run(self, run: Run, inner: str) -> str:
        """Return text with the formatting of its run around it."""
        marks = {
            "b": run.bold and not run.attachment,
            "i": run.italic,
            "u": run.underline,
            "s": run.strikethrough,
            "sup": run.baseline > 0,
            "sub": run.baseline < 0,
        }
        for element in [name for name, on in marks.items() if on]:
            inner = f"<{element}>{inner}</{element}>"
        look = [f"color:{hexadecimal(run.color)}"] if run.color else []
        if run.font and run.font.name:
            look.append(f"font-family:'{run.font.name.translate(QUOTES)}'")
        if run.font and run.font.size > 0:
            look.append(f"font-size:{run.font.size:g}pt")
        if look:
            inner = f'<span style="{escape(";".join(look))}">{inner}</span>'
        if run.highlight:
            inner = f'<mark class="{run.highlight}">{inner}</mark>'
        return self.link(run.link, inner) if run.link else inner

    def link(self, url: str, inner: str) -> str:
        identifier = note_identifier(url)
        path = self.surroundings.note(identifier) if identifier else None
        if path is None and is_active(url):
            return f"{inner} ({_text(url)})"
        target = quote(path) if path is not None else INVISIBLE.sub("", url)
        return f'<a href="{escape(target)}">{inner}</a>'

    def embed(self, embed: Embed) -> str:
        """Return what stands in a line of text besides text."""
        match embed:
            case Words(text):
                return _text(text)
            case Tag(text):
                return f'<span class="tag">#{_text(text.removeprefix("#"))}</span>'
            case NoteLink(url, text):
                return self.link(url, _text(text))
            case Card(url, title, summary):
                said = f": {_text(summary)}" if summary else ""
                return self.link(url, _text(title or url)) + said
            case Missing(title, reason):
                return f"<em>{_text(f'{title}: {reason}' if reason else title)}</em>"
            case FileEmbed():
                return _file(embed)
        return ""

    def below(self, embed: Embed) -> str:
        if isinstance(embed, Table):
            direction = ' dir="rtl"' if embed.right_to_left else ""
            rows = [
                "".join(f"<td>{''.join(self.blocks(arranged(cell)))}</td>" for cell in row)
                for row in embed.rows
            ]
            return f"<table{direction}>{''.join(f'<tr>{row}</tr>' for row in rows)}</table>"
        if isinstance(embed, Gallery):
            pages = "".join(map(_file, embed.files))
            return f"<figure>{pages}</figure>{''.join(map(_aside, embed.asides))}"
        return "".join(map(_aside, embed.asides)) if isinstance(embed, FileEmbed) else ""


QUOTES = str.maketrans("", "", "'\"\\;<>&")


def _text(text: str) -> str:
    return BREAKS.sub("<br>", escape(INVISIBLE.sub("", text)))


def _set(paragraph: Paragraph) -> str:
    """Return the attributes that say how a paragraph is set."""
    said = ""
    if paragraph.alignment is not Alignment.NATURAL:
        said += f' style="text-align:{_ALIGN.get(paragraph.alignment, paragraph.alignment)}"'
    if paragraph.direction is Direction.RIGHT_TO_LEFT:
        said += ' dir="rtl"'
    if paragraph.indent and paragraph.style is Style.BODY:
        said += f' class="indent-{paragraph.indent}"'
    return said


_ALIGN = {Alignment.JUSTIFIED: "justify"}


def _file(file: FileEmbed) -> str:
    path, title = escape(quote(file.path)), escape(file.title or file.path.rpartition("/")[2])
    element = ELEMENTS.get(file.media)
    if element == "img":
        return f'<img src="{path}" alt="{title}">'
    if element:
        return f'<{element} controls src="{path}" title="{title}"></{element}>'
    return f'<a href="{path}">{title}</a>'


def _aside(aside: Aside) -> str:
    lines = aside.text.replace("\n", "\u2028")
    return f"<details><summary>{_text(aside.title)}</summary><p>{_text(lines)}</p></details>"
