"""Pages made again from the archive's own records, without the source: `render`, `resolve`."""

from collections.abc import Collection, Iterator, Sequence
from pathlib import Path

from msgspec.structs import replace

from rootcellar.engine.batching import Batches
from rootcellar.engine.foresight import Render
from rootcellar.engine.opening import OpenArchive
from rootcellar.engine.task import Progress, Task
from rootcellar.engine.writing import Writing
from rootcellar.errors import RootcellarError
from rootcellar.exporter import Exporter
from rootcellar.items import Item
from rootcellar.report import ExporterReport
from rootcellar.sources.capture import Capture
from rootcellar.state.staging import Staging


class NoSource:
    """Stands for the reader of a source where there is none: records must be whole."""

    def warm_up(self) -> None:
        """Do nothing."""

    def ahead(self, keys: Sequence[str]) -> None:
        """Do nothing."""

    def read(self, keys: Sequence[str]) -> list[Item]:
        """Raise: what is asked for here is asked for because the archive has lost it."""
        raise RootcellarError(
            f"The records of {len(keys):,} items are damaged.",
            hint="Run `rootcellar export --thorough`: it writes them again from the source.",
        )


class Rendering:
    """Renders pages of one exporter again; `report` counts what came out otherwise."""

    def __init__(
        self, opened: OpenArchive, exporter: Exporter, render: Render, views_digest: str
    ) -> None:
        capture = Capture(Path(), (), Path(), None)  # nothing is read from it
        self.task = Task(exporter, capture, render, "", views_digest)
        tops = {self.task.top: exporter.name}
        self.writing = Writing(opened.disk, opened.state, opened.identity, tops)
        self.report = ExporterReport()
        staging = Staging(opened.state, self.writing.archive, exporter.name)
        self.batches = Batches(self.task, self.writing, staging, NoSource(), self.report, ())

    def run(
        self, keys: Sequence[str], discarded: Collection[str] = frozenset()
    ) -> Iterator[Progress]:
        """Render the pages of these items; edited ones stay, but for those `discarded`."""
        yield from self.batches.rerender(keys, discarded)
        self.report.files, self.report.bytes = self.writing.files, self.writing.bytes

    def run_all(self) -> Iterator[Progress]:
        """Render all pages, and remember with which templates."""
        state, archive, name = self.writing.state, self.writing.archive, self.task.exporter.name
        keys = state.holdings.viewed(archive, name)
        yield from self.run(keys)
        self.report.unchanged = len(keys) - self.report.changed - self.report.moved
        self.report.kept = len(state.holdings.kept(archive, name))
        row = state.exporter(self.writing.archive, name)
        if row.outcome:
            state.put_exporter(
                self.writing.archive,
                replace(row, views=self.task.views_digest, token="", content=""),
            )
