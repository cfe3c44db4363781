"""Block models for hypothesis, as hostile as text can be, and what a page must say of them."""

import unicodedata
from collections.abc import Iterator, Sequence
from itertools import groupby
from typing import Any
from urllib.parse import unquote

from hypothesis import strategies as st
from markdown_it import MarkdownIt
from markdown_reading import Char, cleaned

from rootcellar_notes.blocks import (
    HEADINGS,
    LISTS,
    OBJECT,
    Alignment,
    Attachment,
    Body,
    Highlight,
    Paragraph,
    Run,
    Style,
    Table,
)
from rootcellar_notes.markdown import (
    Embed,
    FileEmbed,
    Media,
    NoteLink,
    Surroundings,
    Tag,
    Words,
    note_identifier,
)
from rootcellar_notes.markdown.escaping import BREAKS, INVISIBLE

HOSTILE = [
    *("# a", "## b", "#tag", "#", "> q", "- x", "+ y", "* z", "1. one", "2) two", "---", "***"),
    *("___", "===", "=", "==", "==h==", "```", "`code`", "~~~", "~~s~~", "~", "|", "a | b"),
    *("|---|", ":--", "--- | ---", "[x](y)", "[x]", "[ ] t", "![i](j)", "[[w]]", "![[e]]", "[^1]"),
    *("<b>", "</b>", "<!-- c", "<br>", "&amp;", "&lt;", "&#35;", "&", "\\", "\\*", "\\\\", "a\\"),
    *("**b**", "*i*", "_u_", "__u__", "snake_case_word", "a_", "_a", "$x$", "$5", "%%c%%", "%"),
    *(
        "^id",
        " ^id",
        "http://a.b/c_d_e",
        "<http://x>",
        "a@b.c",
        "!",
        "[",
        "]",
        "(",
        ")",
        ":",
        "::",
    ),
    *("    indented", "\ttab", "  two", " ", "\u00a0", "\u2003", "e\u0301", "\u0338", "\u200b"),
    *("[!note]- t", "[a]: b", "- [ ] t", "🍎", "👩‍🚀", "שלום", "مرحبا", "東京", "€5", "“q”", "…"),
    *("<details>", "</details>", "<p align=left>", "{{x}}", "---\ntitle".replace("\n", "\u2028")),
    *("\u2028", "a\u2028b", "a\u2028\u2028- b", "\r", "\u0085", "\x0b", "\x00", "\x07", OBJECT),
    *("1.", "12345678901. x", "-", "+", "word", "Two words", "plums, pears", ".", ",", "'", '"'),
]
LINKS = [
    "https://example.org/a?b=1&c=2",
    "https://example.org/(a)_b",
    "https://example.org/a b",
    "https://example.org/&amp;x",
    "https://example.org/<x>|y`z",
    "https://example.org/\\*x",
    "https://example.org/été#frag",
    "mailto:a@example.org",
    "tel:+1 234",
    "plain/relative",
    "javascript:alert(1)",
    "file:///a/b.txt",
    "applenotes:note/aaaaaaaa-0000-0000-0000-000000000001?ownerIdentifier=x",
    "applenotes:note/aaaaaaaa-0000-0000-0000-000000000009",
    "a)b\\(c",
    "<",
]
NOTES = {"AAAAAAAA-0000-0000-0000-000000000001": "Folder/Apple pie (old).md"}
EMBEDS: dict[str, Embed] = {
    "image": FileEmbed("attachments/a b (1).png", "a b", Media.IMAGE),
    "file": FileEmbed("attachments/[x] 100%.zip", "100% [x] | *y*"),
    "tag": Tag("#fruit"),
    "words": Words("= 1_0_0 * <2>"),
    "note": NoteLink("applenotes:note/aaaaaaaa-0000-0000-0000-000000000001", "Apple pie"),
    "unknown": NoteLink("applenotes:note/aaaaaaaa-0000-0000-0000-000000000009", "#Gone [1]"),
}
SURROUNDINGS = Surroundings(lambda attachment: _embed(attachment), NOTES.get)
TABLES: dict[str, Table] = {}


def _embed(attachment: Attachment) -> Embed | None:
    return EMBEDS.get(attachment.identifier) or TABLES.get(attachment.identifier)


texts = st.one_of(
    st.lists(st.sampled_from(HOSTILE), min_size=1, max_size=4).map("".join),
    st.lists(st.sampled_from(HOSTILE), min_size=1, max_size=3).map(" ".join),
    st.text(
        st.characters(exclude_categories=["Cs"], exclude_characters="\n"), min_size=1, max_size=8
    ),
    st.text("ab *_`[]()<>&~=$%#!|\\^-+.1:", min_size=1, max_size=12),
)
formats = st.fixed_dictionaries(
    {},
    optional={
        "bold": st.just(True),
        "italic": st.just(True),
        "underline": st.just(True),
        "strikethrough": st.just(True),
        "baseline": st.sampled_from((-1, 1)),
        "highlight": st.sampled_from(list(Highlight)),
        "color": st.just((1.0, 0.5, 0.0, 1.0)),
        "link": st.sampled_from(LINKS),
    },
)
plain_runs = st.builds(Run, texts)
text_runs = st.builds(lambda text, form: Run(text, **form), texts, formats)
embeds = st.sampled_from(sorted(EMBEDS)).map(lambda name: Run(OBJECT, attachment=Attachment(name)))
runs = st.lists(st.one_of(plain_runs, text_runs, text_runs, embeds), max_size=4).map(tuple)


@st.composite
def paragraphs(draw: st.DrawFn) -> Paragraph:
    style = draw(st.sampled_from([*Style, Style.BODY, Style.BULLET, Style.NUMBER]))
    code = style is Style.MONOSPACED
    return Paragraph(
        tuple(draw(st.lists(plain_runs, max_size=2))) if code else draw(runs),
        style,
        indent=draw(st.integers(0, 3)) if style in LISTS else 0,
        quote=draw(st.sampled_from((0, 0, 0, 0, 1, 2))),
        alignment=draw(st.sampled_from((Alignment.NATURAL, Alignment.NATURAL, Alignment.CENTER))),
        start=draw(st.sampled_from((None, None, None, 0, 5, 6, 99)))
        if style is Style.NUMBER
        else None,
        checked=draw(st.booleans()) if style is Style.CHECKLIST else None,
        collapsed=style in HEADINGS and draw(st.booleans()),
    )


bodies = st.builds(
    lambda made: Body(
        tuple(
            Paragraph(
                one.runs,
                one.style,
                one.indent,
                one.quote,
                one.alignment,
                start=one.start,
                checked=one.checked,
                collapsed=one.collapsed and not one.quote,
            )
            for one in made
        )
    ),
    st.lists(paragraphs(), max_size=8),
)
cells = st.lists(
    st.builds(
        lambda inside, style: Paragraph(inside, style), runs, st.sampled_from((Style.BODY,))
    ),
    max_size=2,
).map(tuple)
tables = st.integers(1, 3).flatmap(
    lambda width: st.builds(
        lambda rows, reverse: Table(tuple(rows), reverse),
        st.lists(
            st.lists(cells, min_size=width, max_size=width).map(tuple), min_size=1, max_size=3
        ),
        st.booleans(),
    )
)

READER = MarkdownIt("commonmark")


def lines_of(paragraph: Paragraph, *, obsidian: bool) -> tuple[tuple[Char, ...], ...]:
    """Return the lines a page must show for a paragraph."""
    heading = paragraph.style in HEADINGS
    bold = heading and all(one.bold or not one.text.strip() for one in paragraph.runs)
    found: list[Char] = []
    for run in paragraph.runs:
        known = frozenset() if bold else frozenset({"bold"} if run.bold else ())
        found += _run_chars(run, known, obsidian)
    found = _with_programs_spelled_out(_composed(found))
    lines: list[list[Char]] = [[]]
    for one in found:
        if len(one[0]) == 1 and BREAKS.fullmatch(one[0]):
            lines.append([])
        else:
            lines[-1].append(one)
    return cleaned(lines)


def _composed(found: list[Char]) -> list[Char]:
    """Return characters, those of equal formatting composed across the runs they came in."""
    done: list[Char] = []
    for known, group in groupby(found, key=lambda one: (one[1:], len(one[0]) > 1)):
        held = list(group)
        if known[1]:
            done += held
        else:
            text = unicodedata.normalize("NFC", "".join(one for one, _, _ in held))
            done += [(one, *known[0]) for one in text]
    return done


def _with_programs_spelled_out(found: list[Char]) -> list[Char]:
    """Return characters, after each text that would run a program what that would have been."""
    done: list[Char] = []
    for url, group in groupby(found, key=lambda one: one[2]):
        held = list(group)
        if url.startswith("javascript:"):
            held = [(one, known, "") for one, known, _ in held]
            held += [(one, frozenset(), "") for one in f" ({url})"]
        done += held
    return done


def _run_chars(run: Run, known: frozenset[str], obsidian: bool) -> Iterator[Char]:
    named = {
        "italic": run.italic,
        "underline": run.underline and not run.link,
        "strikethrough": run.strikethrough,
        "superscript": run.baseline > 0,
        "subscript": run.baseline < 0,
        "highlight": run.highlight is not None,
        "color:#ff8000": run.color is not None,
    }
    known |= {name for name, on in named.items() if on}
    if run.attachment is not None:
        yield from _embed_chars(EMBEDS[run.attachment.identifier], known, obsidian)
        return
    for one in composed(run.text):
        yield one, known, shown_link(run.link)


def _embed_chars(embed: Embed, known: frozenset[str], obsidian: bool) -> Iterator[Char]:
    if isinstance(embed, FileEmbed) and embed.media is Media.IMAGE:
        yield "image", frozenset(), embed.path
    elif isinstance(embed, FileEmbed):
        yield from ((one, frozenset(), embed.path) for one in embed.title)
    elif isinstance(embed, Tag) and obsidian:
        yield "tag", frozenset(), embed.text
    elif isinstance(embed, NoteLink):
        path = NOTES.get(note_identifier(embed.url) or "")
        if path:
            yield from ((one, frozenset(), path) for one in embed.text)
        else:
            yield from ((one, known, "") for one in embed.text)
    elif isinstance(embed, Words | Tag):
        yield from ((one, known, "") for one in embed.text)


def composed(text: str) -> str:
    return INVISIBLE.sub("", unicodedata.normalize("NFC", text))


def shown_link(url: str) -> str:
    """Return a link as the parser gives it back, percent-encoding undone."""
    if not url or url.startswith("javascript:"):
        return url
    path = NOTES.get(note_identifier(url) or "")
    return path or unquote(READER.normalizeLink(url))


def expected(  # noqa: C901 - says in one place, flatly, what the renderer does in many
    made: Sequence[Paragraph], *, obsidian: bool
) -> list[tuple[Any, ...]]:
    """Return the events a page must have: the paragraphs, looked at one after another."""
    found: list[tuple[Any, ...]] = []
    sections: list[int] = []
    depths: list[list[Any]] = []
    joins = False
    level = {Style.TITLE: 1, Style.HEADING: 2, Style.SUBHEADING: 3}
    last_quote = 0
    for one in made:
        if one.quote != last_quote:
            depths, joins, last_quote = [], False, one.quote
        lines = lines_of(one, obsidian=obsidian)
        if one.style in LISTS:
            found.append(_item(one, lines, depths))
            joins = False
            continue
        depths = []
        if one.style in HEADINGS:
            joins = False
            while not one.quote and sections and sections[-1] >= level[one.style]:
                sections.pop()
                found.append(("end",))
            # The lines of a heading are told apart by `<br>`.
            if one.collapsed and one.text.strip():
                sections.append(level[one.style])
                found.append(("section", None, lines))
            elif lines:
                found.append(("heading", level[one.style], lines))
        elif one.style is Style.MONOSPACED:
            text = "\n".join(BREAKS.split(composed(one.text))) + "\n"
            if joins == "code":
                text = found.pop()[2] + text
            found.append(("code", one.quote, text))
            joins = "code"
        elif not one.runs or one.alignment is Alignment.CENTER:
            joins = False
            if lines:
                found.append(("text", one.quote, lines))
        elif lines:
            if joins == "text":
                lines = found.pop()[2] + lines
            found.append(("text", one.quote, lines))
            joins = "text"
        elif joins != "text":
            joins = False
    return found + [("end",)] * len(sections)


def _item(one: Paragraph, lines: Any, depths: list[list[Any]]) -> tuple[Any, ...]:
    """Return the event of a list item; `depths` are open lists: [indent, style, start, next]."""
    while depths and depths[-1][0] > one.indent:
        closed = depths.pop()
        if not depths or depths[-1][0] < one.indent:
            # Shallower than what came before, deeper than anything above it: a sibling.
            depths.append([one.indent, *closed[1:]])
    if not depths or depths[-1][0] < one.indent:
        depths.append([one.indent, None, None, 0])
    top = depths[-1]
    new = top[1] is not one.style or (
        one.style is Style.NUMBER and one.start is not None and one.start not in top[2:]
    )
    if new:
        top[1:] = [one.style, one.start, 1 if one.start is None else one.start]
    number = top[3] if one.style is Style.NUMBER else None
    top[3] += 1
    return ("item", one.quote, len(depths), number, one.checked, lines)
