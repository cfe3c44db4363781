"""Bodies as HTML: every element closed, every text as it was, nothing of it markup."""

from html.parser import HTMLParser

from hypothesis import HealthCheck, given, settings
from made_up_bodies import SURROUNDINGS, TABLES, bodies, tables

from rootcellar_notes.blocks import (
    OBJECT,
    Alignment,
    Attachment,
    Body,
    Direction,
    Font,
    Paragraph,
    Run,
    Style,
    Table,
)
from rootcellar_notes.markdown.escaping import BREAKS, INVISIBLE
from rootcellar_notes.markup import render_html

KNOWN = {
    "p",
    "h1",
    "h2",
    "h3",
    "pre",
    "blockquote",
    "details",
    "summary",
    "ul",
    "ol",
    "li",
    "b",
    "i",
    "u",
    "s",
    "sup",
    "sub",
}
KNOWN |= {"span", "mark", "a", "em", "img", "table", "tr", "td", "input", "br"}


class Reader(HTMLParser):
    """Checks that elements are known and closed, and keeps the text."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.text = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        assert tag in KNOWN
        if tag not in ("img", "input", "br"):
            self.open.append(tag)
        for name, value in attrs:
            assert name in {"href", "src", "alt", "style", "class", "start", "type", "dir"} | {
                "disabled",
                "checked",
            }
            assert not (value or "").startswith("javascript:")

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.text += data

    def handle_comment(self, data: str) -> None:
        raise AssertionError(data)


def read(made: Body) -> str:
    reader = Reader()
    reader.feed(render_html(made, SURROUNDINGS))
    reader.close()
    assert not reader.open
    return reader.text


def letters(text: str) -> str:
    return "".join(BREAKS.sub("", INVISIBLE.sub("", text)).split())


@settings(max_examples=500, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(made=bodies)
def test_every_text_is_there_and_none_of_it_is_markup(made: Body) -> None:
    found = letters(read(made))
    for paragraph in made.paragraphs:
        for run in paragraph.runs:
            if run.attachment is None:
                assert letters(run.text) in found


@settings(max_examples=100, deadline=None)
@given(table=tables)
def test_every_cell_is_there(table: Table) -> None:
    TABLES["table"] = table
    found = letters(read(Body((Paragraph((Run(OBJECT, attachment=Attachment("table")),)),))))
    for row in table.rows:
        for cell in row:
            for paragraph in cell:
                for run in paragraph.runs:
                    assert run.attachment or letters(run.text) in found


def test_what_markdown_cannot_say_is_said() -> None:
    styled = Paragraph(
        (Run("שלום", font=Font("Georgia", 17), color=(1, 0, 0, 0.5)),),
        alignment=Alignment.JUSTIFIED,
        direction=Direction.RIGHT_TO_LEFT,
    )
    items = (
        Paragraph((Run("five"),), Style.NUMBER, start=5),
        Paragraph((Run("done"),), Style.CHECKLIST, checked=True, indent=1),
    )
    assert render_html(Body((styled, *items))) == (
        '<p style="text-align:justify" dir="rtl"><span style="color:#ff000080;'
        'font-family:&#x27;Georgia&#x27;;font-size:17pt">שלום</span></p>\n'
        '<ol start="5"><li>five<ul class="checklist"><li>'
        '<input type="checkbox" disabled checked> done</li></ul></li></ol>\n'
    )
