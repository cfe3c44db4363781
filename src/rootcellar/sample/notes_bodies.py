"""Encode bodies, tables, galleries and transcripts as Notes does: protobuf's wire format by hand.

Pure: the same values give the same bytes.
"""

import gzip
import struct
from collections.abc import Iterable, Sequence


def varint(value: int) -> bytes:
    value &= (1 << 64) - 1
    done = bytearray()
    while value > 0x7F:
        done.append(value & 0x7F | 0x80)
        value >>= 7
    done.append(value)
    return bytes(done)


def number(field: int, value: int) -> bytes:
    return varint(field << 3) + varint(value)


def part(field: int, value: bytes | str) -> bytes:
    data = value.encode("utf-8", "surrogatepass") if isinstance(value, str) else value
    return varint(field << 3 | 2) + varint(len(data)) + data


def floating(field: int, value: float) -> bytes:
    return varint(field << 3 | 5) + struct.pack("<f", value)


def units(text: str) -> int:
    return len(text.encode("utf-16-le", "surrogatepass")) // 2


def packed(data: bytes) -> bytes:
    """Return data with gzip around it, the same at every time."""
    return gzip.compress(data, mtime=0)


def note(runs: Iterable[tuple[str, bytes]]) -> bytes:
    """Return a Note message; each run is its text and the rest of its AttributeRun."""
    listed = list(runs)
    text = "".join(text for text, _ in listed)
    attributes = (part(5, number(1, units(text)) + rest) for text, rest in listed)
    return part(2, text) + part(3, number(2, 7)) + part(4, b"") + b"".join(attributes)


def document(inner: bytes) -> bytes:
    """Return a Note message as ZICNOTEDATA holds it."""
    return packed(number(1, 0) + part(2, number(1, 0) + number(2, 0) + part(3, inner)))


def body(*runs: tuple[str, bytes]) -> bytes:
    return document(note(runs))


def style(value: int | None = None, *rest: bytes) -> bytes:
    """Return the ParagraphStyle of a run."""
    return part(2, (b"" if value is None else number(1, value)) + b"".join(rest))


KEYS = [
    "identity",
    "crTableColumnDirection",
    "self",
    "crRows",
    "UUIDIndex",
    "crColumns",
    "cellColumns",
]
TYPES = ["com.apple.CRDT.NSString", "com.apple.CRDT.NSUUID", "com.apple.notes.ICTable"]


class TableBuilder:
    """A table with its history: rows and columns may have been moved or deleted."""

    def __init__(self) -> None:
        self.entries: list[bytes] = [b""]
        self.uuids: list[bytes] = []

    def entry(self, data: bytes) -> int:
        self.entries.append(data)
        return len(self.entries) - 1

    def map(self, kind: int, /, **values: bytes) -> bytes:
        pairs = (
            part(3, number(1, KEYS.index(key)) + part(2, value)) for key, value in values.items()
        )
        return part(13, number(1, kind) + b"".join(pairs))

    def uuid(self, name: str) -> int:
        """Return the place of an NSUUID entry for a name."""
        data = name.encode().ljust(16, b".")
        if data not in self.uuids:
            self.uuids.append(data)
        return self.entry(self.map(1, UUIDIndex=number(2, self.uuids.index(data))))

    def pairs(self, found: Iterable[tuple[int, int]]) -> bytes:
        return b"".join(
            part(1, part(1, number(6, key)) + part(2, number(6, value))) for key, value in found
        )

    def ordered(self, listed: Sequence[tuple[str, str]], living: Sequence[str]) -> int:
        """Return an ordered set: (name in the list, name in the cells), and which names live."""
        array = b"".join(
            part(2, number(1, place) + part(2, name.encode().ljust(16, b".")))
            for place, (name, _) in enumerate(listed)
        )
        contents = self.pairs((self.uuid(name), self.uuid(cell)) for name, cell in listed)
        elements = self.pairs((self.uuid(name),) * 2 for name in living)
        ordering = part(1, part(1, b"") + array) + part(2, contents)
        return self.entry(part(16, part(1, ordering) + part(2, elements)))

    def build(
        self,
        rows: int,
        columns: int,
        cells: dict[str, dict[str, bytes]],
        direction: str = "CRTableColumnDirectionLeftToRight",
    ) -> bytes:
        """Return ZMERGEABLEDATA1; cells are Note messages by column and row."""
        by_column = []
        for column, held in cells.items():
            inner = [(self.uuid(row), self.entry(part(10, text))) for row, text in held.items()]
            by_column.append((self.uuid(column), self.entry(part(6, self.pairs(inner)))))
        table = self.entry(part(6, self.pairs(by_column)))
        said = self.entry(self.map(0, self=part(4, direction)))
        register = self.entry(part(1, part(2, number(6, said))))
        self.entries[0] = self.map(
            2,
            crRows=number(6, rows),
            crColumns=number(6, columns),
            cellColumns=number(6, table),
            crTableColumnDirection=number(6, register),
        )
        data = b"".join(part(3, entry) for entry in self.entries)
        data += b"".join(part(4, key) for key in KEYS) + b"".join(part(5, kind) for kind in TYPES)
        data += b"".join(part(6, uuid) for uuid in self.uuids)
        return packed(part(2, number(1, 0) + part(3, data)))


def gallery(pages: Sequence[str]) -> bytes:
    """Return the data of a gallery (scanned pages): identifiers of attachments, in order."""
    entries = [part(13, number(1, 0))]
    listed = b""
    for place, page in enumerate(pages):
        entries.append(part(13, number(1, 1) + part(3, number(1, 1) + part(2, part(4, page)))))
        details = part(1, number(2, place + 1))
        listed += part(1, part(2, number(6, place + 1)) + part(9, details))
    entries.append(part(5, listed))
    return _graph(entries, ["subAttachments", "attachment"], ["com.apple.notes.gallery.model"] * 2)


def recording(segments: Sequence[tuple[str, str, float]], summary: str) -> bytes:
    """Return the data of a recording: (speaker, text, seconds from the start) and a summary."""
    keys = ["text", "speaker", "timestamp", "summary"]
    entries = [
        part(13, number(1, 0) + part(3, number(1, 3) + part(2, part(4, summary)))),
        *(
            part(
                13,
                number(1, 1)
                + part(3, number(1, 0) + part(2, part(4, text)))
                + part(3, number(1, 1) + part(2, part(4, speaker)))
                + part(3, number(1, 2) + part(2, varint(3 << 3 | 1) + struct.pack("<d", at))),
            )
            for speaker, text, at in segments
        ),
    ]
    kinds = ["com.apple.notes.ICTTAudioRecording", "com.apple.notes.ICTTTranscriptSegment"]
    return packed(_data(entries, keys, kinds))


def _graph(entries: Sequence[bytes], keys: Sequence[str], kinds: Sequence[str]) -> bytes:
    return packed(part(2, number(1, 0) + part(3, _data(entries, keys, kinds))))


def _data(entries: Sequence[bytes], keys: Sequence[str], kinds: Sequence[str]) -> bytes:
    data = b"".join(part(3, entry) for entry in entries)
    data += b"".join(part(4, key) for key in keys)
    return data + b"".join(part(5, kind) for kind in kinds)
