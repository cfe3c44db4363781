"""Asking Photos for files that are only in iCloud: a child process asks, this one is patient.

Only the Photos app of the Mac that owns the library can download; it is asked through PhotoKit, by
way of osxphotos, for its System Photo Library. A question that is never answered is ended with its
process. Untried on a Mac; the protocol between the processes is tested with a stand-in.
"""

import json
import select
import shutil
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from rootcellar.api import Capture, DownloadRefused, DownloadsImpossible

PERMISSION_HINT = (
    "Allow it in System Settings > Privacy & Security > Photos, for the program that runs "
    "rootcellar (your terminal, or rootcellar itself)."
)
COMMAND = (sys.executable, "-m", "rootcellar_photos.asking")


class PhotosDownloader:
    """Asks Photos for files of one library, one item after the other."""

    def __init__(self, library: Path, command: Sequence[str] = COMMAND) -> None:
        self.library = library
        self.command = command
        self._child: subprocess.Popen[bytes] | None = None

    @classmethod
    def of(cls, capture: Capture) -> "PhotosDownloader":
        """Return the downloader of this capture's libraries, or raise DownloadsImpossible."""
        if sys.platform != "darwin" or not capture.live:
            raise DownloadsImpossible(
                "Only Photos, on the Mac that the library belongs to, can download what is only "
                "in iCloud.",
                hint="Run `rootcellar export photos --download-missing` on that Mac, as the "
                "person whose library it is.",
            )
        system = _system_library()
        for found in capture.stores:
            if system is not None and found.path.resolve() == system.resolve():
                return cls(found.path)
        raise DownloadsImpossible(
            "Photos downloads for its System Photo Library alone, and that is not among those "
            "that are exported.",
            hint="In Photos, choose Settings > General > Use as System Photo Library.",
        )

    def free(self) -> int:
        """Return how many bytes are free on the disk of the library."""
        return shutil.disk_usage(self.library).free

    def download(
        self, key: str, roles: tuple[str, ...], folder: Path, timeout: float
    ) -> Mapping[str, Path]:
        """Have files of an asset downloaded into `folder`; see rootcellar.api.Downloader."""
        request = {"uuid": key, "roles": list(roles), "folder": str(folder)}
        answer = self._ask(request, time.monotonic() + timeout)
        if answer.get("impossible"):
            raise DownloadsImpossible(answer["error"], hint=PERMISSION_HINT)
        if "error" in answer:
            raise DownloadRefused(answer["error"], for_good=bool(answer.get("for_good")))
        return {role: Path(path) for role, path in answer["files"].items()}

    def _ask(self, request: dict[str, Any], deadline: float) -> dict[str, Any]:
        if self._child is None:
            self._child = subprocess.Popen(  # noqa: S603 - our own module
                self.command, stdin=subprocess.PIPE, stdout=subprocess.PIPE
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
