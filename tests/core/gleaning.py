"""A folder that another program has filled with the fruits of an orchard, and its adoption."""

import json
import os
from collections.abc import Iterator
from pathlib import Path

from msgspec.structs import replace
from orchard import Farm, Orchard

from rootcellar.api import Absent, Capture, Claim
from rootcellar.engine.opening import locate
from rootcellar.engine.running import Order
from rootcellar.engine.takeover import take_over
from rootcellar.report import RunReport
from rootcellar.state.store import StateStore

YEAR_2001 = 978_307_200


class Gleaner(Orchard):
    """An orchard that says how large absent fruits are, and reads the list `claims.json`."""

    adopts = True

    def files(self, path: Path, tree: dict) -> Iterator:
        for file in super().files(path, tree):
            if isinstance(file.content, Absent) and "size" in tree:
                yield replace(file, content=replace(file.content, size=tree["size"]))
            else:
                yield file

    def claims(self, capture: Capture, folder: Path) -> Iterator[Claim]:
        listed = folder / ".claims.json"
        for claim in json.loads(listed.read_text()) if listed.exists() else ():
            yield Claim(**claim)


class Field:
    """A farm with a folder beside the archive, on the same drive, that holds fruits already."""

    def __init__(self, root: Path) -> None:
        self.farm = Farm(root, Gleaner())
        self.folder = root / "exported"
        self.folder.mkdir(exist_ok=True)

    def drop(self, name: str, data: bytes, **claim: object) -> Path:
        """Put a file into the folder; with facts, the list claims them of it."""
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
        os.utime(path, (YEAR_2001, YEAR_2001))
        if claim:
            listed = self.folder / ".claims.json"
            claims = json.loads(listed.read_text()) if listed.exists() else []
            facts = {"path": name, "size": len(data), "modified": YEAR_2001, **claim}
            listed.write_text(json.dumps([*claims, facts]))
        return path

    def adopt(
        self,
        folder: Path | None = None,
        archive: Path | None = None,
        *,
        dry_run: bool = False,
        **options: object,
    ) -> RunReport:
        """Adopt the folder, and return the report."""
        place = archive or self.farm.archive
        exporter = self.farm.exporter
        order = Order(
            place,
            {exporter.name: lambda: self.farm.task(**options)},
            {exporter.title: exporter.name},
            stores=(self.farm.store,),
            dry_run=dry_run,
            inhabited=locate(place) == locate(folder or self.folder),
        )
        with StateStore(self.farm.state_path) as state:
            return take_over(order, folder or self.folder, [exporter], state)

    def left(self) -> set[str]:
        """Return the files that are in the folder, hidden ones and an archive's own apart."""
        return {
            path.relative_to(self.folder).as_posix()
            for path in self.folder.rglob("*")
            if path.is_file() and not any(part.startswith(".") for part in path.parts)
        }


def identity(path: Path) -> tuple[int, bytes]:
    """Return what tells that a file is the same one: its inode, and its bytes."""
    return path.stat().st_ino, path.read_bytes()
