"""Where items lie, or will once this run is over: what links between their pages lead to."""

from rootcellar.engine.writing import Writing
from rootcellar.state.rows import StoredItem
from rootcellar.state.staging import Staging


class Places:
    """Tells where the page of an item is; asked while others of the same run are still written.

    Names are given before the first file is written, so nearly every answer is final. Where a
    name turns out to be taken, the pages that mention it are rendered again at the end.
    """

    def __init__(self, writing: Writing, staging: Staging, exporter: str, top: str) -> None:
        self.writing = writing
        self.staging = staging
        self.exporter = exporter
        self.top = top

    def stem(self, place: str, known: StoredItem | None, promised: str) -> str:
        """Return the stem of an item after this run: a name once given is kept while it may be."""
        wished = self.staging.names.stem(self.top, place)
        if known is not None:
            before = self.staging.names.stem(self.top, known.place)
            if before == wished or known.stem == wished:
                return known.stem
        return promised or wished

    def page(self, key: str, suffix: str) -> str:
        """Return the path of an item's page in the archive, "" for none.

        `suffix` is what a page has that is yet to be written; without one, only what the archive
        holds counts.
        """
        found = self.writing.state.holdings.items(self.writing.archive, self.exporter, [key])
        known = found.get(key)
        there = next((file.path for file in known.files if file.view), "") if known else ""
        place = self.staging.names.place(key) if suffix else None
        if place is None:
            return there
        promised = self.staging.names.promised([key]).get(key, "")
        stem = self.stem(place, known, promised)
        if known is not None and stem == known.stem and there:
            return there
        return stem + suffix
