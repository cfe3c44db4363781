"""What the state's file was when rootcellar last let go of it, so that a flipped bit is found.

SQLite has no digests of its own. The seal is made when the last connection that wrote is closed,
and holds until the file is written again; what a crash leaves behind has none.
"""

import contextlib
import hashlib
import json
import os
from pathlib import Path

_NANOSECONDS = 1000
_MARK = 777


def seal_path(path: Path) -> Path:
    """Return where the seal of a state lies."""
    return path.with_name(f"{path.name}.seal")


def seal(path: Path) -> None:
    """Seal the file, unless another connection is open; whatever fails, there is just no seal.

    The file's time gets an odd end, which no later write can have in common with it.
    """
    with contextlib.suppress(OSError):
        seal_path(path).unlink(missing_ok=True)
        if path.with_name(f"{path.name}-wal").exists():
            return
        before = path.stat()
        with path.open("rb") as file:
            digest = hashlib.file_digest(file, "sha256").hexdigest()
        after = path.stat()
        if (before.st_size, before.st_mtime_ns) != (after.st_size, after.st_mtime_ns):
            return
        odd = after.st_mtime_ns // _NANOSECONDS * _NANOSECONDS + _MARK
        os.utime(path, ns=(after.st_atime_ns, odd))
        value = {"size": after.st_size, "mtime_ns": path.stat().st_mtime_ns, "sha256": digest}
        part = path.with_name(f"{path.name}.seal.part")
        part.write_text(json.dumps(value) + "\n")
        part.replace(seal_path(path))


def read_seal(path: Path) -> str | None:
    """Return the sha256 that the file had; None when it was written since, or never sealed."""
    try:
        value = json.loads(seal_path(path).read_bytes())
        status = path.stat()
        same = (value["size"], value["mtime_ns"]) == (status.st_size, status.st_mtime_ns)
        return str(value["sha256"]) if same else None
    except (OSError, ValueError, KeyError, TypeError):
        return None
