"""The runs that are cut off: a first export, and one with changes of every kind."""

import hashlib
import shutil
from collections.abc import Callable
from pathlib import Path

from orchard import Farm, Orchard, tree

from rootcellar.api import Capture

Season = Callable[[Farm], None]


class TokenOrchard(Orchard):
    """An orchard that can tell cheaply that nothing has happened."""

    def token(self, capture: Capture) -> str:
        digest = hashlib.sha256()
        for path in sorted(capture.stores[0].path.iterdir()):
            digest.update(f"{path.name}:{path.stat().st_mtime_ns}:{path.stat().st_size}|".encode())
        return digest.hexdigest()


def new_farm(root: Path) -> Farm:
    """Return a farm with an orchard that knows tokens."""
    return Farm(root, exporter=TokenOrchard())


def spring(farm: Farm) -> None:
    """Plant the first items: some clash, one is absent, two lie in an album."""
    for key in ("a", "b", "c"):
        farm.plant(key, key.encode(), place="2024/Apple" if key != "c" else "2024/APPLE")
    farm.plant("text", b"text", place="2024/Text", text="crisp")
    farm.plant("edit", b"edit", place="2024/Edit")
    farm.plant("far", None, place="2024/Far")
    farm.plant("move", b"move", place="2024/Move", text="stays")
    farm.plant("old", b"the same picture", place="2025/Same")
    for key in ("gone", "back", "trash"):
        farm.plant(key, key.encode(), place=f"2025/{key}")
    farm.album("1", "Harvest", "text", "gone", "move", "a")
    farm.album("2", "Pies", "b", "far")
    farm.album("3", "Left alone", "far", "move", "old", "edit")


def summer(farm: Farm) -> None:
    """Take one item away, which will come back."""
    farm.fell("back")


def autumn(farm: Farm) -> None:
    """Change something of every kind."""
    farm.plant("b", b"b2", place="2024/Apple")
    farm.plant("new", b"new", place="2024/Apple", text="fresh")
    farm.plant("text", b"text", place="2024/Text", text="mellow")
    farm.plant("edit", b"edit", place="2024/Edit", more="words")
    farm.plant("far", b"far", place="2024/Far")
    farm.plant("move", b"move", place="2026/Moved", text="stays")
    farm.plant("into", b"into", place="2024/Move")
    farm.fell("old")
    farm.plant("again", b"the same picture", place="2025/Same")
    farm.fell("gone")
    farm.plant("back", b"back", place="2025/back")
    farm.plant("trash", b"trash", place="2025/trash", trash=True)
    farm.album("1", "Autumn", "text", "move", "a", "new")
    (farm.store / "album2.json").unlink()


def edit_a_page(farm: Farm) -> None:
    """Do what a person does in the archive."""
    page = farm.archive / "Orchard/2024/Edit.bin.page"
    if page.exists():
        page.write_text("my own words, longer than what was there before")


class Orchards:
    """A source and an archive as they are before the run that is cut off, and as they should end.

    `before` are the seasons that have been exported already, `last` the one whose export is cut.
    """

    def __init__(self, root: Path, before: tuple[Season, ...], last: Season) -> None:
        self.root = root
        self.template = new_farm(root / "template")
        for season in before:
            season(self.template)
            self.template.export()
        edit_a_page(self.template)
        last(self.template)
        whole = self.copy("whole")
        whole.export()
        self.expected = tree(whole.archive, inside=True)
        self.whole = whole

    def copy(self, name: str) -> Farm:
        """Return a farm of its own, in which the last season has not been exported yet."""
        root = self.root / name
        shutil.rmtree(root, ignore_errors=True)
        farm = new_farm(root)
        for own, copied in (
            (self.template.archive, farm.archive),
            (self.template.state_path.parent, farm.state_path.parent),
        ):
            if own.exists():
                shutil.copytree(own, copied)
        _move_in(farm, self.template)
        return farm


def _move_in(farm: Farm, template: Farm) -> None:
    """Share the template's source, and put the archive's new path into the state."""
    import sqlite3

    farm.home, farm.store = template.home, template.store
    if farm.state_path.exists():
        with sqlite3.connect(farm.state_path) as connection:
            connection.execute("UPDATE archive_path SET path = ?", (str(farm.archive),))
        connection.close()
