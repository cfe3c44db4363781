"""The document around a note's text, as ZICNOTEDATA.ZDATA holds it (packed with gzip)."""

from rootcellar_notes.blocks import Body
from rootcellar_notes.body.notes import read_note
from rootcellar_notes.body.outline import collapse
from rootcellar_notes.body.unknown import Unknowns
from rootcellar_notes.body.wire import WireError, fields, message, unpacked


def decode_body(data: bytes, *, outline_state: bytes | None = None) -> Body:
    """Return the text of a note from ZICNOTEDATA.ZDATA, or from a locked note's decrypted bytes.

    `outline_state` is ZOUTLINESTATEDATA of the note (macOS 15, iOS 18 and newer): which sections
    are folded away. Never raises: damage becomes `troubles`, and what could be read is returned.
    """
    troubles: list[str] = []
    unknowns = Unknowns()
    raw, trouble = unpacked(data)
    if trouble:
        troubles.append(f"The text of the note could not be unpacked whole: {trouble}")
    note = _note(raw, unknowns, troubles)
    paragraphs = read_note(note, unknowns, troubles) if note is not None else ()
    if note is None and not troubles:
        troubles.append("The note holds no text that can be read.")
    if outline_state:
        paragraphs = collapse(paragraphs, outline_state, troubles)
    return Body(paragraphs, unknowns.all(), tuple(dict.fromkeys(troubles)))


def _note(raw: bytes, unknowns: Unknowns, troubles: list[str]) -> bytes | None:
    """Return the Note message inside NoteStoreProto{2: Document{2: version, 3: Note}}."""
    document = _only(raw, 2, (1,), "NoteStoreProto", unknowns, troubles)
    if document is None:
        return None
    return _only(document, 3, (1, 2), "Document", unknowns, troubles)


def _only(
    data: bytes,
    wanted: int,
    ignored: tuple[int, ...],
    name: str,
    unknowns: Unknowns,
    troubles: list[str],
) -> bytes | None:
    """Return the message in one field; versions (`ignored`) aside, other fields are unknown."""
    found: bytes | None = None
    try:
        for number, value in fields(data):
            if number == wanted and found is None:
                found = message(value)
            elif number not in ignored:
                unknowns.add(f"{name}.{number}", value)
    except WireError as error:
        troubles.append(f"The document of the note is damaged: {error}")
    return found
