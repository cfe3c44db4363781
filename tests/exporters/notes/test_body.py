"""Bodies made by hand: every field of the format, damage of every kind, and random bytes."""

import gzip
import plistlib
import time
import tracemalloc
import uuid

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rootcellar.sample.notes_bodies import (
    TableBuilder,
    body,
    document,
    floating,
    note,
    number,
    packed,
    part,
    style,
    units,
)
from rootcellar_notes.blocks import (
    OBJECT,
    Alignment,
    Attachment,
    Body,
    Direction,
    Font,
    Highlight,
    Style,
    Table,
)
from rootcellar_notes.body import (
    decode_body,
    decode_gallery,
    decode_recording,
    decode_table,
    notes,
)

CHECK = uuid.UUID("11111111-2222-3333-4444-555555555555")
HEADING = uuid.UUID("AAAAAAAA-2222-3333-4444-555555555555")


@pytest.mark.parametrize(
    ("kind", "expected"),
    [
        (None, Style.BODY),
        (-1, Style.BODY),
        (0xFFFFFFFF, Style.BODY),
        (0, Style.TITLE),
        (1, Style.HEADING),
        (2, Style.SUBHEADING),
        (3, Style.BODY),
        (4, Style.MONOSPACED),
        (100, Style.BULLET),
        (101, Style.DASH),
        (102, Style.NUMBER),
        (103, Style.CHECKLIST),
    ],
)
def test_every_style_of_paragraph(kind: int | None, expected: Style) -> None:
    read = decode_body(body(("plums\n", style(kind)), ("rest", b"")))
    assert [one.style for one in read.paragraphs] == [expected, Style.BODY]
    assert not read.unknown


def test_all_that_a_paragraph_says_of_itself() -> None:
    state = part(1, CHECK.bytes) + number(2, 1)
    said = [number(2, 1), number(3, 2), number(4, 3), part(5, state), number(6, 9), number(8, 2)]
    read = decode_body(body(("plums\n", style(103, *said, part(9, HEADING.bytes)))))
    one = read.paragraphs[0]
    assert (one.alignment, one.direction) == (Alignment.CENTER, Direction.RIGHT_TO_LEFT)
    assert (one.indent, one.quote, one.hints) == (3, 2, 9)
    assert (one.checked, one.check_identifier) == (True, str(CHECK))
    assert one.identifier == str(HEADING).upper()
    assert decode_body(body(("x", style(102, number(7, 5))))).paragraphs[0].start == 5
    assert not read.unknown


def test_all_that_a_run_says_of_itself() -> None:
    color = b"".join(floating(place, value) for place, value in enumerate((1, 0.5, 0, 1), 1))
    font = part(1, "Georgia") + floating(2, 17)
    said = [part(3, font), number(5, 3), number(6, 1), number(7, 1), number(8, -1), part(9, "a:b")]
    said += [part(10, color), number(13, 1700000000), number(14, 4)]
    (run,) = decode_body(body(("plums", b"".join(said)))).paragraphs[0].runs
    assert run.bold and run.italic and run.underline and run.strikethrough
    assert (run.baseline, run.link, run.highlight) == (-1, "a:b", Highlight.MINT)
    assert run.color == (1, 0.5, 0, 1)
    assert run.font == Font("Georgia", 17)


def test_lengths_count_utf_16_units() -> None:
    read = decode_body(
        body(("a🍎b", number(5, 1)), ("👩‍🚀", number(6, 1)), ("𝄞é東", number(5, 2)))
    )
    assert [run.text for run in read.paragraphs[0].runs] == ["a🍎b", "👩‍🚀", "𝄞é東"]


def test_a_run_never_ends_within_a_character() -> None:
    inner = part(2, "a🍎b") + part(5, number(1, 2) + number(5, 1)) + part(5, number(1, 2))
    runs = decode_body(document(inner)).paragraphs[0].runs
    assert [(run.text, run.bold) for run in runs] == [("a🍎", True), ("b", False)]


def test_runs_that_differ_only_in_the_time_of_their_edit_are_one() -> None:
    read = decode_body(
        body(("plu", number(13, 1700000000)), ("ms\npears", number(13, 1700000009)))
    )
    first, second = read.paragraphs
    assert [run.text for run in first.runs] == ["plums"]
    assert (first.edited, second.edited) == (1700000009, 1700000009)


def test_an_attachment_holds_its_own_character_alone() -> None:
    info = part(12, part(1, "A-1") + part(2, "public.jpeg"))
    read = decode_body(body((f"see {OBJECT} here\n", info), ("end", b"")))
    runs = read.paragraphs[0].runs
    assert [run.text for run in runs] == ["see ", OBJECT, " here"]
    assert read.attachments() == (Attachment("A-1", "public.jpeg"),)
    assert read.text == f"see {OBJECT} here\nend"


def test_what_is_not_understood_is_kept_and_located() -> None:
    odd = number(16, 42) + part(17, b"\xff\x00")
    read = decode_body(body(("plums\n", style(250, part(11, "x"))), ("pears", odd)))
    kept = {one.field: (one.value, one.spans) for one in read.unknown}
    assert kept["AttributeRun.16"] == ("42", ((6, 5),))
    assert kept["AttributeRun.17"] == ("ff00", ((6, 5),))
    assert kept["AttributeRun.2.1"] == ("250", ((0, 6),))
    assert kept["AttributeRun.2.11"] == ("78", ((0, 6),))
    assert read.paragraphs[0].style is Style.BODY
    unknown = decode_body(document(note([("x", b"")]) + number(9, 1)))
    assert [one.field for one in unknown.unknown] == ["Note.9"]


def test_a_body_is_plain_json_and_comes_back_whole() -> None:
    info = part(12, part(1, "A-1"))
    color = part(10, floating(1, 0.3))
    read = decode_body(body(("a\n", style(103) + color), (OBJECT, info), ("b", number(16, 1))))
    assert msgspec.convert(msgspec.json.decode(msgspec.json.encode(read)), Body) == read


@pytest.mark.parametrize("spelled", ["upper", "lower", "bytes", "utf-16", "gzip"])
def test_sections_folded_away_are_known_however_their_names_are_spelled(spelled: str) -> None:
    data = body(
        ("Plums\n", style(1, part(9, HEADING.bytes))),
        ("Pears\n", style(1, part(9, CHECK.bytes))),
        ("text", style(3, part(9, HEADING.bytes))),
    )
    state = {
        "upper": part(1, str(HEADING).upper()),
        "lower": part(1, str(HEADING)),
        "bytes": part(1, part(2, HEADING.bytes)),
        "utf-16": plistlib.dumps([str(HEADING), "é"], fmt=plistlib.FMT_BINARY),
        "gzip": packed(part(1, str(HEADING).upper())),
    }[spelled]
    read = decode_body(data, outline_state=state)
    assert [one.collapsed for one in read.paragraphs] == [True, False, False]
    assert not any(one.collapsed for one in decode_body(data).paragraphs)


def test_a_text_cut_off_is_kept_as_far_as_it_goes() -> None:
    whole = body(("plums and pears\n" * 2000, number(5, 1)), ("end", b""))
    for cut in (len(whole) // 2, len(whole) - 9):
        read = decode_body(whole[:cut])
        assert read.troubles
        assert read.text.startswith("plums and pears")


@pytest.mark.parametrize("data", [b"", b"\x1f\x8b", b"plain words", packed(b""), b"\xff" * 99])
def test_what_is_no_body_is_said_to_be_none(data: bytes) -> None:
    read = decode_body(data)
    assert read.troubles
    assert read.text == ""


def test_formatting_that_does_not_fit_the_text_is_told_and_the_text_kept() -> None:
    short = decode_body(document(part(2, "plums") + part(5, number(1, 2) + number(5, 1))))
    assert [(run.text, run.bold) for run in short.paragraphs[0].runs] == [
        ("pl", True),
        ("ums", False),
    ]
    assert short.troubles
    long = decode_body(document(part(2, "plums") + part(5, number(1, 1 << 62))))
    assert long.text == "plums"
    assert long.troubles


def test_halves_of_characters_and_broken_utf_8_can_still_be_written() -> None:
    for text in (b"a\xed\xa0\x80b", b"a\xffb", b"\xed\xa0\xbd\xed\xb8\x80"):
        read = decode_body(document(part(2, text) + part(5, number(1, 3))))
        assert read.text.encode()
    assert read.text == "😀"


def test_a_bomb_is_not_unpacked() -> None:
    bomb = packed(bytes(200 * 1024 * 1024))
    tracemalloc.start()
    read = decode_body(bomb)
    _, most = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert read.troubles
    assert most < 150 * 1024 * 1024


def test_more_than_any_note_has_is_kept_as_plain_text(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(notes, "MOST_RUNS", 100)
    monkeypatch.setattr(notes, "MOST_PARAGRAPHS", 50)
    read = decode_body(body(*(("plums", number(5, place % 4)) for place in range(400))))
    assert read.text == "plums" * 400
    assert len(read.paragraphs[0].runs) == 101
    assert read.troubles
    lines = decode_body(body(("plums\n" * 400, b"")))
    assert len(lines.paragraphs) == 51
    assert lines.text.split() == ["plums"] * 400
    assert lines.troubles


def texts(table: Table) -> list[list[str]]:
    return [["".join(one.text for one in cell) for cell in row] for row in table.rows]


def cell(text: str, rest: bytes = b"") -> bytes:
    return note([(text, rest)])


def test_a_table_is_read_in_order_without_what_was_deleted() -> None:
    made = TableBuilder()
    # Row B was moved to the front on two devices and so stands twice; C was deleted.
    rows = made.ordered(
        [("b2", "B"), ("a1", "A"), ("c1", "C"), ("b1", "B"), ("b3", "B")], ["a1", "b2", "b3"]
    )
    columns = made.ordered([("x1", "X"), ("y1", "Y"), ("z1", "Z")], ["x1", "y1"])
    cells = {
        "X": {"A": cell("ax"), "B": cell("bx", number(5, 1)), "C": cell("cx")},
        "Y": {"A": cell("ay")},
        "Z": {"A": cell("az")},
    }
    table = decode_table(made.build(rows, columns, cells))
    assert texts(table) == [["bx", ""], ["ax", "ay"]]
    assert table.rows[0][0][0].runs[0].bold
    assert table.rows[0][1] == ()
    assert not table.right_to_left
    assert not table.troubles


def test_a_table_from_right_to_left_says_so() -> None:
    made = TableBuilder()
    rows = made.ordered([("a", "A")], ["a"])
    columns = made.ordered([("x", "X"), ("y", "Y")], ["x", "y"])
    cells = {"X": {"A": cell("ראשון")}, "Y": {"A": cell("שני")}}
    table = decode_table(made.build(rows, columns, cells, "CRTableColumnDirectionRightToLeft"))
    assert table.right_to_left
    assert texts(table) == [["ראשון", "שני"]]


def test_absurd_places_in_a_table_cost_no_more_than_the_cell() -> None:
    made = TableBuilder()
    rows = made.ordered([("a", "A")], ["a"])
    columns = made.ordered([("x", "X")], ["x"])
    whole = made.build(rows, columns, {"X": {"A": cell("ax")}})
    made.entries[rows] = part(16, part(1, number(1, 9)) + number(2, 1 << 60))
    data = b"".join(part(3, entry) for entry in made.entries) + part(5, "x.ICTable")
    assert decode_table(packed(part(2, part(3, data)))).rows == ()
    assert texts(decode_table(whole)) == [["ax"]]


def test_a_table_of_absurd_size_is_read_without_its_empty_rows() -> None:
    made = TableBuilder()
    many = [(f"r{place}", f"R{place}") for place in range(700)]
    rows = made.ordered(many, [name for name, _ in many])
    wide = [(f"c{place}", f"C{place}") for place in range(700)]
    columns = made.ordered(wide, [name for name, _ in wide])
    table = decode_table(made.build(rows, columns, {"C5": {"R9": cell("here")}}))
    assert texts(table) == [["here"]]
    assert table.troubles


def graph(entries: list[bytes], keys: list[str], kinds: list[str], *, wrapped: bool) -> bytes:
    data = b"".join(part(3, one) for one in entries)
    data += b"".join(part(4, one) for one in keys) + b"".join(part(5, one) for one in kinds)
    return packed(part(2, part(3, data)) if wrapped else data)


def card(kind: int, *pairs: tuple[int, bytes]) -> bytes:
    inner = b"".join(part(3, number(1, key) + part(2, value)) for key, value in pairs)
    return part(13, number(1, kind) + inner)


def test_the_pages_of_a_gallery_have_their_order() -> None:
    pages = [str(uuid.UUID(int=place)).upper() for place in (1, 2, 3)]

    def item(place: int, weight: int) -> bytes:
        details = part(9, part(1, number(2, weight)))
        return part(1, part(2, number(6, place)) + details)

    entries = [
        card(0, (0, part(4, str(uuid.UUID(int=0)))), (1, number(6, 1))),
        part(5, item(2, 30) + item(3, 10) + item(4, 20)),
        *(card(0, (2, part(4, page))) for page in pages),
    ]
    data = graph(entries, ["identity", "pages", "page"], ["com.apple.notes.gallery"], wrapped=True)
    assert decode_gallery(data) == (pages[1], pages[2], pages[0])


def test_a_transcript_is_read_in_the_order_of_time() -> None:
    keys = ["text", "speaker", "timestamp", "duration", "summary", "topLineSummary", "self"]
    kinds = ["n.ICTTAudioRecording", "n.ICTTTranscriptSegment", "n.NSString"]
    entries = [
        card(0, (4, part(4, "Of fruit.")), (5, number(6, 3))),
        card(1, (0, part(4, "and pears")), (2, b"\x19" + bytes.fromhex("0000000000001440"))),
        card(1, (0, part(4, "Plums ")), (1, part(4, "A")), (2, number(2, 1))),
        card(2, (6, part(4, "Fruit"))),
    ]
    read = decode_recording(graph(entries, keys, kinds, wrapped=False))
    assert read.transcript == "Plums and pears"
    assert [one.timestamp for one in read.segments] == [1, 5]
    assert (read.summary, read.top_line_summary) == ("Of fruit.", "Fruit")


def a_table() -> bytes:
    made = TableBuilder()
    rows = made.ordered([("a", "A"), ("b", "B")], ["a", "b"])
    columns = made.ordered([("x", "X"), ("y", "Y")], ["x", "y"])
    return made.build(rows, columns, {"X": {"A": cell("ax🍎")}, "Y": {"B": cell("by")}})


SEEDS = [
    gzip.decompress(one)
    for one in (
        body(
            ("Plums 🍎\n", style(0)),
            ("one\n", style(102, number(7, 3)) + part(9, "https://a")),
            (OBJECT, part(12, part(1, "A") + part(2, "u"))),
            ("x", part(10, floating(1, 0.5)) + part(3, part(1, "F") + floating(2, 3))),
        ),
        a_table(),
    )
]


@st.composite
def damaged(draw: st.DrawFn) -> bytes:
    """Real data with bytes changed, cut out, doubled; or anything at all."""
    data = bytearray(draw(st.sampled_from([*SEEDS, b""])))
    for _ in range(draw(st.integers(0, 6))):
        at = draw(st.integers(0, len(data)))
        end = min(len(data), at + draw(st.integers(0, 12)))
        data[at:end] = draw(st.one_of(st.binary(max_size=12), st.just(bytes(data[at:end]) * 2)))
    wrapped = packed(bytes(data))
    if draw(st.booleans()):
        at = draw(st.integers(0, len(wrapped)))
        wrapped = wrapped[:at] + draw(st.binary(max_size=4)) + wrapped[at:]
    return wrapped if draw(st.booleans()) else bytes(data)


@settings(max_examples=1500, deadline=2000)
@given(data=damaged())
def test_no_bytes_make_the_decoder_crash_or_hang(data: bytes) -> None:
    read = decode_body(data, outline_state=data)
    table = decode_table(data)
    pages = decode_gallery(data)
    recording = decode_recording(data)
    assert len({len(row) for row in table.rows}) <= 1
    # What is read can be written: JSON, UTF-8, numbers that JSON has.
    msgspec.json.encode((read, table, pages, recording))
    assert msgspec.convert(msgspec.to_builtins(read), Body) == read
    for paragraph in read.paragraphs:
        assert all(run.text and "\n" not in run.text for run in paragraph.runs)


@settings(max_examples=300, deadline=None)
@given(st.lists(st.tuples(st.text(min_size=1, max_size=9), st.integers(0, 3)), max_size=6))
def test_any_text_is_read_back_as_it_was(runs: list[tuple[str, int]]) -> None:
    read = decode_body(body(*((text, number(5, weight)) for text, weight in runs)))
    assert read.text == "".join(text for text, _ in runs)
    assert not read.troubles
    bold = "".join(run.text for one in read.paragraphs for run in one.runs if run.bold)
    assert bold == "".join(text.replace("\n", "") for text, weight in runs if weight & 1)


def test_reading_takes_time_in_proportion_to_the_text() -> None:
    def seconds(count: int) -> float:
        data = body(*(("plums 🍎\n", number(5, place % 4)) for place in range(count)))
        begin = time.process_time()
        decode_body(data)
        return time.process_time() - begin

    seconds(100)
    assert seconds(40_000) < 12 * max(seconds(5_000), 0.02)
    assert units("🍎") == 2
