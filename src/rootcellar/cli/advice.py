"""What to know about a place for an archive before it is trusted."""

from collections.abc import Iterator
from pathlib import Path


def advice_on_archive(archive: Path, home: Path) -> Iterator[str]:
    """Yield what a person should know about this place; nothing of it forbids its use."""
    if "Mobile Documents" in archive.parts or "CloudStorage" in archive.parts:
        yield (
            "This folder is synchronised by a cloud service: it may take files off this machine, "
            "and what is deleted elsewhere is deleted here. Better choose a drive of your own."
        )
    if _same_volume(archive, home):
        yield (
            "The archive is on the same drive as your data: when the drive fails, both are lost. "
            "Better choose another drive, or copy the archive to one."
        )


def _same_volume(archive: Path, home: Path) -> bool:
    place = archive
    while not place.exists() and place != place.parent:
        place = place.parent
    try:
        return place.stat().st_dev == home.stat().st_dev
    except OSError:
        return False
