"""The texts of notes as the store holds them, packed or locked, and who shares them."""

import sqlite3
from collections.abc import Iterator, Sequence

from msgspec import Struct

from rootcellar.apple.values import data, number, text
from rootcellar_notes.store.notes import data_join
from rootcellar_notes.store.schema import DATA, OBJECTS, Schema


class Text(Struct, frozen=True):
    """What the store holds of one note's text, and what is needed beside a password to open it.

    `outline` says which sections are folded away. `share` is the keyed archive of a shared note.
    `hint` is for whoever asks for the password; it belongs in no archive and no report.
    """

    note: int
    data: bytes
    outline: bytes
    share: bytes
    salt: bytes
    iterations: int
    wrapped_key: bytes
    initialization_vector: bytes
    tag: bytes
    hint: str


def texts(connection: sqlite3.Connection, schema: Schema, notes: Sequence[int]) -> Iterator[Text]:
    """Yield the texts of some notes, by row, one at a time."""
    own = ("OUTLINESTATEDATA", "SERVERSHAREDATA", "CRYPTOSALT", "CRYPTOITERATIONCOUNT",
           "CRYPTOWRAPPEDKEY", "PASSWORDHINT")  # fmt: skip
    columns = ", ".join(schema.value(name, "n") for name in own)
    sealed = ", ".join(
        f"coalesce({schema.value(name, 'd', DATA)}, {schema.value(name, 'n')})"
        for name in ("CRYPTOINITIALIZATIONVECTOR", "CRYPTOTAG")
    )
    some = ",".join(str(int(pk)) for pk in notes)
    for pk, body, outline, share, salt, iterations, key, hint, vector, tag in connection.execute(
        f"SELECT n.Z_PK, {schema.value('DATA', 'd', DATA)}, {columns}, {sealed} "
        f"FROM {OBJECTS} n LEFT JOIN {DATA} d ON {data_join(schema)} "
        f"WHERE n.Z_PK IN ({some}) ORDER BY n.Z_PK"
    ):
        yield Text(pk, data(body), data(outline), data(share), data(salt), number(iterations),
                   data(key), data(vector), data(tag), text(hint))  # fmt: skip
