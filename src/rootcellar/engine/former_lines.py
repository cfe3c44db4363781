"""Lines of a damaged records file, found again: in what is left of it, and in the history.

The state knows the digest of every line, so a line that is found is the right one for certain.
"""

from collections.abc import Iterator, Mapping

from rootcellar.archive.disk import Disk
from rootcellar.archive.layout import HISTORY, QUARANTINE
from rootcellar.archive.records import Line, gone_line, read_lines


def find_lines(disk: Disk, path: str, expected: Mapping[str, str]) -> dict[str, Line]:
    """Return, by key, the lines whose digests are expected, as far as they are anywhere.

    Reads every former records file only as long as a line is missing; a line may have been
    written before its item vanished from the source.
    """
    found: dict[str, Line] = {}
    for place in _places(disk, path):
        for line in read_lines(disk, place):
            digest = expected.get(line.key)
            if digest is None or line.key in found:
                continue
            if line.digest == digest:
                found[line.key] = line
            elif (gone := gone_line(line)).digest == digest:
                found[line.key] = gone
        if len(found) == len(expected):
            break
    return found


def _places(disk: Disk, path: str) -> Iterator[str]:
    if disk.stat(path) is not None:
        yield path
    name = path.rpartition("/")[2]
    ending = f".{name.rpartition('.')[2]}"
    for folder, wanted in ((QUARANTINE, name), (HISTORY, ending)):
        yield from (one for one in disk.walk(folder) if one.endswith(wanted))
