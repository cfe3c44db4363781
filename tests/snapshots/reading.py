"""Reads snapshots as anyone could who knows the format: with zstd and json alone."""

import hashlib
import json
import sys
from pathlib import Path

if sys.version_info >= (3, 14):
    from compression import zstd
else:
    from backports import zstd

Entries = dict[str, dict]


def lines(archive: Path, snapshot: str) -> list[dict]:
    """Return all lines of a manifest: header, entries, trailer."""
    data = (archive / f".rootcellar/snapshots/{snapshot}.jsonl.zst").read_bytes()
    return [json.loads(line) for line in zstd.decompress(data).splitlines()]


def snapshots(archive: Path) -> list[str]:
    """Return all snapshots in the order of their chain, which must be whole."""
    found = {}
    for path in (archive / ".rootcellar/snapshots").glob("*.zst"):
        name = path.name.removesuffix(".jsonl.zst")
        header, *_, trailer = lines(archive, name)
        data = zstd.decompress(path.read_bytes())
        body = data[: data.rindex(b"\n", 0, -1) + 1]
        assert trailer["sha256"] == hashlib.sha256(body).hexdigest()
        assert header["id"] == name
        found[header.get("parent", "")] = name, header, hashlib.sha256(path.read_bytes())
    order: list[str] = []
    parent, digest, depth = "", "", 0
    while parent in found:
        parent, header, now = found.pop(parent)
        assert header.get("parent_sha256", "") == digest
        depth = 0 if header["kind"] == "full" else depth + 1
        assert header.get("depth", 0) == depth
        digest = now.hexdigest()
        order.append(parent)
    assert not found, "a manifest that follows on none"
    return order


def tree_at(archive: Path, snapshot: str) -> Entries:
    """Return the entries of a snapshot by path."""
    header, *entries, _ = lines(archive, snapshot)
    tree = {} if header["kind"] == "full" else tree_at(archive, header["parent"])
    for entry in entries:
        if entry.get("absent"):
            del tree[entry["path"]]
        else:
            tree[entry["path"]] = entry
    assert header["files"] == len(tree)
    assert header["bytes"] == sum(one.get("size", 0) for one in tree.values())
    return tree


def contents(archive: Path) -> dict[str, Path]:
    """Return a file for every content that the archive holds, by the digest of its bytes."""
    files = (path for path in archive.rglob("*") if path.is_file())
    return {hashlib.sha256(path.read_bytes()).hexdigest(): path for path in files}


def files_in(archive: Path) -> dict[str, str]:
    """Return the digests of all files that a snapshot should list."""
    return {
        path.relative_to(archive).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in archive.rglob("*")
        if path.is_file()
        and ".rootcellar" not in path.relative_to(archive).parts
        and path.name not in ("README.txt", "STATUS.txt", ".DS_Store")
        and not path.name.startswith("._")
    }
