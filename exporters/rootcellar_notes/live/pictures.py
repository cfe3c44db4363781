"""Pictures that stand in the HTML of a note itself become files that it names."""

import base64
import binascii
import hashlib
import re
from collections.abc import Sequence
from pathlib import Path

from rootcellar_notes.live.messages import AppFile

PICTURE = re.compile(r"""(<img\b[^<>]*?\bsrc=)(["'])data:image/([\w.+-]+);base64,([^"'<>]*)\2""")
ENDINGS = {"jpeg": "jpg", "svg+xml": "svg"}


def taken_out(html: str, files: Sequence[AppFile], folder: Path) -> tuple[str, list[AppFile]]:
    """Return the HTML without the bytes of its pictures, and these as new files in `folder`.

    One that is the same, byte for byte, as an attachment that was saved is that attachment.
    """
    if "data:image/" not in html:
        return html, []
    known = {_sha256(Path(one.path)): one.shown_as for one in files if one.path}
    found: list[AppFile] = []

    def named(match: re.Match[str]) -> str:
        start, quote, kind, text = match.groups()
        try:
            data = base64.b64decode(text)
        except binascii.Error:
            return match.group()
        digest = hashlib.sha256(data).hexdigest()
        if digest not in known:
            number = len(found) + 1
            name = f"Picture {number}.{ENDINGS.get(kind, kind)}"
            folder.mkdir(parents=True, exist_ok=True)
            (folder / name).write_bytes(data)
            known[digest] = f"picture {number}"
            found.append(AppFile(known[digest], name, path=str(folder / name)))
        return f"{start}{quote}cid:{known[digest]}{quote}"

    return PICTURE.sub(named, html), found


def _sha256(path: Path) -> str:
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()
