"""Which rows belong to which note: attachments, their parts, their files, their pictures.

Kept as a table in the private copy of the store, made once: a note's rows are then found without
going through all others, and no memory is needed for those of the rest.
"""

import sqlite3

from rootcellar_notes.store.schema import DATA, OBJECTS, Schema

TABLE = "rootcellar_belonging"
DEEPEST = 16
"""How deep attachments may lie in one another (a gallery's pages lie one deep)."""


def prepare(connection: sqlite3.Connection, schema: Schema) -> None:
    """Make the table (note, row) of all that belongs to notes; it may be there already."""
    there = "SELECT 1 FROM sqlite_master WHERE type = 'table' AND name = ?"
    if connection.execute(there, (TABLE,)).fetchone():
        return
    connection.execute("BEGIN IMMEDIATE")
    try:
        if not connection.execute(there, (TABLE,)).fetchone():  # another process may have
            connection.execute(f"CREATE TABLE {TABLE} (row INTEGER PRIMARY KEY, note INTEGER)")
            connection.execute(f"CREATE INDEX {TABLE}_note ON {TABLE} (note)")
            _fill(connection, schema)
            if schema.columns("NOTE", DATA):  # Apple's own index is not in every copy
                connection.execute(f"CREATE INDEX {TABLE}_text ON {DATA} (ZNOTE)")
    except BaseException:
        connection.execute("ROLLBACK")
        raise
    connection.execute("COMMIT")


def _fill(connection: sqlite3.Connection, schema: Schema) -> None:
    """Fill the table; a reference to a row that is no number (damage) belongs to nothing."""
    parts = f"({schema.entity('ICAttachment')}, {schema.entity('ICInlineAttachment')})"
    files = f"({schema.entity('ICMedia')}, {schema.entity('ICAttachmentPreviewImage')})"
    note, above = schema.value("NOTE", "o"), schema.value("PARENTATTACHMENT", "o")
    add = f"INSERT OR IGNORE INTO {TABLE} (row, note)"
    connection.execute(
        f"{add} SELECT o.Z_PK, {note} FROM {OBJECTS} o WHERE o.Z_ENT IN {parts} "
        f"AND typeof({note}) = 'integer'"
    )
    for _ in range(DEEPEST):
        added = connection.execute(
            f"{add} SELECT o.Z_PK, b.note FROM {OBJECTS} o "
            f"CROSS JOIN {TABLE} b ON b.row = {above} WHERE o.Z_ENT IN {parts}"
        )
        if added.rowcount < 1:
            break
    connection.execute(
        f"{add} SELECT o.Z_PK, b.note FROM {OBJECTS} o "
        f"CROSS JOIN {TABLE} b ON b.row = {schema.value('ATTACHMENT', 'o')} "
        f"WHERE o.Z_ENT IN {files}"
    )
    media = schema.value("MEDIA", "a")
    connection.execute(
        f"{add} SELECT {media}, b.note FROM {TABLE} b CROSS JOIN {OBJECTS} a ON a.Z_PK = b.row "
        f"WHERE typeof({media}) = 'integer'"
    )
