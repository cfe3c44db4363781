"""What Notes says of a paragraph and of a run of text, read from protobuf into the block model."""

from collections.abc import Callable
from math import isfinite
from typing import Any, NamedTuple

from rootcellar_notes.blocks import (
    LISTS,
    Alignment,
    Attachment,
    Direction,
    Font,
    Highlight,
    Style,
)
from rootcellar_notes.body.wire import Value, WireError, fields, floating, message, signed

STYLES = {
    -1: Style.BODY,
    0: Style.TITLE,
    1: Style.HEADING,
    2: Style.SUBHEADING,
    3: Style.BODY,
    4: Style.MONOSPACED,
    100: Style.BULLET,
    101: Style.DASH,
    102: Style.NUMBER,
    103: Style.CHECKLIST,
}
ALIGNMENTS = {
    0: Alignment.LEFT,
    1: Alignment.CENTER,
    2: Alignment.RIGHT,
    3: Alignment.JUSTIFIED,
    4: Alignment.NATURAL,
}
DIRECTIONS = {
    -1: Direction.NATURAL,
    0: Direction.NATURAL,
    1: Direction.LEFT_TO_RIGHT,
    2: Direction.RIGHT_TO_LEFT,
}
HIGHLIGHTS = {
    1: Highlight.PURPLE,
    2: Highlight.PINK,
    3: Highlight.ORANGE,
    4: Highlight.MINT,
    5: Highlight.BLUE,
}
DEEPEST = 64
"""Indents and quotes beyond this are taken for damage; Notes itself stops far earlier."""

Odd = list[tuple[str, Value]]
"""Fields not understood: their path below the message, and the value."""


class ParagraphFormat(NamedTuple):
    """All that is known of a paragraph besides its text; see `blocks.Paragraph`."""

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


PLAIN_PARAGRAPH = ParagraphFormat()


class RunFormat(NamedTuple):
    """All that is known of a run besides its text; see `blocks.Run`."""

    bold: bool = False
    italic: bool = False
    underline: bool = False
    strikethrough: bool = False
    baseline: int = 0
    color: tuple[float, float, float, float] | None = None
    highlight: Highlight | None = None
    font: Font | None = None
    link: str = ""


PLAIN_RUN = RunFormat()


def paragraph_format(data: bytes) -> tuple[ParagraphFormat, Odd]:
    """Return what a ParagraphStyle message says, and what of it is not understood."""
    odd: Odd = []
    said: dict[str, Any] = {}
    for number, value in _lenient(data, odd):
        try:
            if number == 5:
                said["check_identifier"], said["checked"] = _checklist(message(value), odd)
            else:
                name, read = PARAGRAPH[number]
                said[name] = read(value)
        except (WireError, LookupError):
            odd.append((f".{number}", value))
    style = said.get("style")
    if style is Style.CHECKLIST:
        said.setdefault("checked", False)
    elif "checked" in said:
        odd.append((".5", int(said.pop("checked"))))
        del said["check_identifier"]
    if style not in LISTS and "start" in said:
        odd.append((".7", said.pop("start")))
    return ParagraphFormat(**said), odd


def font(value: Value) -> Font:
    """Return what a Font message says; raises WireError when it says anything else."""
    name, size, hints = "", 0.0, 0
    for number, inner in fields(message(value)):
        if number == 1:
            name = text(message(inner))
        elif number == 2 and isfinite(points := floating(inner)):
            size = round(points, 3)
        elif number == 3:
            hints = signed(inner)
        else:
            raise WireError("This is more than a font.")
    return Font(name, size, hints)


def color(value: Value) -> tuple[float, float, float, float]:
    """Return (red, green, blue, alpha); raises WireError for anything that is no colour."""
    channels = [0.0, 0.0, 0.0, 1.0]
    for number, inner in fields(message(value)):
        channel = floating(inner)
        if not 1 <= number <= 4 or not isfinite(channel):
            raise WireError("This is no colour.")
        channels[number - 1] = round(channel, 6)
    return (channels[0], channels[1], channels[2], channels[3])


def attachment(value: Value) -> Attachment | None:
    """Return the attachment an AttachmentInfo message names, None if it names none."""
    identifier = uti = ""
    try:
        for number, inner in fields(message(value)):
            if number == 1:
                identifier = message(inner).decode()
            elif number == 2:
                uti = message(inner).decode()
    except (WireError, UnicodeDecodeError):
        return None
    return Attachment(identifier, uti) if identifier and identifier.isprintable() else None


def text(data: bytes) -> str:
    """Return UTF-8 as text that can be written as UTF-8 again, whatever the bytes were."""
    return data.decode("utf-8", "replace")


def uuid_text(value: Value) -> str:
    """Return a UUID's usual form; raises WireError unless it has 16 bytes."""
    if not isinstance(value, bytes) or len(value) != 16:
        raise WireError("A UUID was expected.")
    digits = value.hex().upper()
    return f"{digits[:8]}-{digits[8:12]}-{digits[12:16]}-{digits[16:20]}-{digits[20:]}"


def _checklist(data: bytes, odd: Odd) -> tuple[str, bool]:
    identifier, done = "", False
    for number, value in _lenient(data, odd, ".5"):
        if number == 1 and isinstance(value, bytes) and len(value) == 16:
            identifier = uuid_text(value)
        elif number == 2 and isinstance(value, int):
            done = bool(value)
        else:
            odd.append((f".5.{number}", value))
    return identifier, done


def _lenient(data: bytes, odd: Odd, path: str = "") -> list[tuple[int, Value]]:
    """Return the fields of a message; of a damaged one those before the damage."""
    found: list[tuple[int, Value]] = []
    try:
        found.extend(fields(data))
    except WireError:
        odd.append((f"{path} (damaged)", data))
    return found


def _depth(value: Value) -> int:
    number = signed(value)
    if not 0 <= number <= DEEPEST:
        raise WireError("No depth that a note can have.")
    return number


PARAGRAPH: dict[int, tuple[str, Callable[[Value], Any]]] = {
    1: ("style", lambda value: STYLES[signed(value)]),
    2: ("alignment", lambda value: ALIGNMENTS[signed(value)]),
    3: ("direction", lambda value: DIRECTIONS[signed(value)]),
    4: ("indent", _depth),
    6: ("hints", signed),
    7: ("start", signed),
    8: ("quote", _depth),
    9: ("identifier", uuid_text),
}
"""The simple fields of a ParagraphStyle: what they are called here, and how they are read."""
