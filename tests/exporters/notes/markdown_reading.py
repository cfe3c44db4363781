"""Reads Markdown back with markdown-it-py, as flat events to compare with a block model.

Obsidian's own syntax is added to the parser as rules, so that text which Obsidian would take for a
tag, a comment, a formula, a highlight or a link is found out.
"""

import re
from collections.abc import Iterator, Sequence
from html.parser import HTMLParser
from typing import Any
from urllib.parse import unquote

from markdown_it import MarkdownIt
from markdown_it.rules_inline import StateInline
from markdown_it.rules_inline.state_inline import Delimiter
from markdown_it.token import Token

Char = tuple[str, frozenset[str], str]
"""A character, its formatting, and the link it belongs to."""

Line = tuple[Char, ...]


def parser(*, obsidian: bool) -> MarkdownIt:
    reader = MarkdownIt("commonmark").enable(["table", "strikethrough"])
    if obsidian:
        reader.inline.ruler.before("link", "wikilink", _wikilink)
        reader.inline.ruler.before("text", "obsidian", _obsidian)
        reader.inline.ruler.at("text", _text)
        reader.inline.ruler.push("highlight", _highlight)
        reader.inline.ruler2.after("strikethrough", "highlight", _highlight_after)
    return reader


STOP = re.compile(r"[\n!#$%&*+\-:<=>@\[\\\]^_`{}~]")


def _text(state: StateInline, silent: bool) -> bool:
    found = STOP.search(state.src, state.pos)
    end = found.start() if found else state.posMax
    if end <= state.pos:
        return False
    if not silent:
        state.pending += state.src[state.pos : end]
    state.pos = end
    return True


def _obsidian(state: StateInline, silent: bool) -> bool:
    before = state.src[state.pos - 1 : state.pos]
    for kind, pattern, apart in (
        ("comment", r"%%.*?(?:%%|\Z)", False),
        ("formula", r"\$\S(?:.*?\S)?\$(?!\d)", False),
        ("tag", r"#[\w/-]*[^\W\d][\w/-]*", True),
        ("block_name", r"\^[\w-]+\Z", True),
    ):
        found = re.compile(pattern, re.DOTALL).match(state.src, state.pos)
        if found and not (apart and before and not before.isspace()):
            if not silent:
                state.push(kind, "", 0).content = found[0]
            state.pos = found.end()
            return True
    return False


def _wikilink(state: StateInline, silent: bool) -> bool:
    found = re.compile(r"!?\[\[([^\[\]\n]+)\]\]").match(state.src, state.pos)
    if not found:
        return False
    if not silent:
        path, _, shown = found[1].replace(r"\|", "|").partition("|")
        token = state.push("embed" if found[0][0] == "!" else "wikilink", "", 0)
        is_note = found[0][0] != "!" and "." not in path.rpartition("/")[2]
        token.meta = {"path": f"{path}.md" if is_note else path}  # as Obsidian finds it
        token.content = shown or path
    state.pos = found.end()
    return True


def _highlight(state: StateInline, silent: bool) -> bool:
    """Take `==` for a delimiter, by the rules of strikethrough."""
    if silent or state.src[state.pos] != "=":
        return False
    scanned = state.scanDelims(state.pos, True)
    if scanned.length < 2:
        return False
    if scanned.length % 2:
        state.push("text", "", 0).content = "="
    for _ in range(scanned.length // 2):
        state.push("text", "", 0).content = "=="
        state.delimiters.append(
            Delimiter(
                marker=ord("="),
                length=0,
                token=len(state.tokens) - 1,
                end=-1,
                open=scanned.can_open,
                close=scanned.can_close,
            )
        )
    state.pos += scanned.length
    return True


def _highlight_after(state: StateInline) -> None:
    groups: list[Any] = [state.delimiters, *(m["delimiters"] for m in state.tokens_meta if m)]
    for group in groups:
        for one in group:
            if one.marker == ord("=") and one.end != -1:
                begin, end = state.tokens[one.token], state.tokens[group[one.end].token]
                begin.type, begin.content, begin.nesting = "mark_open", "", 1
                end.type, end.content, end.nesting = "mark_close", "", -1


FORMATS = {
    "strong": "bold",
    "em": "italic",
    "s": "strikethrough",
    "del": "strikethrough",
    "mark": "highlight",
    "u": "underline",
    "sup": "superscript",
    "sub": "subscript",
}


class _Element(HTMLParser):
    """The one tag of an html_inline token."""

    name, attributes, closing = "", {}, False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.name, self.attributes = tag, {key: value or "" for key, value in attrs}

    def handle_endtag(self, tag: str) -> None:
        self.name, self.closing = tag, True


def chars(children: Sequence[Token]) -> tuple[Line, ...]:  # noqa: C901 - one branch a kind of token
    """Return the lines of an inline token, without empty ones and space at their ends."""
    lines: list[list[Char]] = [[]]
    formats: list[str] = []
    links: list[str] = []

    def add(text: str, link: str = "") -> None:
        known = frozenset(formats)
        lines[-1] += [(one, known, link or (links[-1] if links else "")) for one in text]

    for token in children:
        name = token.type.removesuffix("_open").removesuffix("_close")
        if token.type in ("text", "text_special"):
            add(token.content)
        elif token.type in ("hardbreak", "softbreak"):
            assert token.type == "hardbreak", "a line ended without a hard break"
            lines.append([])
        elif name == "link":
            if token.nesting > 0:
                links.append(unquote(str(token.attrs["href"])))
            else:
                links.pop()
        elif name in FORMATS:
            formats.append(FORMATS[name]) if token.nesting > 0 else formats.remove(FORMATS[name])
        elif token.type == "html_inline":
            element = _Element()
            element.feed(token.content)
            if element.name == "br":
                lines.append([])
            elif element.name == "a":
                links.pop() if element.closing else links.append(element.attributes["href"])
            elif element.name == "span":
                if element.closing:
                    formats.remove(next(one for one in formats[::-1] if one.startswith("color:")))
                else:
                    formats.append(element.attributes["style"])
            elif element.closing:
                formats.remove(FORMATS[element.name])
            else:
                formats.append(FORMATS[element.name])
        elif token.type == "image":
            lines[-1].append(("image", frozenset(), unquote(str(token.attrs["src"]))))
        elif token.type == "embed":
            lines[-1].append(("image", frozenset(), token.meta["path"]))
        elif token.type == "wikilink":
            add(token.content, token.meta["path"])
        elif token.type == "tag":
            lines[-1].append(("tag", frozenset(), token.content))
        else:
            raise AssertionError(f"{token.type}: {token.content!r}")
    assert not formats
    assert not links
    return cleaned(lines)


def cleaned(lines: Sequence[Sequence[Char]]) -> tuple[Line, ...]:
    """Return lines without space at their ends, space itself without formatting."""
    kept = []
    for line in lines:
        bare = [(one, frozenset(), "") if one.isspace() else (one, f, u) for one, f, u in line]
        while bare and bare[0][0].isspace():
            bare.pop(0)
        while bare and bare[-1][0].isspace():
            bare.pop()
        tags = {place for place, one in enumerate(bare) if one[0] == "tag"}
        # A tag has space around it, or it would be none.
        bare = [
            one
            for place, one in enumerate(bare)
            if not (one[0].isspace() and (place - 1 in tags or place + 1 in tags))
        ]
        if bare:
            kept.append(tuple(bare))
    return tuple(kept)


def events(markdown: str, *, obsidian: bool = False) -> list[tuple[Any, ...]]:
    """Return what a page holds: one event for each heading, text, item, code, table, section."""
    return list(_walk(parser(obsidian=obsidian).parse(markdown)))


def _walk(tokens: Sequence[Token]) -> Iterator[tuple[Any, ...]]:  # noqa: C901 - as above
    quote = 0
    lists: list[list[Any]] = []
    quotes: list[bool] = []
    in_item = False
    table: list[list[Any]] = []
    folded = False
    level = 0
    for place, token in enumerate(tokens):
        kind = token.type
        if kind == "blockquote_open":
            first = tokens[place + 2] if place + 2 < len(tokens) else None
            callout = bool(
                first and first.type == "inline" and first.content.startswith("[!note]-")
            )
            quotes.append(callout)
            quote += not callout
        elif kind == "blockquote_close":
            if quotes.pop():
                yield ("end",)
            else:
                quote -= 1
        elif kind in ("bullet_list_open", "ordered_list_open"):
            start = int(token.attrs.get("start", 1)) if kind[0] == "o" else None
            lists.append([kind[0], start])
        elif kind in ("bullet_list_close", "ordered_list_close"):
            lists.pop()
        elif kind == "list_item_open":
            in_item = True
            if tokens[place + 1].type != "paragraph_open":
                yield ("item", quote, len(lists), _number(lists), None, ())
                in_item = False
        elif kind == "heading_open":
            level = int(token.tag[1])
        elif kind == "fence":
            yield ("code", quote, token.content)
        elif kind == "html_block":
            for tag in re.findall(r"<[^>]+>", token.content):
                if tag == "<details>":
                    folded = True
                elif tag == "</summary>" and folded:
                    yield ("section", None, ())
                    folded = False
                elif tag == "</details>":
                    yield ("end",)
                else:
                    assert re.fullmatch(r"</?summary>|</?div.*>", tag), token.content
        elif kind == "table_open":
            table = []
        elif kind == "tr_open":
            table.append([])
        elif kind == "table_close":
            yield ("table", tuple(tuple(row) for row in table))
            table = []
        elif kind == "inline":
            children = list(token.children or ())
            if table:
                table[-1].append(chars(children))
            elif level:
                yield (
                    "section" if folded else "heading",
                    None if folded else level,
                    chars(children),
                )
                level, folded = 0, False
            elif in_item:
                checked = re.match(r"\[([ x])\] ", token.content)
                if checked:
                    assert children[0].type == "text"
                    children[0].content = children[0].content[4:]
                state = None if not checked else checked[1] == "x"
                yield ("item", quote, len(lists), _number(lists), state, chars(children))
                in_item = False
            elif token.content.startswith("[!note]-"):
                children[0].content = children[0].content[len("[!note]-") :]
                yield ("section", None, chars(children))
            else:
                yield ("text", quote, chars(children))
        else:
            assert kind.endswith(("_open", "_close")), kind


def _number(lists: list[list[Any]]) -> int | None:
    number = lists[-1][1]
    if number is not None:
        lists[-1][1] += 1
    return number
