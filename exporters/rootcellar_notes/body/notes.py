"""A Note message: its text and its runs, cut into paragraphs. Cells of tables are such too.

Lengths of runs count UTF-16 units, as NSString does. Runs follow one another from the start of
the text; fields 3 and 4 (how the text came about on several devices) are not needed to read it.
"""

import re
from collections.abc import Callable
from functools import lru_cache
from typing import Any, NamedTuple

from rootcellar_notes.blocks import OBJECT, SOFT_BREAK, Attachment, Paragraph, Run
from rootcellar_notes.body import styles
from rootcellar_notes.body.styles import (
    HIGHLIGHTS,
    PLAIN_PARAGRAPH,
    PLAIN_RUN,
    Odd,
    ParagraphFormat,
    RunFormat,
    paragraph_format,
)
from rootcellar_notes.body.unknown import Unknowns
from rootcellar_notes.body.wire import Value, WireError, fields, message, signed

MOST_RUNS = 300_000
"""Runs read of one body. A text beyond that is kept without its formatting."""

MOST_PARAGRAPHS = 300_000
"""Paragraphs of one body; what is beyond is one last paragraph, with soft breaks in it."""

SURROGATES = re.compile("[\ud800-\udfff]")


def read_note(
    data: bytes, unknowns: Unknowns, troubles: list[str], path: str = "Note"
) -> tuple[Paragraph, ...]:
    """Return the paragraphs of a Note message; an empty text has one empty paragraph."""
    text = ""
    runs: list[bytes] = []
    try:
        for number, value in fields(data):
            if number == 5:
                if len(runs) < MOST_RUNS:
                    runs.append(message(value))
            elif number == 2:
                text = _text(message(value), troubles)
            elif number not in (3, 4):
                unknowns.add(f"{path}.{number}", value)
    except WireError as error:
        troubles.append(f"The text of the note is damaged: {error}")
    if len(runs) == MOST_RUNS:
        troubles.append("There is too much formatting; the rest is kept as plain text.")
    return _Cutting(text, unknowns, troubles).paragraphs(runs)


class _Cutting:
    """One text being cut into runs and paragraphs."""

    def __init__(self, text: str, unknowns: Unknowns, troubles: list[str]) -> None:
        if text.count("\n") > MOST_PARAGRAPHS:
            troubles.append("There are too many paragraphs; the last ones are kept as one.")
            lines = text.split("\n", MOST_PARAGRAPHS)
            lines[-1] = lines[-1].replace("\n", SOFT_BREAK)
            text = "\n".join(lines)
        self.text = text
        self.units = b"" if text.isascii() else text.encode("utf-16-le")
        self.wide = len(self.units) > 2 * len(text)
        self.length = len(self.units) // 2 if self.wide else len(text)
        self.unknowns = unknowns
        self.troubles = troubles
        self.done: list[Paragraph] = []
        self.runs: list[Run] = []
        self.last: RunFormat | None = None
        self.format = PLAIN_PARAGRAPH
        self.begun = False
        self.edited = 0

    def paragraphs(self, runs: list[bytes]) -> tuple[Paragraph, ...]:
        at = 0
        for data in runs:
            at = self._run(data, at)
        if at < self.length:
            if runs:
                self.troubles.append("The formatting ends before the text does.")
            self._add(self._slice(at, self.length), PLAIN_PARAGRAPH, PLAIN_RUN, None, 0)
        self._end_paragraph()
        return tuple(self.done)

    def _slice(self, start: int, end: int) -> str:
        if not self.wide:
            return self.text[start:end]
        return self.units[2 * self._whole(start) : 2 * self._whole(end)].decode("utf-16-le")

    def _whole(self, unit: int) -> int:
        """Return a place in the text, moved behind a character that it would cut in halves."""
        return unit + (unit < self.length and 0xDC <= self.units[2 * unit + 1] <= 0xDF)

    def _run(self, data: bytes, at: int) -> int:
        """Take one AttributeRun, beginning at unit `at`; return where the next one begins."""
        # Neighbouring runs often differ in nothing but their length, which comes first.
        if len(data) < SHORT and data[:1] == b"\x08" and data[1:2] < b"\x80":
            length = data[1] if len(data) > 1 else 0
            _, paragraph, form, attachment, edited, odd = remembered_attributes(data[2:])
        else:
            length, paragraph, form, attachment, edited, odd = _attributes(data)
        end = at + length
        if end > self.length:
            if at <= self.length:
                self.troubles.append("The formatting goes on after the text's end.")
            end = self.length
        for field, value in odd:
            self.unknowns.add(f"AttributeRun{field}", value, at, end - at)
        if end > at and (text := self._slice(at, end)):
            if attachment is not None and OBJECT not in text:
                self.unknowns.add("AttributeRun.12", attachment.identifier.encode(), at, end - at)
                attachment = None
            self._add(text, paragraph, form, attachment, edited)
        return at + length

    def _add(
        self,
        text: str,
        paragraph: ParagraphFormat,
        form: RunFormat,
        attachment: Attachment | None,
        edited: int,
    ) -> None:
        lines = text.split("\n")
        for place, line in enumerate(lines):
            if place:
                self._end_paragraph()
            if not self.begun and (line or place < len(lines) - 1):
                self.format, self.begun = paragraph, True
            if line or place < len(lines) - 1:
                self.edited = max(self.edited, edited)
            if line:
                if attachment is None:
                    self._append(line, form)
                else:
                    self._append_around(line, form, attachment)

    def _append(self, text: str, form: RunFormat) -> None:
        if self.last == form:
            text = self.runs.pop().text + text
        self.last = form
        self.runs.append(Run(text, *form))

    def _append_around(self, line: str, form: RunFormat, attachment: Attachment) -> None:
        for place, part in enumerate(line.split(OBJECT)):
            if place:
                self.runs.append(Run(OBJECT, *form, attachment))
                self.last = None
            if part:
                self._append(part, form)

    def _end_paragraph(self) -> None:
        form = self.format
        self.done.append(
            Paragraph(
                tuple(self.runs),
                form.style,
                form.indent,
                form.quote,
                form.alignment,
                form.direction,
                form.start,
                form.checked,
                form.check_identifier,
                form.identifier,
                form.hints,
                False,
                self.edited,
            )
        )
        self.runs, self.last, self.edited = [], None, 0
        self.format, self.begun = PLAIN_PARAGRAPH, False


class _Attributes(NamedTuple):
    """What one AttributeRun message says."""

    length: int
    paragraph: ParagraphFormat
    form: RunFormat
    attachment: Attachment | None
    edited: int
    odd: Odd


def _attributes(data: bytes) -> _Attributes:
    length, edited = 0, 0
    odd: Odd = []
    paragraph = PLAIN_PARAGRAPH
    attachment: Attachment | None = None
    said: dict[str, Any] = {}
    try:
        for number, value in fields(data):
            if number == 1:
                length = max(signed(value), 0)
            elif number == 2:
                known = remembered_format if len(message(value)) < SHORT else paragraph_format
                paragraph, not_understood = known(message(value))
                odd.extend((f".2{path}", inner) for path, inner in not_understood)
            elif number == 12:
                attachment = styles.attachment(value)
                if attachment is None:
                    odd.append((".12", value))
            elif number == 13:
                edited = _time(value, odd)
            elif number == 15:
                # Seen by nobody yet in a real note: kept, and tried as an attachment.
                odd.append((".15", value))
                attachment = attachment or styles.attachment(value)
            else:
                _look(number, value, said, odd)
    except WireError:
        odd.append((" (damaged)", data))
    form = RunFormat(**said) if said else PLAIN_RUN
    return _Attributes(length, paragraph, form, attachment, edited, odd)


SHORT = 200
"""Bytes of a message worth remembering; what is longer is rare, and may be huge."""

remembered_attributes = lru_cache(maxsize=1024)(_attributes)
remembered_format = lru_cache(maxsize=1024)(paragraph_format)


def _weight(value: Value) -> dict[str, Any]:
    return {"bold": bool(signed(value) & 1), "italic": bool(signed(value) & 2)}


LOOK: dict[int, Callable[[Value], dict[str, Any]]] = {
    3: lambda value: {"font": styles.font(value)},
    5: _weight,
    6: lambda value: {"underline": bool(signed(value))},
    7: lambda value: {"strikethrough": bool(signed(value))},
    8: lambda value: {"baseline": (signed(value) > 0) - (signed(value) < 0)},
    9: lambda value: {"link": styles.text(message(value))},
    10: lambda value: {"color": styles.color(value)},
    14: lambda value: {"highlight": HIGHLIGHTS[signed(value)]},
}
"""The fields of an AttributeRun that say how its text looks, and what they say."""

USUAL = {5: (0, 1, 2, 3), 6: (0, 1), 7: (0, 1), 8: (-1, 0, 1)}
"""Values that are understood whole; of others the meaning is guessed, and the value kept."""


def _look(number: int, value: Value, said: dict[str, Any], odd: Odd) -> None:
    """Add what one field of an AttributeRun says of the look of its text."""
    try:
        said.update(LOOK[number](value))
        if number in USUAL and signed(value) not in USUAL[number]:
            odd.append((f".{number}", value))
    except (WireError, LookupError):
        odd.append((f".{number}", value))


def _time(value: Value, odd: Odd) -> int:
    """Return a Unix time; anything that cannot be one is odd, and 0."""
    if isinstance(value, int) and 0 < value < 1 << 40:
        return value
    odd.append((".13", value))
    return 0


def _text(data: bytes, troubles: list[str]) -> str:
    """Return the text: pairs of surrogates joined, lone ones and broken UTF-8 as U+FFFD."""
    try:
        return data.decode()
    except UnicodeDecodeError:
        pass
    try:
        halves = data.decode("utf-8", "surrogatepass")
        text = halves.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "surrogatepass")
        if SURROGATES.search(text):
            troubles.append("The text held halves of characters; they were replaced.")
        return SURROGATES.sub("�", text)
    except UnicodeDecodeError:
        troubles.append("The text is no proper UTF-8; damaged places were replaced.")
        return data.decode("utf-8", "replace")
