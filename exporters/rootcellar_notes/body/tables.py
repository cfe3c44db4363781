"""Tables, from the graph in which several devices may have edited one table at a time.

The rows and columns are ordered sets: a list in which deleted and moved ones still stand, the set
of those that live, and what each stands for in the cells.
"""

from rootcellar_notes.blocks import Cell, Table
from rootcellar_notes.body.crdt import Graph, grouped, only, reference
from rootcellar_notes.body.notes import read_note
from rootcellar_notes.body.unknown import Unknowns

MOST_CELLS = 200_000
"""Cells of one table. Of a larger one the rows and columns without any text are left out."""

MOST_TEXT = 32 * 1024 * 1024
"""Characters in all cells of one table together."""

Cells = dict[tuple[bytes, bytes], int]
"""(row, column) to the place of the entry that holds the text."""


def decode_table(data: bytes) -> Table:
    """Return the table in ZMERGEABLEDATA1 (before macOS 13 ZMERGEABLEDATA) of an attachment.

    Never raises: damage becomes `troubles`, and what could be read is returned.
    """
    graph = Graph(data)
    root = next(graph.of_kind(".ICTable"), None)
    if root is None:
        tables = (
            n for n in range(len(graph.entries)) if {"crRows", "crColumns"} <= set(graph.card(n))
        )
        root = next(tables, None)
    troubles = graph.troubles
    if root is None:
        troubles = troubles or ["The data holds no table."]
        return Table(troubles=tuple(troubles))
    card = graph.card(root)
    unknowns = Unknowns()
    for name, value in card.items():
        if name not in KNOWN_KEYS:
            unknowns.add(f"ICTable.{name}", value)
    rows = _ordered(graph, card.get("crRows", b""))
    columns = _ordered(graph, card.get("crColumns", b""))
    cells = _cells(graph, card.get("cellColumns", b""))
    if len(rows) * len(columns) > MOST_CELLS:
        troubles.append("The table is too large; empty rows and columns are left out.")
        filled = set(cells)
        kept_rows, kept_columns = {row for row, _ in filled}, {column for _, column in filled}
        rows = [row for row in rows if row in kept_rows]
        columns = [column for column in columns if column in kept_columns]
        rows = rows[: max(1, MOST_CELLS // max(1, len(columns)))]
        columns = columns[:MOST_CELLS]
    reading = _Reading(graph, unknowns, troubles)
    grid = tuple(
        tuple(reading.cell(cells.get((row, column))) for column in columns) for row in rows
    )
    direction = graph.string(card.get("crTableColumnDirection", b""))
    return Table(
        grid,
        direction.endswith("RightToLeft"),
        unknowns.all(),
        tuple(dict.fromkeys(troubles)),
    )


KNOWN_KEYS = frozenset(
    ("identity", "crRows", "crColumns", "cellColumns", "crTableColumnDirection")
)


class _Reading:
    """Reads the texts of cells, each once, and not more of them than a table may have."""

    def __init__(self, graph: Graph, unknowns: Unknowns, troubles: list[str]) -> None:
        self.graph = graph
        self.unknowns = unknowns
        self.troubles = troubles
        self.read: dict[int, Cell] = {}
        self.left = MOST_TEXT

    def cell(self, place: int | None) -> Cell:
        if place is None or self.left <= 0:
            return ()
        cell = self.read.get(place)
        if cell is None:
            note = only(self.graph.entry(place), 10)
            cell = read_note(note, self.unknowns, self.troubles, "Cell") if note else ()
            if all(not paragraph.runs for paragraph in cell) and len(cell) < 2:
                cell = ()
            self.read[place] = cell
        self.left -= sum(len(run.text) for paragraph in cell for run in paragraph.runs)
        if self.left <= 0:
            self.troubles.append("The table holds too much text; the rest is left out.")
        return cell


def _ordered(graph: Graph, object_id: bytes) -> list[bytes]:
    """Return what lives in an ordered set, in order: the UUIDs by which the cells know it."""
    ordered = grouped(only(graph.entry(reference(object_id)), 16))
    ordering = grouped(only(ordered, 1))
    listed = [
        only(grouped(one), 2)
        for one in grouped(only(ordering, 1)).get(2, ())
        if isinstance(one, bytes)
    ]
    stands_for: dict[bytes, bytes] = {}
    for key, value in graph.pairs(only(ordering, 2)):
        name, content = graph.uuid(key), graph.uuid(value)
        if name is not None and content is not None:
            stands_for[name] = content
    living = {graph.uuid(key) for key, _ in graph.pairs(only(ordered, 2))}
    # Once for each: moved on two devices at a time, one may stand in the list twice.
    return list(dict.fromkeys(stands_for.get(name, name) for name in listed if name in living))


def _cells(graph: Graph, object_id: bytes) -> Cells:
    """Return where the text of each cell is, by the UUIDs of its row and column."""
    cells: Cells = {}
    for column_id, rows_id in graph.pairs(only(graph.entry(reference(object_id)), 6)):
        column = graph.uuid(column_id)
        if column is None:
            continue
        for row_id, cell_id in graph.pairs(only(graph.entry(reference(rows_id)), 6)):
            row, place = graph.uuid(row_id), reference(cell_id)
            if row is not None and place is not None:
                cells.setdefault((row, column), place)
    return cells
