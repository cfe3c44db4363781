"""Which sections of a note are folded away (macOS 15, iOS 18 and newer).

Notes keeps in ZOUTLINESTATEDATA the UUIDs of the headings whose sections are collapsed, and
nothing else (`collapsedUUIDs` of its class ICOutlineState), wrapped in a mergeable value whose
encoding nobody has published. So the UUIDs of the note's own headings are looked for in the data,
in every form in which it can hold them; 16 bytes do not turn up by chance.
"""

import plistlib
from collections.abc import Iterator
from uuid import UUID

import msgspec

from rootcellar_notes.blocks import HEADINGS, Paragraph
from rootcellar_notes.body.wire import unpacked


def collapse(
    paragraphs: tuple[Paragraph, ...], state: bytes, troubles: list[str]
) -> tuple[Paragraph, ...]:
    """Return the paragraphs, with the headings that the state names marked as collapsed."""
    raw, trouble = unpacked(state)
    if trouble:
        troubles.append(f"Which sections are folded away could not be read whole: {trouble}")
    held = b"\0".join([raw.upper(), *(text.encode() for text in _texts(raw))])
    return tuple(
        msgspec.structs.replace(one, collapsed=True)
        if one.style in HEADINGS and one.identifier and _names(raw, held, one.identifier)
        else one
        for one in paragraphs
    )


def _names(raw: bytes, held: bytes, identifier: str) -> bool:
    """Tell whether the state holds a UUID, as 16 bytes or spelled out."""
    return UUID(identifier).bytes in raw or identifier.encode() in held


def _texts(raw: bytes) -> Iterator[str]:
    """Yield the strings of a property list (which may spell them in UTF-16), in capitals."""
    if not raw.startswith((b"bplist", b"<?xml")):
        return
    try:
        open_values = [plistlib.loads(raw)]
    except Exception:  # noqa: BLE001 - plistlib raises whatever its parts raise; nothing hangs on it
        return
    seen = 0
    while open_values and seen < 100_000:  # lists may hold themselves
        value = open_values.pop()
        seen += 1
        if isinstance(value, str):
            yield value.upper()
        elif isinstance(value, dict):
            open_values.extend(value.values())
        elif isinstance(value, list):
            open_values.extend(value)
