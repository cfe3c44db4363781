"""What galleries and recordings keep in their data: the order of the pages, the transcript."""

from math import isfinite

from rootcellar_notes.blocks import Recording, Segment
from rootcellar_notes.body.crdt import Graph, grouped, only, reference
from rootcellar_notes.body.wire import signed

IDENTIFIER = 36
"""Letters in a UUID, as identifiers of attachments are spelled."""


def decode_gallery(data: bytes) -> tuple[str, ...]:
    """Return the identifiers of a gallery's pages (scans), in order; see `decode_table`.

    Pages are strings in maps. The list entries give each the place it has among the others;
    pages that no list names keep the order of the data and follow.
    """
    graph = Graph(data)
    found: dict[int, str] = {}
    for place, _ in enumerate(graph.entries):
        for name, object_id in graph.card(place).items():
            text = only(grouped(object_id), 4).decode("utf-8", "replace")
            if name != "identity" and len(text) == IDENTIFIER and text.count("-") == 4:
                found[place] = text
    weights: dict[str, tuple[int, int]] = {}
    for place, entry in enumerate(graph.entries):
        for item in grouped(only(grouped(entry), 5)).get(1, ()):
            if isinstance(item, bytes):
                page, weight = _page(item, found)
                if page:
                    weights.setdefault(page, (weight, place))
    listed = sorted(weights, key=lambda page: weights[page])
    return tuple(dict.fromkeys([*listed, *found.values()]))


def decode_recording(data: bytes) -> Recording:
    """Return transcript and summary from the data of a `com.apple.m4a-audio` attachment."""
    graph = Graph(data)
    segments = []
    for place in graph.of_kind(".ICTTTranscriptSegment"):
        card = graph.card(place)
        text = graph.string(card.get("text", b""))
        if text:
            segments.append(
                Segment(
                    text,
                    graph.string(card.get("speaker", b"")),
                    _seconds(graph, card.get("timestamp", b"")),
                    _seconds(graph, card.get("duration", b"")),
                )
            )
    segments.sort(key=lambda one: one.timestamp)
    summary = top_line = ""
    for place in graph.of_kind(".ICTTAudioRecording"):
        card = graph.card(place)
        summary = summary or graph.string(card.get("summary", b""))
        top_line = top_line or graph.string(card.get("topLineSummary", b""))
    return Recording(tuple(segments), summary, top_line, tuple(graph.troubles))


def _seconds(graph: Graph, object_id: bytes) -> float:
    seconds = graph.number(object_id)
    return round(seconds, 3) if isfinite(seconds) else 0.0


def _page(item: bytes, found: dict[int, str]) -> tuple[str, int]:
    """Return the page an item of a list names ("" if none), and its place among the others."""
    fields = grouped(item)
    named = reference(only(fields, 2))
    page = found.get(-1 if named is None else named, "")
    details = grouped(only(grouped(only(fields, 9)), 1))
    weight = details.get(2, [0])[0]
    return page, signed(weight) if isinstance(weight, int) else 0
