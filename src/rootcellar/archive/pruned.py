"""`pruned.jsonl`: which snapshots were given up, and when; each line has a digest of its own."""

import hashlib
import re
from collections.abc import Iterable, Mapping

import msgspec

from rootcellar.archive.disk import Disk
from rootcellar.archive.layout import PRUNED

_UNCHECKED = {"id", "pruned"}
"""What the first archives wrote, without a digest."""
_BEGINNING = re.compile(rb'(\{("[\w":,+-]*)?)?')
_QUOTES = 12
"""A whole line has so many."""


def given_up(disk: Disk) -> dict[str, str]:
    """Return when (ISO 8601) each snapshot was given up whose history may have been freed."""
    return read_pruned(disk)[0]


def read_pruned(disk: Disk) -> tuple[dict[str, str], bool]:
    """Return when (ISO 8601) each snapshot was given up, and whether a line is damaged.

    A line that a full drive cut off is no damage.
    """
    if disk.stat(PRUNED) is None:
        return {}, False
    found: dict[str, str] = {}
    damaged = False
    for line in disk.read(PRUNED).split(b"\n"):
        try:
            value = msgspec.json.decode(line, type=dict[str, str])
            name, moment = value["id"], value["pruned"]
        except (msgspec.DecodeError, UnicodeDecodeError, KeyError):
            cut_off = _BEGINNING.fullmatch(line) is not None and line.count(b'"') < _QUOTES
            damaged = damaged or not cut_off
            continue
        if line == _line(name, moment) or set(value) == _UNCHECKED:
            found[name] = moment
        else:
            damaged = True
    return found, damaged


def append_pruned(disk: Disk, snapshots: Iterable[str], moment: str) -> None:
    """Write down that these snapshots are given up; an OSError (a full drive) is the caller's."""
    disk.append(PRUNED, pruned_lines(dict.fromkeys(snapshots, moment)))


def pruned_lines(moments: Mapping[str, str]) -> bytes:
    """Return the lines that say when each snapshot was given up."""
    return b"".join(_line(name, moment) + b"\n" for name, moment in moments.items())


def _line(name: str, moment: str) -> bytes:
    check = hashlib.sha256(f"{name} {moment}".encode()).hexdigest()[:16]
    return msgspec.json.encode({"id": name, "pruned": moment, "check": check})
