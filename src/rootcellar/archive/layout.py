"""Where the archive keeps its own things; `docs/reference/archive-format.md` describes them."""

INSIDE = ".rootcellar"
IDENTITY = f"{INSIDE}/archive.json"
FORMAT = f"{INSIDE}/FORMAT.txt"
HISTORY = f"{INSIDE}/history"
QUARANTINE = f"{INSIDE}/quarantine"
JOURNAL = f"{INSIDE}/journal"
PARTS = f"{INSIDE}/parts"
SNAPSHOTS = f"{INSIDE}/snapshots"
PRUNED = f"{SNAPSHOTS}/pruned.jsonl"
STATE_COPY = f"{INSIDE}/state-copy"
README = "README.txt"
STATUS = "STATUS.txt"
RECORDS = "metadata.jsonl"
"""The name of the file that holds the records of the items of one folder."""

FORMAT_VERSION = 1


def history_path(sha256: str, path: str) -> str:
    """Return where the former content of `path` is kept: by digest, with its extension."""
    name = path.rpartition("/")[2]
    extension = name.rpartition(".")[2].lower() if "." in name.lstrip(".") else ""
    ending = f".{extension}" if extension.isalnum() and len(extension) <= 10 else ""
    return f"{HISTORY}/{sha256[:2]}/{sha256}{ending}"


def quarantine_path(sha256: str, path: str) -> str:
    """Return where foreign bytes found at `path` are kept."""
    return f"{QUARANTINE}/{sha256[:16]} {path.rpartition('/')[2]}"
