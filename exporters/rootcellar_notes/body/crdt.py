"""The graph of objects in which Notes keeps tables, galleries and recordings (ZMERGEABLEDATA1).

`Data{3: entries, 4: names of keys, 5: names of types, 6: UUIDs}`; entries refer to one another by
their place in the list. An entry is a map with a type (13), a list (5), a dictionary (6), an
ordered set (16), a register (1) or a text (10). References may lead anywhere, round in circles
included: nothing here follows more than one at a time.
"""

from collections.abc import Iterator
from functools import cached_property
from itertools import islice

from rootcellar_notes.body.wire import Value, WireError, fields, floating, message, unpacked

MOST_ENTRIES = 500_000
"""Fields read of one message; a table of 10,000 cells has about 30,000 entries."""

Found = dict[int, list[Value]]
"""The fields of a message: number to values, in order."""


def grouped(data: bytes) -> Found:
    """Return the fields of a message by number; of a damaged one those before the damage."""
    found: Found = {}
    try:
        for number, value in islice(fields(data), MOST_ENTRIES):
            found.setdefault(number, []).append(value)
    except WireError:
        pass
    return found


def only(found: Found, number: int) -> bytes:
    """Return the first message or text of a field; b"" when there is none."""
    values = found.get(number)
    return values[0] if values and isinstance(values[0], bytes) else b""


def reference(object_id: bytes) -> int | None:
    """Return the place of the entry an ObjectID refers to, None when it holds something else."""
    place = grouped(object_id).get(6, [None])[0]
    return place if isinstance(place, int) else None


class Graph:
    """The entries of one attachment's data, looked up by place, key and type."""

    def __init__(self, data: bytes) -> None:
        """Read a graph, wrapped as tables and galleries are, or bare as recordings are."""
        self.troubles: list[str] = []
        raw, trouble = unpacked(data)
        if trouble:
            self.troubles.append(f"The data could not be unpacked whole: {trouble}")
        self.entries: list[bytes] = []
        self.keys: list[str] = []
        self.types: list[str] = []
        self.uuids: list[bytes] = []
        self._cards: dict[int, dict[str, bytes]] = {}
        if not self._read(only(grouped(only(_first(raw), 2)), 3)):
            self._read(raw)
        if not self.entries:
            self.troubles.append("The data holds nothing that can be read.")

    def _read(self, data: bytes) -> bool:
        try:
            for number, value in islice(fields(data), MOST_ENTRIES):
                if number == 3:
                    self.entries.append(message(value))
                elif number == 4:
                    self.keys.append(message(value).decode("utf-8", "replace"))
                elif number == 5:
                    self.types.append(message(value).decode("utf-8", "replace"))
                elif number == 6:
                    self.uuids.append(message(value))
        except WireError as error:
            if self.entries and self.types:
                self.troubles.append(f"The data is damaged: {error}")
        if not (self.entries and self.types):
            self.entries, self.keys, self.types, self.uuids = [], [], [], []
        return bool(self.entries)

    @cached_property
    def kinds(self) -> list[str]:
        """The type of every entry that is a map, such as `com.apple.notes.ICTable`; else ""."""
        return [self._kind(only(grouped(entry), 13)) for entry in self.entries]

    def of_kind(self, *names: str) -> Iterator[int]:
        """Yield the places of the maps whose type ends with one of the names."""
        for place, kind in enumerate(self.kinds):
            if kind and kind.endswith(names):
                yield place

    def entry(self, place: int | None) -> Found:
        """Return the fields of an entry; none for a place where there is no entry."""
        if place is None or not 0 <= place < len(self.entries):
            return {}
        return grouped(self.entries[place])

    def card(self, place: int | None) -> dict[str, bytes]:
        """Return the map at a place: name of the key to the bytes of its ObjectID."""
        if place is None:
            return {}
        card = self._cards.get(place)
        if card is None:
            card = {}
            for pair in grouped(only(self.entry(place), 13)).get(3, ()):
                if isinstance(pair, bytes):
                    found = grouped(pair)
                    key = found.get(1, [-1])[0]
                    if isinstance(key, int) and 0 <= key < len(self.keys):
                        card.setdefault(self.keys[key], only(found, 2))
            self._cards[place] = card
        return card

    def uuid(self, object_id: bytes) -> bytes | None:
        """Return the UUID an ObjectID stands for, through the NSUUID entry it refers to."""
        place = grouped(self.card(reference(object_id)).get("UUIDIndex", b"")).get(2, [None])[0]
        if isinstance(place, int) and place < len(self.uuids):
            return self.uuids[place]
        return None

    def string(self, object_id: bytes) -> str:
        """Return the string an ObjectID holds, or that of the NSString it refers to; else ""."""
        for _ in range(4):  # a register, a string in a map: no real chain is longer
            found = grouped(object_id)
            if 4 in found:
                return only(found, 4).decode("utf-8", "replace")
            place = found.get(6, [None])[0]
            if not isinstance(place, int):
                return ""
            entry = self.entry(place)
            if 1 in entry:
                object_id = only(grouped(only(entry, 1)), 2)
            elif 10 in entry:
                return only(grouped(only(entry, 10)), 2).decode("utf-8", "replace")
            else:
                card = self.card(place)
                object_id = card.get("self", b"")
        return ""

    def number(self, object_id: bytes) -> float:
        """Return the number an ObjectID holds, or that of the NSNumber it refers to; else 0."""
        for _ in range(4):
            found = grouped(object_id)
            try:
                if 3 in found:
                    return floating(found[3][0])
                if 2 in found:
                    return float(found[2][0]) if isinstance(found[2][0], int) else 0.0
            except WireError:
                return 0.0
            place = found.get(6, [None])[0]
            if not isinstance(place, int):
                return 0.0
            entry = self.entry(place)
            if 1 in entry:
                object_id = only(grouped(only(entry, 1)), 2)
            else:
                object_id = self.card(place).get("self", b"")
        return 0.0

    def pairs(self, dictionary: bytes) -> Iterator[tuple[bytes, bytes]]:
        """Yield the pairs of a Dictionary as the bytes of two ObjectIDs."""
        for pair in grouped(dictionary).get(1, ()):
            if isinstance(pair, bytes):
                found = grouped(pair)
                yield only(found, 1), only(found, 2)

    def _kind(self, card: bytes) -> str:
        if not card:
            return ""
        place = grouped(card).get(1, [0])[0]
        return self.types[place] if isinstance(place, int) and place < len(self.types) else ""


def _first(data: bytes) -> Found:
    return grouped(data) if data[:1] in (b"\x08", b"\x12") else {}
