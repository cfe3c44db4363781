"""After the files are written: their Finder tags and comments, where these are wanted.

What they bear follows from the archive's own records. Nothing of it is part of the archive's
format: a file that does not take its labels costs a line in the report, and is tried again when
something has changed.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING

from rootcellar.archive.layout import RECORDS, history_path
from rootcellar.archive.records import read_lines
from rootcellar.engine.task import Task
from rootcellar.engine.writing import Writing
from rootcellar.items import Record
from rootcellar.labels import Labels, LabelsNotTaken, inherited, merged
from rootcellar.state.labels import Files, Labelled, LabelStore
from rootcellar.state.rows import StoredFile, StoredItem

if TYPE_CHECKING:
    from rootcellar.archive.finder import Finder

BATCH = 500
IN_A_ROW = 20
"""After so many files that took none, one after the other, no more are tried in this run."""


class Labelling:
    """Labels the files of one exporter; `notes` tells what a person should know of it."""

    def __init__(self, task: Task, writing: Writing) -> None:
        self.task = task
        self.writing = writing
        self.kinds = task.labels if task.exporter.labelled else ()
        self.notes: list[str] = []
        self.failures: list[tuple[str, str]] = []
        self._in_a_row = 0
        self._finder: Finder | None = None

    def catch_up(self) -> None:
        """Label what has changed since it was labelled last."""
        if not self.kinds:
            return
        mark = f" {','.join(self.kinds)} {self.task.exporter.version}"
        store = LabelStore(self.writing.state, self.writing.archive, self.task.exporter.name, mark)
        if store.is_settled() and not self.task.thorough:
            return
        keys = store.pending()
        if keys and self._is_open():
            for start in range(0, len(keys), BATCH):
                if self._in_a_row < IN_A_ROW:
                    store.put(list(self._label(keys[start : start + BATCH], store)))
            self._tell()
        store.settle()

    def _is_open(self) -> bool:
        """Return whether labels can be given here: by this system, on the archive's volume."""
        from rootcellar.archive.finder import open_finder

        try:
            self._finder = open_finder(self.writing.disk)
            return self._finder is not None and self._finder.holds_labels()
        except Exception as error:  # noqa: BLE001 - frameworks of the system may raise anything
            self.notes.append(f"The Finder's tags and comments cannot be written: {error}.")
            return False

    def _label(self, keys: Sequence[str], store: LabelStore) -> Iterator[tuple[str, str, Files]]:
        known = store.labelled(keys)
        items = self.writing.state.holdings.items(
            self.writing.archive, self.task.exporter.name, keys
        )
        records = self._records(items)
        for key in keys:
            if key in records and self._in_a_row < IN_A_ROW:
                files = self._label_files(items[key], records[key], known.get(key, {}))
                if files is not None:
                    yield key, items[key].line, files

    def _records(self, items: Mapping[str, StoredItem]) -> dict[str, Record]:
        """Return the records of items as their folders hold them; damaged ones are left out."""
        found: dict[str, Record] = {}
        for folder in sorted({item.folder for item in items.values()}):
            path = f"{folder}/{RECORDS}"
            if self.writing.disk.stat(path) is not None:
                for line in read_lines(self.writing.disk, path):
                    if line.key in items and line.digest == items[line.key].line:
                        found[line.key] = line.value["record"]
        return found

    def _label_files(self, item: StoredItem, record: Record, known: Files) -> Files | None:
        """Label the files of an item; None when one of them did not take its labels."""
        done: dict[str, Labelled] = {}
        failed = False
        try:
            labels = self.task.exporter.labels(record)
        except Exception as error:  # noqa: BLE001 - a plugin may raise anything, of one record
            self.failures.append((item.title, f"{type(error).__name__}: {error}"))
            return None
        for file in item.files:
            if file.role in self.task.exporter.labelled:
                try:
                    ours = self._label_file(file, labels, known.get(file.role))
                    done[file.role] = Labelled(file.sha256, file.path, ours)
                    self._in_a_row = 0
                except (OSError, LabelsNotTaken) as error:
                    self.failures.append((item.title, str(error)))
                    self._in_a_row += 1
                    failed = True
        return None if failed else done

    def _label_file(self, file: StoredFile, labels: Labels, former: Labelled | None) -> Labels:
        """Label one file; return what of its labels is ours."""
        ours = former.ours if former else Labels()
        wanted = labels.of_kinds(self.kinds, ours)
        if former is not None and former.sha256 == file.sha256 and wanted == ours:
            return ours
        if former is None and wanted == Labels():
            return ours
        assert self._finder is not None
        borne = before = self._finder.read(file.path)
        if former is not None and former.sha256 != file.sha256:
            past = self._finder.read(history_path(former.sha256, former.path))
            before, ours = inherited(borne, past, ours), Labels()
        after, ours = merged(before, ours, wanted)
        if after != borne:
            self._finder.write(file.path, borne, after)
        return ours

    def _tell(self) -> None:
        if self.failures:
            title, reason = self.failures[0]
            rest = " The others are left for another run." if self._in_a_row >= IN_A_ROW else ""
            self.notes.append(
                f"{len(self.failures):,} files of {self.task.top} did not take their Finder tags "
                f"or comments, beginning with those of {title}: {reason}.{rest}"
            )
