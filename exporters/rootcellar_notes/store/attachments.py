"""What stands in notes besides text: the rows of attachments, their media, their pictures."""

import sqlite3
from collections.abc import Iterator, Sequence
from datetime import datetime
from math import isfinite

from msgspec import Struct, field

from rootcellar.apple.dates import cocoa_moment
from rootcellar.apple.values import data, number, text
from rootcellar_notes.store.belonging import TABLE
from rootcellar_notes.store.notes import WANTED
from rootcellar_notes.store.schema import OBJECTS, Schema

INLINE = "com.apple.notes.inlinetextattachment."
TABLE_UTI = "com.apple.notes.table"
GALLERY = "com.apple.notes.gallery"
LINK = "public.url"
DRAWINGS = ("com.apple.paper", "com.apple.drawing", "com.apple.drawing.2")
PAPER_DOCUMENTS = ("com.apple.paper.doc.scan", "com.apple.paper.doc.pdf")


class Preview(Struct, frozen=True):
    """A picture that Notes made of an attachment; a scan's is straightened and cropped."""

    identifier: str
    generation: str
    width: float
    height: float

    @property
    def is_dark(self) -> bool:
        """Whether it was made for dark windows: `<attachment>-<scale>-<w>x<h>-<appearance>`."""
        return self.identifier.endswith("-1")


class Attachment(Struct):
    """One attachment, or one that stands in a line of text (a hashtag, a mention, a link).

    `parent` is the row of the attachment it is part of, 0 for none. `media` is the identifier of
    its file in the store and `file_name` that file's name ("" for none); `generation` names the
    version of the file (macOS 14, iOS 17 and newer).
    """

    pk: int
    note: int
    parent: int
    identifier: str
    uti: str
    inline: bool
    title: str
    user_title: str
    media: str = ""
    file_name: str = ""
    generation: str = ""
    created: datetime | None = None
    modified: datetime | None = None
    url: str = ""
    summary: str = ""
    alt_text: str = ""
    token: str = ""
    size: int = 0
    duration: float = 0.0
    width: float = 0.0
    height: float = 0.0
    image_generation: str = ""
    pdf_generation: str = ""
    recognised: str = ""
    handwriting: str = ""
    mergeable: bytes = b""
    previews: list[Preview] = field(default_factory=list)

    @property
    def is_drawing(self) -> bool:
        """Whether it was drawn by hand; Notes keeps a picture of it."""
        return self.uti in DRAWINGS

    @property
    def is_paper_document(self) -> bool:
        """Whether it is a scan or a PDF that can be written on; Notes keeps a PDF of it."""
        return self.uti in PAPER_DOCUMENTS

    @property
    def has_file(self) -> bool:
        """Whether there is a file of it somewhere, perhaps only in iCloud."""
        if self.inline or self.uti in (TABLE_UTI, GALLERY):
            return False
        return bool(self.media) or not self.is_card

    @property
    def is_card(self) -> bool:
        """Whether it is a link that is shown as a card: of a web page, of a place on a map."""
        drawn = self.is_drawing or self.is_paper_document
        return not self.media and (self.uti == LINK or (bool(self.url) and not drawn))


def attachments(
    connection: sqlite3.Connection, schema: Schema, notes: Sequence[int]
) -> dict[int, list[Attachment]]:
    """Return all attachments of some notes (by row), in the order of making; whole rows."""
    found: dict[int, list[Attachment]] = {}
    by_row: dict[int, Attachment] = {}
    for one in _rows(connection, schema, _only(notes), whole=True):
        found.setdefault(one.note, []).append(one)
        by_row[one.pk] = one
    for attachment, identifier, generation, width, height in _previews(connection, schema, notes):
        if attachment in by_row:
            preview = Preview(text(identifier), text(generation), _real(width), _real(height))
            by_row[attachment].previews.append(preview)
    return found


def outlines(
    connection: sqlite3.Connection, schema: Schema, *, wanted: bool = False
) -> Iterator[tuple[int, list[Attachment]]]:
    """Yield (note, its attachments) of every note that has any, in the order of notes' rows.

    Only what the names of files depend on is read; `wanted`: of the notes wished for alone.
    """
    only = ""
    if wanted:
        identifier = schema.value("IDENTIFIER", "n")
        only = (
            f"AND b.note IN (SELECT n.Z_PK FROM {OBJECTS} n WHERE n.Z_ENT = "
            f"{schema.entity('ICNote')} AND {identifier} IN (SELECT key FROM temp.{WANTED}))"
        )
    note, some = 0, list[Attachment]()
    for one in _rows(connection, schema, only, whole=False):
        if some and one.note != note:
            yield note, some
            some = []
        note = one.note
        some.append(one)
    if some:
        yield note, some


def _only(notes: Sequence[int]) -> str:
    return f"AND b.note IN ({','.join(str(int(pk)) for pk in notes)})"


_LIGHT = ("NOTE", "PARENTATTACHMENT", "IDENTIFIER", "TYPEUTI", "TITLE", "USERTITLE", "URLSTRING")
_WHOLE = (
    *("CREATIONDATE", "MODIFICATIONDATE", "SUMMARY", "ALTTEXT"),
    *("TOKENCONTENTIDENTIFIER", "FILESIZE", "DURATION", "SIZEWIDTH", "SIZEHEIGHT"),
    *("FALLBACKIMAGEGENERATION", "FALLBACKPDFGENERATION", "OCRSUMMARY", "HANDWRITINGSUMMARY"),
    "MERGEABLEDATA",
)


def _rows(
    connection: sqlite3.Connection, schema: Schema, only: str, *, whole: bool
) -> Iterator[Attachment]:
    names = (*_LIGHT, *_WHOLE) if whole else _LIGHT
    columns = ", ".join(schema.value(name, "o") for name in names)
    files = ", ".join(schema.value(name, "m") for name in ("IDENTIFIER", "FILENAME", "GENERATION"))
    inline = schema.entity("ICInlineAttachment")
    media = schema.value("MEDIA", "o")
    for row in connection.execute(
        f"SELECT o.Z_PK, b.note, o.Z_ENT = {inline}, {files}, {columns} FROM {TABLE} b "
        f"CROSS JOIN {OBJECTS} o ON o.Z_PK = b.row "
        f"LEFT JOIN {OBJECTS} m ON m.Z_PK = {media} AND m.Z_ENT = {schema.entity('ICMedia')} "
        f"WHERE o.Z_ENT IN ({schema.entity('ICAttachment')}, {inline}) "
        f"AND ifnull({schema.value('MARKEDFORDELETION', 'o')}, 0) <> 1 {only} "
        "ORDER BY b.note, b.row"
    ):
        pk, note, is_inline, media_identifier, file_name, generation, _, parent, *rest = row
        identifier, uti, title, user_title, url, *more = rest
        one = Attachment(
            pk, note, number(parent), text(identifier), text(uti), bool(is_inline),
            text(title), text(user_title), text(media_identifier), text(file_name),
            text(generation), url=text(url),
        )  # fmt: skip
        if more:
            _complete(one, more)
        yield one


def _complete(one: Attachment, values: Sequence[object]) -> None:
    (created, modified, summary, alt_text, token, size, duration, width, height, image, pdf,
     recognised, handwriting, mergeable) = values  # fmt: skip
    one.created, one.modified = cocoa_moment(created), cocoa_moment(modified)
    one.summary, one.alt_text, one.token = map(text, (summary, alt_text, token))
    one.size, one.duration = number(size), _real(duration)
    one.width, one.height = _real(width), _real(height)
    one.image_generation, one.pdf_generation = text(image), text(pdf)
    one.recognised, one.handwriting = text(recognised), text(handwriting)
    one.mergeable = data(mergeable)


def _previews(
    connection: sqlite3.Connection, schema: Schema, notes: Sequence[int]
) -> Iterator[tuple[int, object, object, object, object]]:
    names = ("ATTACHMENT", "IDENTIFIER", "GENERATION", "WIDTH", "HEIGHT")
    columns = ", ".join(schema.value(name, "o") for name in names)
    yield from connection.execute(
        f"SELECT {columns} FROM {TABLE} b CROSS JOIN {OBJECTS} o ON o.Z_PK = b.row "
        f"WHERE o.Z_ENT = {schema.entity('ICAttachmentPreviewImage')} {_only(notes)} "
        "ORDER BY o.Z_PK"
    )


def _real(value: object) -> float:
    return round(float(value), 3) if isinstance(value, int | float) and isfinite(value) else 0.0
