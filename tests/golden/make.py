"""Makes the golden archive of this format version anew: `python tests/golden/make.py`.

Only for a new format version: the ones that are there must stay as they are, for ever.
"""

import gzip
import hashlib
import io
import json
import sys
import tarfile
import tempfile
from pathlib import Path

HERE = Path(__file__).parent
sys.path[:0] = [str(HERE.parent / name) for name in ("core", "snapshots", "faults")]

from histories import of_three  # noqa: E402 - the path is set first
from orchard import Farm  # noqa: E402

from rootcellar.archive.layout import FORMAT_VERSION  # noqa: E402


def make(folder: Path) -> None:
    """Write archive-N.tar.gz, and what each of its snapshots holds beside it."""
    with tempfile.TemporaryDirectory() as scratch:
        history = of_three(Farm(Path(scratch)))
        (history.archive / "STATUS.txt").unlink()
        packed = io.BytesIO()
        with tarfile.open(fileobj=packed, mode="w") as tar:
            for path in sorted(history.archive.rglob("*")):
                if path.is_file():
                    info = tar.gettarinfo(path, path.relative_to(history.archive).as_posix())
                    info.uid = info.gid = 0
                    info.uname = info.gname = ""
                    with path.open("rb") as file:
                        tar.addfile(info, file)
    name = f"archive-{FORMAT_VERSION}"
    (folder / f"{name}.tar.gz").write_bytes(gzip.compress(packed.getvalue(), mtime=0))
    held = {
        snapshot: {path: hashlib.sha256(data).hexdigest() for path, data in sorted(files.items())}
        for snapshot, files in history.held.items()
    }
    (folder / f"{name}.json").write_text(json.dumps(held, indent=1, ensure_ascii=False) + "\n")


if __name__ == "__main__":
    make(HERE)
