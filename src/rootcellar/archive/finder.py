"""Finder tags and comments of files in an archive, through osxmetadata, which exists on Macs only.

osxmetadata takes paths, not handles: it alone is let at files of the archive by their paths, one
by one, each after a look whether the path still leads to the folder that was opened. Neither the
bytes of a file nor its mtime change. Untried on a Mac; osxmetadata's own Python is tested with
stand-ins for the system's frameworks.
"""

import contextlib
import plistlib
import time
from pathlib import Path

from rootcellar.archive.disk import Disk
from rootcellar.archive.layout import PARTS
from rootcellar.labels import Borne, Labeller, LabelsNotTaken, Tag

COMMENT = "com.apple.metadata:kMDItemFinderComment"
"""The extended attribute in which the Finder keeps a comment, as a binary property list."""
PATIENCE = 1.0
"""Seconds within which the Finder, having been asked, has written a comment."""
PROBE = f"{PARTS}/label"


class Finder:
    """Labels files of one archive."""

    def __init__(self, disk: Disk, labeller: Labeller) -> None:
        self.disk = disk
        self.labeller = labeller

    def holds_labels(self) -> bool:
        """Return whether this volume keeps labels with a file, tried on a file of its own.

        exFAT and many network drives keep them in a second file beside each, named `._…`: there
        they would litter the archive.
        """
        mark = Borne((Tag("rootcellar"),))
        self.disk.create(PROBE).close()
        try:
            self.labeller.write(self._path(PROBE), Borne(), mark)
            names = self.disk.names(PARTS)
            return self.labeller.read(self._path(PROBE)) == mark and "._label" not in names
        except (OSError, LabelsNotTaken):
            return False
        finally:
            self.disk.unlink(PROBE)
            self.disk.unlink(f"{PARTS}/._label")

    def read(self, path: str) -> Borne:
        """Return what a file bears; nothing when there is no such file."""
        if self.disk.stat(path) is None:
            return Borne()
        return self.labeller.read(self._path(path))

    def write(self, path: str, before: Borne, after: Borne) -> None:
        """Make a file bear `after`; raises OSError or LabelsNotTaken."""
        status = self.disk.stat(path)
        if status is None:
            raise LabelsNotTaken("it is not there")
        self.labeller.write(self._path(path), before, after)
        now = self.disk.stat(path)
        if now is not None and now.mtime_ns != status.mtime_ns:
            self.disk.set_mtime(path, status.mtime_ns)

    def _path(self, path: str) -> Path:
        if not self.disk.is_at_root():
            raise LabelsNotTaken("the archive's drive has gone")
        return self.disk.root / path


def open_finder(disk: Disk) -> Finder | None:
    """Return what labels files of this archive; None where there is no Finder."""
    try:
        return Finder(disk, OSXMetadata())
    except ImportError:
        return None


class OSXMetadata:
    """The real labeller."""

    def __init__(self) -> None:
        import osxmetadata

        self._metadata = osxmetadata

    def read(self, path: Path) -> Borne:
        """Return what a file bears; the comment as it lies there, whether it is indexed or not."""
        file = self._metadata.OSXMetaData(str(path))
        tags = tuple(Tag(tag.name, tag.color) for tag in file.tags)
        comment = ""
        with contextlib.suppress(KeyError, plistlib.InvalidFileException):
            comment = str(file.get_xattr(COMMENT, plistlib.loads))
        return Borne(tags, comment)

    def write(self, path: Path, before: Borne, after: Borne) -> None:
        """Make a file bear `after`; the Finder itself is asked to set a comment."""
        file = self._metadata.OSXMetaData(str(path))
        if after.tags != before.tags:
            file.tags = [self._metadata.Tag(tag.name, tag.colour) for tag in after.tags]
        if after.comment != before.comment:
            try:
                file.findercomment = after.comment or None
            except OSError:
                if after.comment:
                    raise
                # It removes the attribute as well, which the Finder may have done by itself.
        self._require(path, after)

    def _require(self, path: Path, after: Borne) -> None:
        """Raise LabelsNotTaken unless a file bears `after`, or will in a moment.

        osxmetadata says nothing when the Finder refuses (it may not be controlled), and a tag's
        colour is the Finder's business.
        """
        deadline = time.monotonic() + PATIENCE
        while True:
            now = self.read(path)
            if {tag.name for tag in now.tags} != {tag.name for tag in after.tags}:
                raise LabelsNotTaken("the system did not take the tags")
            if now.comment == after.comment:
                return
            if time.monotonic() > deadline:
                raise LabelsNotTaken(
                    "the Finder did not take the comment; allow it in System Settings > Privacy "
                    "& Security > Automation"
                )
            time.sleep(0.05)
