"""Pages as people see them: what each thing in a note becomes in Markdown and in Obsidian."""

import doctest
from textwrap import dedent

import pytest
from markdown_reading import events

from rootcellar_notes.blocks import (
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
    Aside,
    Card,
    Embed,
    FileEmbed,
    Flavour,
    Gallery,
    Media,
    Missing,
    NoteLink,
    Surroundings,
    Tag,
    Words,
    attachments,
    note_identifier,
    render,
)

PIE = "AAAAAAAA-0000-0000-0000-000000000001"


def line(text: str, style: Style = Style.BODY, **rest: object) -> Paragraph:
    return Paragraph((Run(text),) if text else (), style, **rest)  # type: ignore[arg-type]


def page(*paragraphs: Paragraph, flavour: Flavour = Flavour.GFM, **found: Embed) -> str:
    known = {PIE: "Cakes/Apple pie.md"}
    around = Surroundings(lambda attachment: found.get(attachment.identifier), known.get)
    return render(Body(paragraphs), flavour, around)


def embedded(name: str = "it") -> Paragraph:
    return Paragraph((Run(OBJECT, attachment=Attachment(name, "public.data")),))


def obsidian(*paragraphs: Paragraph, **found: Embed) -> str:
    return page(*paragraphs, flavour=Flavour.OBSIDIAN, **found)


def test_numbers_go_on_after_deeper_items_and_begin_anew_after_text() -> None:
    number = Style.NUMBER
    made = page(
        line("one", number),
        line("two", number),
        line("deep", number, indent=1),
        line("deep too", number, indent=1),
        line("three", number),
        line("", Style.BODY),
        line("one again", number),
        line("text"),
        line("five", number, start=5),
        line("six", number, start=5),
        line("ninety", number, start=90),
    )
    assert made == dedent("""\
        1. one
        2. two
            1. deep
            2. deep too
        3. three

        1) one again

        text

        5. five
        6. six
        90) ninety
        """).replace("6. six\n90) ninety", "6. six\n\n90) ninety")


def test_numbers_that_every_item_says_itself_make_one_list() -> None:
    items = [line("x", Style.NUMBER, start=number) for number in (5, 6, 7)]
    assert page(*items) == "5. x\n6. x\n7. x\n"


def test_lists_of_every_kind_stay_apart_and_nest() -> None:
    made = page(
        line("bullet", Style.BULLET, indent=2),
        line("deeper", Style.DASH, indent=3),
        line("shallower", Style.BULLET),
        line("open", Style.CHECKLIST, checked=False),
        line("done", Style.CHECKLIST, checked=True),
        line("", Style.CHECKLIST, checked=False),
    )
    assert made == dedent("""\
        - bullet
            * deeper
        - shallower

        + [ ] open
        + [x] done
        + [ ] &nbsp;
        """)


def test_a_long_number_still_holds_the_list_nested_in_it() -> None:
    made = page(line("far", Style.NUMBER, start=12345), line("in", Style.BULLET, indent=1))
    assert [event[2] for event in events(made)] == [1, 2]


def test_lines_stay_lines_and_empty_paragraphs_separate() -> None:
    made = page(line("12 Orchard Lane"), line("Applethorpe"), line(""), line(""), line("Next"))
    assert made == "12 Orchard Lane  \nApplethorpe\n\nNext\n"


def test_a_section_folded_away_folds() -> None:
    paragraphs = (
        line("Plums", Style.HEADING, collapsed=True),
        line("below"),
        line("deeper", Style.SUBHEADING),
        line("Pears", Style.HEADING),
    )
    assert page(*paragraphs) == dedent("""\
        <details>
        <summary>

        ## Plums

        </summary>

        below

        ### deeper

        </details>

        ## Pears
        """)
    assert obsidian(*paragraphs) == dedent("""\
        > [!note]- Plums
        >
        > below
        >
        > ### deeper

        ## Pears
        """)


def test_code_is_fenced_with_more_backticks_than_it_holds() -> None:
    made = page(
        line("if a < b:", Style.MONOSPACED),
        line("    ```x", Style.MONOSPACED),
        line("", Style.MONOSPACED),
    )
    assert made == "````\nif a < b:\n    ```x\n\n````\n"


def test_code_that_holds_a_link_or_a_file_loses_neither() -> None:
    linked = Paragraph((Run("here", link="https://example.org"),), Style.MONOSPACED)
    made = page(line("a", Style.MONOSPACED), linked, line("b", Style.MONOSPACED))
    assert made == "```\na\n```\n\n[here](https://example.org)\n\n```\nb\n```\n"


def test_quotes_nest_and_may_hold_anything() -> None:
    made = page(line("said", quote=1), line("by her", quote=2), line("x", Style.BULLET, quote=1))
    assert made == "> said\n>\n> > by her\n>\n> - x\n"


def test_formatting_of_every_kind() -> None:
    runs = (
        Run("bold ", bold=True),
        Run("both", bold=True, italic=True),
        Run(" un", underline=True),
        Run("gone", strikethrough=True),
        Run("2", baseline=1),
        Run("0", baseline=-1),
        Run("lit", highlight=Highlight.MINT),
        Run("red", color=(1, 0, 0, 1)),
    )
    assert page(Paragraph(runs)) == (
        "**bold _both_** <u>un</u>~~gone~~<sup>2</sup><sub>0</sub>"
        '<mark class="mint">lit</mark><span style="color:#ff0000">red</span>\n'
    )
    assert "</sub>==lit==<span" in obsidian(Paragraph(runs))
    assert obsidian(Paragraph((Run("a "), Run("lit", highlight=Highlight.BLUE)))) == "a ==lit==\n"


def test_marks_are_kept_off_spaces_and_out_of_words() -> None:
    assert page(Paragraph((Run("a"), Run(" b ", bold=True), Run("c")))) == "a **b** c\n"
    assert page(Paragraph((Run("un"), Run("believ", italic=True), Run("able")))) == (
        "un<em>believ</em>able\n"
    )
    assert page(Paragraph((Run("Bold", bold=True),), Style.HEADING)) == "## Bold\n"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("# no heading", r"\# no heading"),
        ("1. no list", r"1\. no list"),
        ("- none either", r"\- none either"),
        ("> no quote", r"\> no quote"),
        ("a * b_c <d> [e](f)", r"a \* b_c \<d> \[e\](f)"),
        ("AT&T &amp; 5 > 4", r"AT&T \&amp; 5 > 4"),
        ("--- | ---", r"\--- | ---"),
        ("    far in", "&nbsp;&nbsp;&nbsp;&nbsp;far in"),
        ("costs $5", "costs $5"),
        ("$5 or $6", r"\$5 or \$6"),
    ],
)
def test_what_was_written_as_text_stays_text(text: str, expected: str) -> None:
    assert page(line(text)) == f"{expected}\n"


def test_obsidian_takes_no_text_for_its_own_markup() -> None:
    made = obsidian(line("#notag ==x== %%y%% [[z]] ^w"))
    assert made == "\\#notag \\=\\=x\\=\\= \\%\\%y\\%\\% \\[\\[z\\]\\] \\^w\n"
    assert obsidian(Paragraph((Run("a", bold=True), Run(" ##b")))) == "**a** #\\#b\n"
    assert page(line("#notag")) == "#notag\n"


def test_links_to_notes_lead_to_their_files() -> None:
    url = f"applenotes:note/{PIE.lower()}?ownerIdentifier=_x"
    linked = Paragraph((Run("the pie", link=url),))
    assert page(linked) == "[the pie](Cakes/Apple%20pie.md)\n"
    assert obsidian(linked) == "[[Cakes/Apple pie|the pie]]\n"
    assert page(embedded(), it=NoteLink(url, "Pie")) == "[Pie](Cakes/Apple%20pie.md)\n"
    assert obsidian(embedded(), it=NoteLink(url, "Pie")) == "[[Cakes/Apple pie|Pie]]\n"
    assert page(embedded(), it=NoteLink(url.replace("1?", "2?"), "Gone")) == "Gone\n"


@pytest.mark.parametrize(
    ("url", "identifier"),
    [
        (f"applenotes:note/{PIE.lower()}", PIE),
        (f"applenotes://showNote?identifier={PIE}", PIE),
        (f"notes://showNote?identifier={PIE.lower()}&x=1", PIE),
        (f"https://example.org/{PIE}", None),
        ("applenotes:note/short", None),
        ("notes://[", None),
    ],
)
def test_links_to_notes_are_known(url: str, identifier: str | None) -> None:
    assert note_identifier(url) == identifier


def test_links_that_would_run_something_are_shown_only() -> None:
    assert page(Paragraph((Run("x", link="javascript:alert(1)"),))) == "x (javascript:alert(1))\n"
    assert page(Paragraph((Run("https://a.b/c", link="https://a.b/c"),))) == "<https://a.b/c>\n"


@pytest.mark.parametrize(
    ("embed", "plain", "in_obsidian"),
    [
        (
            FileEmbed("files/a b.png", media=Media.IMAGE),
            "![a b.png](files/a%20b.png)",
            "![[files/a b.png]]",
        ),
        (FileEmbed("f/a.pdf", "Bill", Media.PDF), "[Bill](f/a.pdf)", "![[f/a.pdf]]"),
        (FileEmbed("f/a.zip", "Old"), "[Old](f/a.zip)", "[[f/a.zip|Old]]"),
        (
            FileEmbed("f/a[1].png", "1", Media.IMAGE),
            "![1](f/a%5B1%5D.png)",
            "![1](f/a%5B1%5D.png)",
        ),
        (Tag("#fruit & veg"), "#fruit & veg", "#fruit-veg"),
        (Words("= 4 * 5"), r"= 4 \* 5", r"\= 4 \* 5"),
        (Card("https://a.b", "A [b]", "It is."), r"[A \[b\]](https://a.b): It is.", None),
        (Missing("a.jpg", "only in iCloud"), "<em>a.jpg: only in iCloud</em>", None),
        (None, "<em>public.data: cannot be shown</em>", None),
    ],
)
def test_what_stands_in_the_text(embed: Embed, plain: str, in_obsidian: str | None) -> None:
    found = {"it": embed} if embed else {}
    assert page(embedded(), **found) == f"{plain}\n"
    assert obsidian(embedded(), **found) == f"{in_obsidian or plain}\n"


def test_scans_show_their_pages_and_recordings_their_words() -> None:
    pages = (FileEmbed("1.jpg", "1", Media.IMAGE), FileEmbed("2.jpg", "2", Media.IMAGE))
    assert page(embedded(), it=Gallery(pages)) == "![1](1.jpg)  \n![2](2.jpg)\n"
    sound = FileEmbed("a.m4a", "Talk", Media.AUDIO, (Aside("Transcript", "- no list\nend"),))
    assert obsidian(embedded(), it=sound) == (
        "![[a.m4a]]\n\n> [!note]- Transcript\n>\n> \\- no list  \n> end\n"
    )
    assert "<details>\n<summary>\n\n#### Transcript" in page(embedded(), it=sound)


def test_tables_keep_order_lines_and_direction() -> None:
    def cell(*texts: str, style: Style = Style.BODY) -> tuple[Paragraph, ...]:
        return tuple(line(text, style) for text in texts)

    rows = (
        (cell("a|b"), cell("two", "lines")),
        ((), cell("x", "y", style=Style.NUMBER)),
    )
    assert page(embedded(), it=Table(rows)) == dedent("""\
        | a\\|b | two<br>lines |
        | --- | --- |
        |  | 1. x<br>2. y |
        """)
    assert page(embedded(), it=Table(rows, right_to_left=True)).startswith("| two<br>lines | a")
    assert page(embedded(), it=Table()) == ""


def test_a_table_between_words_stands_between_them() -> None:
    runs = (Run("before "), Run(OBJECT, attachment=Attachment("it")))
    made = page(Paragraph(runs), line("after"), it=Table((((line("x"),),),)))
    assert made == "before\n\n| x |\n| --- |\n\nafter\n"


def test_centred_text_is_centred_where_that_can_be_said() -> None:
    made = line("**", alignment=Alignment.CENTER)
    assert page(made) == '<div align="center">\n\n\\*\\*\n\n</div>\n'
    assert obsidian(made) == "\\*\\*\n"


def test_an_empty_note_is_an_empty_page() -> None:
    assert page() == page(line(""), line("  ")) == ""


def test_examples_in_the_code_are_true() -> None:
    assert doctest.testmod(attachments).failed == 0
