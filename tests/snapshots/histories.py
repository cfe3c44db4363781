"""An orchard with a history: what each snapshot held is kept beside it, to be compared with."""

from dataclasses import dataclass, field
from pathlib import Path

from orchard import Farm
from reading import files_in


@dataclass
class History:
    """A farm, and for each snapshot the bytes of every file as they were when it was made."""

    farm: Farm
    held: dict[str, dict[str, bytes]] = field(default_factory=dict)

    @property
    def archive(self) -> Path:
        return self.farm.archive

    @property
    def order(self) -> list[str]:
        return list(self.held)

    def export(self) -> str:
        """Export, and keep what the archive holds now."""
        name = self.farm.export().snapshot or ""
        if name not in self.held:
            self.held[name] = {
                path: (self.archive / path).read_bytes()
                for path in files_in(self.archive)
                if path.startswith("Orchard/")
            }
        return name


def of_three(farm: Farm) -> History:
    """Plant, change, move, lose, and export in between: three snapshots."""
    history = History(farm)
    for one in range(8):
        farm.plant(f"k{one}", b"apple %d" % one, place=f"{one % 3}/Apple", text="crisp")
    farm.plant("pie", b"pie", place="2/Pie", title="Apple pie", text="sweet")
    farm.album("1", "Harvest", "k1", "k2")
    history.export()
    farm.plant("k1", b"pear", place="1/Apple", text="crisp")
    farm.plant("k2", b"apple 2", place="elsewhere/Apple", text="crisp")
    farm.fell("k4")
    farm.album("1", "Harvest", "k1", "k2", "k3")
    history.export()
    farm.plant("k1", b"cherry", place="1/Apple", text="ripe")
    farm.plant("new", b"new", place="1/New")
    history.export()
    return history


def files_below(folder: Path) -> dict[str, bytes]:
    """Return every file below a folder."""
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in folder.rglob("*")
        if path.is_file()
    }
