"""A glance at the source before it is surveyed: is anything new, and if so, what of it?"""

import hashlib

from rootcellar.engine.reading import source_errors
from rootcellar.engine.task import Task
from rootcellar.items import Glance
from rootcellar.state.glances import Glances
from rootcellar.state.rows import ExporterRow
from rootcellar.state.staging import Staging


class Glancing:
    """Takes one glance in one run; `content` is its digest, empty when it cannot be told."""

    def __init__(self, task: Task, row: ExporterRow) -> None:
        self.task = task
        self.row = row
        self.content = ""
        self._glance: Glance | None = None
        self._kept: Glances | None = None
        self._is_taken = False
        self._is_kept = False
        self._depends_on = ""

    def take(self) -> None:
        """Look, once."""
        if self._is_taken:
            return
        self._is_taken = True
        base, _, folders = self.row.glanced.partition(":")
        self._is_kept = base == self.task.base
        known = folders if self._is_kept else ""
        with source_errors(self.task.exporter):
            self._glance = glance = self.task.exporter.glance(self.task.capture, known)
        if glance is not None and glance.folders:
            digest = hashlib.sha256()
            for part in (self.task.base, self.task.views_digest, glance.pages, glance.folders):
                digest.update(f"{part}|".encode())
            for key in sorted(glance.items):
                digest.update(key.encode("utf-8", "surrogatepass") + glance.items[key])
            self.content = digest.hexdigest()

    def compare(self, staging: Staging, *, look_at_all: bool) -> frozenset[str] | None:
        """Take all that looks as before for sighted; return the keys of the rest, None for all."""
        glance, self._glance = self._glance, None  # it is large
        if glance is None:
            return None
        self._kept = Glances(staging)
        self._kept.add(glance.items, glance.files)
        self._depends_on = f"{self.task.base}:{glance.folders}"
        if not self._is_kept:
            return None  # other settings made what is kept
        self._kept.compare()
        if look_at_all:
            return None
        self._kept.sight_the_rest(self.task.base)
        return frozenset(self._kept.differing())

    def contradicted(self) -> list[str]:
        """Return the titles of items that looked as before, and were sighted otherwise."""
        return self._kept.contradicted(self.task.base) if self._kept else []

    def remember(self) -> str:
        """Keep the glances of what the archive holds now; return what they depend on."""
        if self._kept is not None:
            self._kept.remember(self.task.base)
        return self._depends_on
