"""The checker: says everything that is wrong with an archive after a run was cut off."""

import hashlib
import json
import sqlite3
from collections.abc import Iterator
from pathlib import Path

from reading import contents, snapshots, tree_at

from rootcellar.archive.names import fold

OURS = ("README.txt", "STATUS.txt")


def check_archive(archive: Path, state: Path, *, quarantined: bool = False) -> list[str]:
    """Return what is wrong: files the state does not know, lost or damaged ones, leftovers.

    `quarantined`: damage was healed before, so that something may be in quarantine.
    """
    with sqlite3.connect(state) as connection:
        problems = [
            *_leftovers(archive),
            *_same_run(archive, connection),
            *_files(archive, connection),
            *_records(archive, connection),
            *_history(archive),
            *([] if quarantined else _quarantine(archive)),
            *_snapshots(archive, connection),
        ]
    connection.close()
    return problems


def _leftovers(archive: Path) -> Iterator[str]:
    inside = archive / ".rootcellar"
    for folder in ("parts", "journal"):
        for path in (inside / folder).glob("*"):
            yield f"left over: {path.relative_to(archive)}"
    if (archive / ".rootcellar.new").exists():
        yield "left over: .rootcellar.new"
    for folder in archive.rglob("*"):
        if (
            folder.is_dir()
            and inside not in (folder, *folder.parents)
            and not any(folder.iterdir())
        ):
            yield f"left over: the empty folder {folder.relative_to(archive)}"


def _same_run(archive: Path, connection: sqlite3.Connection) -> Iterator[str]:
    identity = json.loads((archive / ".rootcellar/archive.json").read_bytes())
    row = connection.execute(
        "SELECT counter, token FROM archive WHERE uuid = ?", (identity["uuid"],)
    ).fetchone()
    if row != (identity["counter"], identity["token"]):
        yield f"archive and state speak of different runs: {identity} and {row}"


def _known(archive: Path, connection: sqlite3.Connection) -> dict[str, tuple[str, str, int]]:
    identity = json.loads((archive / ".rootcellar/archive.json").read_bytes())
    (row,) = connection.execute("SELECT id FROM archive WHERE uuid = ?", (identity["uuid"],))
    return {
        path: (sha256, role, kept)
        for path, sha256, role, kept in connection.execute(
            "SELECT path, sha256, role, kept FROM file WHERE archive = ? UNION ALL "
            "SELECT path, sha256, kind, 0 FROM document WHERE archive = ?",
            (row[0], row[0]),
        )
    }


def _files(archive: Path, connection: sqlite3.Connection) -> Iterator[str]:
    known = _known(archive, connection)
    found = {
        path.relative_to(archive).as_posix(): path
        for path in archive.rglob("*")
        if path.is_file() and ".rootcellar" not in path.relative_to(archive).parts
    }
    for name in sorted(found.keys() - known.keys() - set(OURS)):
        yield f"a file the state does not know: {name}"
    for name in sorted(known.keys() - found.keys()):
        yield f"a file the state knows is not there: {name}"
    for name in sorted(known.keys() & found.keys()):
        sha256, role, kept = known[name]
        if not kept and hashlib.sha256(found[name].read_bytes()).hexdigest() != sha256:
            yield f"not what the state says ({role}): {name}"
    folded = [fold(name) for name in found]
    if len(set(folded)) != len(folded):
        yield "two files bear the same name but for case"


def _records(archive: Path, connection: sqlite3.Connection) -> Iterator[str]:
    tops = json.loads((archive / ".rootcellar/archive.json").read_bytes())["tops"]
    digests = {
        (exporter, key): line
        for exporter, key, line in connection.execute("SELECT exporter, key, line FROM item")
    }
    seen = set()
    for path in archive.rglob("metadata.jsonl"):
        exporter = tops[path.relative_to(archive).parts[0]]
        for text in path.read_bytes().splitlines(keepends=True):
            value = json.loads(text)
            key = value["key"]
            if (exporter, key) in seen:
                yield f"two lines for {key}"
            seen.add((exporter, key))
            if digests.get((exporter, key)) != hashlib.sha256(text).hexdigest():
                yield f"the line of {key} is not the one the state knows"
            for file in value["files"]:
                if not (archive / file["path"]).is_file():
                    yield f"{key} names a file that is not there: {file['path']}"
    for _, key in sorted(digests.keys() - seen):
        yield f"{key} has no line"


def _history(archive: Path) -> Iterator[str]:
    for path in (archive / ".rootcellar/history").rglob("*"):
        if path.is_file() and hashlib.sha256(path.read_bytes()).hexdigest() != path.stem:
            yield f"history holds other bytes than its name says: {path.name}"


def _quarantine(archive: Path) -> Iterator[str]:
    for path in (archive / ".rootcellar/quarantine").glob("*"):
        yield f"quarantine holds {path.name}"


def _whole_lines(path: Path) -> list[bytes]:
    lines = path.read_bytes().splitlines() if path.exists() else []
    return [line for line in lines if line.endswith(b"}")]


def _snapshots(archive: Path, connection: sqlite3.Connection) -> Iterator[str]:
    """Check that every snapshot can be restored, and that the newest says what is there.

    Pages may have been edited: what they held before is then nowhere.
    """
    have = contents(archive).keys()
    tree: dict[str, dict] = {}
    pruned = archive / ".rootcellar/snapshots/pruned.jsonl"
    given_up = [json.loads(line)["id"] for line in _whole_lines(pruned)]
    for name in snapshots(archive):
        tree = tree_at(archive, name)
        if name in given_up:
            continue
        for path, entry in tree.items():
            if entry["sha256"] not in have and not entry.get("view"):
                yield f"{path} of the snapshot {name} is nowhere"
    known = _known(archive, connection)
    for path in sorted(tree.keys() ^ known.keys()):
        yield f"{path} is not both in the newest snapshot and in the state"
    for path in tree.keys() & known.keys():
        if tree[path]["sha256"] != known[path][0] and not tree[path].get("view"):
            yield f"the newest snapshot and the state speak of different bytes: {path}"
