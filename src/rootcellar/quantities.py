"""Numbers, sizes and spans of time as people write them: 1 file, 10GiB, 500 MB, 10m, 7d."""

import re

_SIZES = {
    "": 1,
    "k": 1000,
    "m": 1000**2,
    "g": 1000**3,
    "t": 1000**4,
    "ki": 2**10,
    "mi": 2**20,
    "gi": 2**30,
    "ti": 2**40,
}
_SECONDS = {"s": 1, "m": 60, "h": 3600, "d": 86400, "w": 7 * 86400}


def counted(number: int, one: str, several: str = "") -> str:
    """Return a number of things in words: `1 file`, `2,000 files`."""
    return f"{number:,} {one if number == 1 else several or f'{one}s'}"


def bytes_in(text: str) -> int:
    """Return a size in bytes: `10GiB`, `500MB`, `1048576`; raises ValueError."""
    found = re.fullmatch(r"(\d+(?:\.\d+)?) ?([kmgt]?i?)b?", text.strip().lower())
    if not found or found[2] not in _SIZES:
        raise ValueError(f"{text!r} is no size. Say for instance 10GiB or 500MB.")
    return int(float(found[1]) * _SIZES[found[2]])


def seconds_in(text: str) -> float:
    """Return a span of time in seconds: `30s`, `10m`, `2h`, `7d`, `2w`; raises ValueError."""
    found = re.fullmatch(r"(\d+(?:\.\d+)?) ?([smhdw])", text.strip().lower())
    if not found:
        raise ValueError(f"{text!r} is no time. Say for instance 10m, 2h or 7d.")
    return float(found[1]) * _SECONDS[found[2]]
