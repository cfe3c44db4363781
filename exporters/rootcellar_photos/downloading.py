"""Asking Photos for files that are only in iCloud: a child process asks, this one is patient.

Only the Photos app of the Mac that owns the library can download; it is asked through PhotoKit, by
way of osxphotos, for its System Photo Library. A question that is never answered is ended with its
process. Untried on a Mac; the protocol between the processes is tested with a stand-in.
"""

import json
import os
import select
import shutil
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from rootcellar.api import Capture, DownloadRefused, DownloadsImpossible
from rootcellar_photos.copies import MARK, mark_of
from rootcellar_photos.library import AnyLibrary

PERMISSION_HINT = (
    "Allow it in System Settings > Privacy & Security > Photos, for the program that runs "
    "rootcellar (your terminal, or rootcellar itself)."
)
GRACE = 5.0
"""Seconds within which the child says that its time is over, before it is ended."""
COMMAND = (sys.executable, "-m", "rootcellar_photos.asking")


class PhotosDownloader:
    """Asks Photos for files of one library, one item after the other.

    `identity` is the library's own, `mark` ends the keys of its items that are in a copy of it
    too. What comes is put into `scratch`, and kept in the library as well.
    """

    def __init__(
        self,
        library: Path,
        scratch: Path,
        identity: str,
        mark: str = "",
        command: Sequence[str] = COMMAND,
    ) -> None:
        self.library = library
        self.scratch = scratch
        self.identity = identity
        self.mark = mark
        self.command = command
        self._child: subprocess.Popen[bytes] | None = None

    @classmethod
    def of(cls, capture: Capture, libraries: Sequence[AnyLibrary]) -> "PhotosDownloader":
        """Return the downloader of these libraries, or raise DownloadsImpossible."""
        if sys.platform != "darwin" or not capture.live:
            raise DownloadsImpossible(
                "Only Photos, on the Mac that the library belongs to, can download what is only "
                "in iCloud.",
                hint="Run `rootcellar export photos --download-missing` on that Mac, as the "
                "person whose library it is.",
            )
        system = _system_library()
        for one in libraries:
            if system is not None and one.path.resolve() == system.resolve():
                return cls(one.path, capture.scratch, one.identity, mark_of(one, capture))
        raise DownloadsImpossible(
            "Photos downloads for its System Photo Library alone, and that is not among those "
            "that are exported.",
            hint="In Photos, choose Settings > General > Use as System Photo Library.",
        )

    def can_ask(self, key: str, store: str) -> bool:
        """Return whether an item is one of this library's."""
        mark = key.partition(MARK)[2]
        return store == self.identity and mark in ("", self.mark)

    def free(self) -> int:
        """Return how many bytes are free on the disk of the library, or on that of scratch."""
        return min(shutil.disk_usage(place).free for place in (self.library, self.scratch))

    def download(
        self, key: str, roles: tuple[str, ...], folder: Path, timeout: float
    ) -> Mapping[str, Path]:
        """Have files of an asset downloaded into `folder`; see rootcellar.api.Downloader."""
        request = {
            "uuid": key.partition(MARK)[0],
            "roles": list(roles),
            "folder": str(folder),
            "timeout": timeout,
        }
        answer = self._ask(request, time.monotonic() + timeout + GRACE)
        if answer.get("impossible"):
            raise DownloadsImpossible(answer["error"], hint=PERMISSION_HINT)
        if "error" in answer:
            raise DownloadRefused(answer["error"], for_good=bool(answer.get("for_good")))
        return {role: Path(path) for role, path in answer["files"].items()}

    def _ask(self, request: dict[str, Any], deadline: float) -> dict[str, Any]:
        if self._child is None:
            self._child = subprocess.Popen(  # noqa: S603 - our own module
                self.command,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                # where osxphotos makes folders that a child cannot remove when it is ended
                env={**os.environ, "TMPDIR": str(self.scratch)},
            )
        child = self._child
        assert child.stdin is not None
        assert child.stdout is not None
        try:
            child.stdin.write(json.dumps(request).encode() + b"\n")
            child.stdin.flush()
        except BrokenPipeError:
            self.close()
            raise DownloadRefused("Photos could not be asked.", for_good=False) from None
        line = b""
        while not line.endswith(b"\n"):
            left = max(0, deadline - time.monotonic())
            ready, _, _ = select.select([child.stdout], [], [], left)
            if not ready:
                self.close()
                raise DownloadRefused("It did not come in time.", for_good=False)
            more = child.stdout.read1(65_536)  # type: ignore[attr-defined]
            if not more:
                self.close()
                raise DownloadRefused("Photos ended while it was asked.", for_good=False)
            line += more
        answer: dict[str, Any] = json.loads(line)
        return answer

    def close(self) -> None:
        """End the process that asks."""
        if self._child is not None:
            self._child.kill()
            self._child.communicate()
            self._child = None


def _system_library() -> Path | None:
    from osxphotos.utils import get_system_library_path

    found = get_system_library_path()
    return Path(found) if found else None
