"""How the file of a gathering lists its members: as runs, and so that changes read well."""

from collections.abc import Iterable, Iterator
from typing import Any

from rootcellar.canonical import canonical_json
from rootcellar.engine.holding import ABSENT
from rootcellar.engine.pages import Member

Run = dict[str, Any]
"""Members of a gathering that follow each other and lie in one folder.

`{"Photos/2024/2024-07-14/": [names]}`, or `{"absent": [keys]}` for items of which the archive
holds no file yet; `"gone": true` when they have vanished from the source. An album of thousands
stays small enough to be kept in every version.
"""


def runs_of(members: Iterable[Member]) -> list[Run]:
    """Return members in order, as runs."""
    runs: list[Run] = []
    for path, gone, key in members:
        folder, _, name = path.rpartition("/")
        listed = f"{folder}/" if path else ABSENT
        last = runs[-1] if runs else {}
        if listed in last and last.get("gone", False) == gone:
            last[listed].append(name or key)
        else:
            run: Run = {listed: [name or key]}
            runs.append({**run, "gone": True} if gone else run)
    return runs


def listed(runs: Iterable[Run]) -> Iterator[tuple[str, str]]:
    """Yield the members of runs as (path, key), one of which is empty."""
    for run in runs:
        for folder, names in run.items():
            if folder == ABSENT:
                yield from (("", key) for key in names)
            elif folder.endswith("/"):
                yield from ((folder + name, "") for name in names)


def readable(value: dict[str, Any]) -> bytes:
    """Return a gathering as JSON with one line for each run, so that changes read well."""
    groups = value["groups"]
    lines = [b"{"]
    lines += [
        b" %b: %b," % (canonical_json(name), canonical_json(part))
        for name, part in value.items()
        if name != "groups"
    ]
    lines.append(b' "groups": {')
    for number, (name, runs) in enumerate(groups.items(), 1):
        comma = b"," if number < len(groups) else b""
        rows = b",\n".join(b"   " + canonical_json(run) for run in runs)
        inside = b"\n%b\n  " % rows if rows else b""
        lines.append(b"  %b: [%b]%b" % (canonical_json(name), inside, comma))
    lines += [b" }", b"}", b""]
    return b"\n".join(lines)
