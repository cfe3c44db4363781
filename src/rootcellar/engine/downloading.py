"""After an export: the app is asked for what was not here, and what comes is exported at once.

The export of what is local never waits for it. What came down is exported in portions, each an
ordinary run of the exporter, so that a run that is killed loses one portion at most; the app has
kept those files as well, as a rule.
"""

import shutil
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from rootcellar.downloads import (
    TRIES,
    Downloader,
    DownloadRefused,
    Limits,
    reason_to_stop,
    time_left,
    timeout,
    wait_after,
)
from rootcellar.engine.exporting import ExporterRun
from rootcellar.engine.task import Progress, Task
from rootcellar.engine.writing import Writing
from rootcellar.report import Downloaded, ExporterReport
from rootcellar.state.downloads import DownloadQueue, Wanted
from rootcellar.state.store import now

PORTION_ITEMS = 100
PORTION_BYTES = 1_000_000_000
PORTION_SECONDS = 300.0


@dataclass
class Portion:
    """Files that have come and are not exported yet, by key and role."""

    began: float
    files: dict[str, Mapping[str, Path]] = field(default_factory=dict)
    bytes: int = 0

    def is_full(self, moment: float) -> bool:
        """Return whether it is time to export it."""
        return bool(self.files) and (
            len(self.files) >= PORTION_ITEMS
            or self.bytes >= PORTION_BYTES
            or moment - self.began >= PORTION_SECONDS
        )


class Downloading:
    """Asks for the files of one exporter that are missing; `report` says how far it came."""

    def __init__(
        self,
        task: Task,
        writing: Writing,
        again: Callable[[Mapping[str, Mapping[str, Path]]], ExporterReport],
        limits: Limits,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.task = task
        self.again = again
        self.limits = limits
        self.clock = clock
        self.queue = DownloadQueue(writing.state, writing.archive, task.exporter.name)
        self.report = Downloaded()
        self.exported: ExporterReport | None = None

    def run(self) -> Iterator[Progress]:
        """Ask for one item after the other, until the limits are reached or nothing is wanted."""
        wanted = self.queue.wanted(now(), newest_first=self.limits.newest_first)
        if not wanted:
            return
        downloader = self.task.exporter.downloader(self.task.capture)
        served = [one for one in wanted if downloader.can_ask(one.key, one.store)]
        folder = Path(tempfile.mkdtemp(prefix="downloads-", dir=self.task.capture.scratch))
        if not served:
            self.report.stopped = "what is missing is in libraries that the app does not have open"
        try:
            yield from self._ask_for(served, downloader, folder)
        finally:
            downloader.close()
            shutil.rmtree(folder, ignore_errors=True)
            self.queue.tidy()

    def _ask_for(
        self, wanted: list[Wanted], downloader: Downloader, folder: Path
    ) -> Iterator[Progress]:
        began = self.clock()
        portion = Portion(began)
        in_vain = 0
        try:
            for number, one in enumerate(wanted):
                spent, seconds = self.report.bytes, self.clock() - began
                self.report.stopped = reason_to_stop(
                    self.limits, one.size, spent, seconds, downloader.free(), in_vain
                )
                if self.report.stopped:
                    break
                left = time_left(self.limits, seconds)
                came = self._ask(one, downloader, folder / str(number), portion, left)
                in_vain = 0 if came else in_vain + 1
                if portion.is_full(self.clock()):
                    self._export(portion)
                    portion = Portion(self.clock())
                yield Progress(number + 1, len(wanted))
        finally:
            self._export(portion)

    def _ask(
        self, one: Wanted, downloader: Downloader, folder: Path, portion: Portion, left: float
    ) -> bool:
        """Ask for the files of one item; return whether any came.

        One for which there was less time `left` than it may take is not given up for it.
        """
        patience = timeout(one.size)
        folder.mkdir()
        self.report.asked += 1
        self.queue.ask(one.key, now(), wait_after(one.tries + 1))
        try:
            files = downloader.download(one.key, one.roles, folder, min(patience, left))
            files = {role: path for role, path in files.items() if role in one.roles}
            if not files:
                raise DownloadRefused("Nothing came.", for_good=False)
        except DownloadRefused as error:
            for_good = error.for_good or (one.tries + 1 >= TRIES and left >= patience)
            self.queue.refuse(one.key, error.reason, for_good=for_good)
            self.report.refused += for_good
            shutil.rmtree(folder, ignore_errors=True)
            return False
        size = sum(path.stat().st_size for path in files.values())
        portion.files[one.key] = files
        portion.bytes += size
        self.report.arrived += 1
        self.report.bytes += size
        return True

    def _export(self, portion: Portion) -> None:
        if not portion.files:
            return
        self.exported = merged(self.exported, self.again(portion.files))
        for files in portion.files.values():
            for path in files.values():
                path.unlink(missing_ok=True)


def merged(first: ExporterReport | None, later: ExporterReport) -> ExporterReport:
    """Return what two runs after each other did: their work in sum, and how it stands now."""
    if first is None:
        return later
    for name in ("new", "changed", "moved", "gone", "files", "bytes", "seconds"):
        setattr(later, name, getattr(first, name) + getattr(later, name))
    return later


def run_again(task: Task, writing: Writing) -> ExporterReport:
    """Run an exporter once more, for what has been downloaded meanwhile."""
    run = ExporterRun(task, writing)
    for _ in run.run():
        pass
    return run.report
