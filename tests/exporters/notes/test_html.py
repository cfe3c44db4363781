"""The HTML of older notes, as browsers of its day read it: what is space, what is a line."""

import pytest

from rootcellar_notes.blocks import Style
from rootcellar_notes.store.html import read_html


@pytest.mark.parametrize(
    ("html", "text"),
    [
        ("<div>a&nbsp;&nbsp;b</div>", "a\xa0\xa0b"),
        ("<div>&nbsp;</div><div>b</div>", "\xa0\nb"),
        ("<div>two&nbsp; spaces</div>", "two\xa0 spaces"),
        ("<div>りんご\u3000なし</div>", "りんご\u3000なし"),
        ('a<span class="Apple-tab-span" style="white-space:pre">\t\t</span>b', "a\t\tb"),
        ('<div><span style="white-space: pre-wrap">a  b\nc </span> d</div>', "a  b\nc d"),
        ("<div>a <b> b </b> c</div>", "a b c"),
        ("<div>a\r\n\t b </div>\n<div> c</div>", "a b\nc"),
        ("<div>a&#8232;b</div>", "a\u2028b"),
        ("<p>a <br> b</p>", "a\nb"),
    ],
)
def test_spaces_are_those_of_html(html: str, text: str) -> None:
    assert read_html(html).body.text == text


@pytest.mark.parametrize(
    "html",
    [
        "<html><head><title>T</title><body><div>a</div></body></html>",
        "<html><head><style>p {}</style><meta name=x><body>a",
        "<head><div>a</div>",
        "<html><head></head><body>a</body></html>",
        "<head/><body>a",
    ],
)
def test_a_head_that_nobody_closed_hides_no_text(html: str) -> None:
    assert read_html(html).body.text == "a"


def test_lists_keep_their_kind_their_number_and_their_lines() -> None:
    body = read_html(
        '<ul class="Apple-dash-list"><li>a<br></li><li>b<br>c</li></ul>'
        '<ol start="5"><li>d</li><li>e<ul><li>f</li></ul>g</li></ol>'
    ).body
    assert [(one.text, one.style, one.indent, one.start) for one in body.paragraphs] == [
        ("a", Style.DASH, 0, None),
        ("b\u2028c", Style.DASH, 0, None),
        ("d", Style.NUMBER, 0, 5),
        ("e", Style.NUMBER, 0, None),
        ("f", Style.BULLET, 1, None),
        ("g", Style.BODY, 0, None),
    ]


@pytest.mark.parametrize(
    "source", ["cid:a%20b@c", "CID:a b@c", "cid:&lt;a b@c&gt;", "cid:%3Ca%20b%40c%3E"]
)
def test_content_identifiers_are_those_of_urls(source: str) -> None:
    (found,) = read_html(f'<img src="{source}">').body.attachments()
    assert found.identifier == "a b@c"
