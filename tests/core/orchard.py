"""A small made-up exporter over a folder of text files, for the tests of the core."""

import contextlib
import hashlib
import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from rootcellar.api import (
    Absent,
    Bytes,
    Capture,
    CopyOf,
    Exporter,
    File,
    FoundStore,
    Gathering,
    Item,
    Notice,
    Sighting,
    Store,
    Trouble,
    Unseen,
    View,
)
from rootcellar.engine.running import Order, run
from rootcellar.engine.task import Task
from rootcellar.report import RunReport
from rootcellar.state.store import StateStore

ORCHARD = Store("Orchard", "Orchard")


class Orchard(Exporter):
    """Each `*.json` in the store is an item: {title, place, text?, trash?, store?, refers?}."""

    name = "orchard"
    title = "Orchard"
    reads = (ORCHARD,)

    def sighting(self, path: Path, tree: dict) -> Sighting:
        beside = path.with_suffix(".bin")
        status = beside.stat() if beside.exists() else None
        look = [tree, status and (status.st_size, status.st_mtime_ns)]
        return Sighting(
            key=path.stem,
            title=tree.get("title", path.stem),
            place=tree.get("place", path.stem),
            fingerprint=hashlib.sha256(json.dumps(look).encode()).hexdigest(),
            suffixes=(".bin", ".txt", ".bin.page"),
            store=tree.get("store", "orchard-1"),
            in_trash=tree.get("trash", False),
            withheld=tree.get("withheld", False),
        )

    def trees(self, capture: Capture) -> Iterator[tuple[Path, dict]]:
        for path in sorted(capture.stores[0].path.glob("*.json")):
            if not path.stem.startswith("album"):
                yield path, json.loads(path.read_text())

    def survey(self, capture: Capture) -> Iterator[Sighting | Trouble | Notice | Unseen]:
        for path, tree in self.trees(capture):
            if tree.get("trouble"):
                store = tree.get("store", "") if tree.get("in_part") else ""
                yield Trouble(path.stem, "the orchard is locked", "Unlock it.", store)
                continue
            if tree.get("unseen"):
                yield Unseen(tree["store"])
                continue
            if tree.get("notice"):
                yield Notice(tree["notice"])
            yield self.sighting(path, tree)

    def read(self, capture: Capture, keys: object) -> Iterator[Item]:
        for path, tree in self.trees(capture):
            if path.stem in keys:  # type: ignore[operator]
                refers_to = tuple(tree.get("refers", ()))
                files = tuple(self.files(path, tree))
                yield Item(self.sighting(path, tree), tree, files, refers_to)

    def files(self, path: Path, tree: dict) -> Iterator[File]:
        beside = path.with_suffix(".bin")
        if beside.exists():
            yield File("original", ".bin", CopyOf(beside))
        else:
            yield File("original", ".bin", Absent("only in iCloud", "Download it.", (beside,)))
            yield File("preview", ".txt", Bytes(b"preview"), stands_in_for="original")
        if "text" in tree:
            yield File("note", " (note).txt", Bytes(tree["text"].encode()))
        yield File("page", ".bin.page", View("orchard/page.txt"))

    def gatherings(self, capture: Capture) -> Iterator[Gathering]:
        for path in sorted(capture.stores[0].path.glob("album*.json")):
            album = json.loads(path.read_text())
            yield Gathering(
                path.stem,
                album["title"],
                f"Albums/{album['title']}",
                {"title": album["title"]},
                {"items": tuple(album["items"])},
            )


def render(template: str, record: dict, files: list, title: str, links: dict) -> bytes:
    """Stand in for the Jinja2 environment."""
    text = json.dumps(record, sort_keys=True)
    linked = f"{json.dumps(links, sort_keys=True)}\n" if links else ""
    paths = [file["path"] for file in files]
    return f"{template}\n{title}\n{text}\n{paths}\n{linked}".encode()


@dataclass
class Farm:
    """A source, an archive and a state in a temporary folder; `export` runs one export."""

    root: Path
    exporter: Exporter = field(default_factory=Orchard)
    archive: Path = field(init=False)
    home: Path = field(init=False)
    state_path: Path = field(init=False)

    def __post_init__(self) -> None:
        self.home = self.root / "home"
        self.store = self.home / "Orchard"
        self.store.mkdir(parents=True, exist_ok=True)
        self.archive = self.root / "archive"
        self.state_path = self.root / "state" / "state.sqlite"

    def plant(self, key: str, data: bytes | None = b"apple", **tree: object) -> Path:
        """Put an item into the source."""
        path = self.store / f"{key}.json"
        path.write_text(json.dumps(tree))
        beside = path.with_suffix(".bin")
        if data is None:
            beside.unlink(missing_ok=True)
        elif not beside.exists() or beside.read_bytes() != data:
            beside.write_bytes(data)
        return path

    def fell(self, key: str) -> None:
        """Take an item out of the source for good."""
        (self.store / f"{key}.json").unlink()
        (self.store / f"{key}.bin").unlink(missing_ok=True)

    def album(self, key: str, title: str, *items: str) -> None:
        """Put an album into the source."""
        (self.store / f"album{key}.json").write_text(json.dumps({"title": title, "items": items}))

    @contextlib.contextmanager
    def task(self, **options: object) -> Iterator[Task]:
        scratch = self.root / "scratch"
        scratch.mkdir(exist_ok=True)
        capture = Capture(
            self.home, (FoundStore(ORCHARD, self.store),), scratch, self.exporter.settings()
        )
        digests = {"settings_digest": "", "views_digest": "1", **options}
        yield Task(self.exporter, capture, render, **digests)  # type: ignore[arg-type]

    def export(self, archive: Path | None = None, *, dry_run: bool = False, **options: object):
        """Run one export and return its report."""
        order = Order(
            archive or self.archive,
            {self.exporter.name: lambda: self.task(**options)},
            {self.exporter.title: self.exporter.name},
            stores=(self.store,),
            dry_run=dry_run,
        )
        with StateStore(self.state_path) as state:
            return run(order, state)


def counts(report: RunReport, exporter: str = "orchard") -> dict[str, int]:
    """Return the counts of a report that are not zero."""
    one = report.exporters[exporter]
    names = ("new", "changed", "moved", "unchanged", "gone", "kept")
    return {name: getattr(one, name) for name in names if getattr(one, name)}


def tree(folder: Path, *, inside: bool = False) -> dict[str, bytes]:
    """Return every file below a folder; of `.rootcellar` only what lasts, and with `inside`."""
    found = {}
    for path in sorted(folder.rglob("*")):
        name = path.relative_to(folder).as_posix()
        if not path.is_file() or name == "STATUS.txt":
            continue
        if name.startswith(".rootcellar") and not (inside and "/history/" in name):
            continue
        found[name] = path.read_bytes()
    return found
