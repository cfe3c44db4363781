"""The process that asks Photos: one JSON request a line on stdin, one JSON answer on stdout.

Request: `{"uuid", "roles", "folder", "timeout"}`. Answer: `{"files": {role: path}}`, or else
`{"error"}`, with `"for_good"` when asking for it again is of no use, `"impossible"` when any is.
Originals are asked for as resources of the asset, by type, because PhotoKit's images of an edited
Live Photo are of the edit; videos as files, because they may be larger than the memory.
"""

import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

PHOTO, ALTERNATE, FULL_SIZE, PAIRED = 1, 4, 5, 9
"""PHAssetResourceType: the original, the RAW beside it, the drawn edit, the Live Photo's video."""
RESOURCES = {"original": PHOTO, "raw": ALTERNATE, "edited": FULL_SIZE, "live": PAIRED}
ORIGINAL, CURRENT = "PHOTOS_VERSION_ORIGINAL", "PHOTOS_VERSION_CURRENT"


def answer(request: dict[str, Any], kit: Any) -> dict[str, Any]:
    """Return the answer to one request; `kit` is the module osxphotos.photokit."""
    kit.PHOTOKIT_REQUEST_TIMEOUT = request["timeout"]  # its own is the same for files of any size
    try:
        asset = kit.PhotoLibrary().fetch_uuid(request["uuid"])
    except kit.PhotoKitAuthError:
        return {"error": "rootcellar may not ask Photos.", "impossible": True}
    except kit.PhotoKitFetchFailed:
        return {"error": "Photos does not find it in its library.", "for_good": True}
    folder = Path(request["folder"])
    files, why = {}, ""
    for role in request["roles"]:
        try:
            files[role] = str(_fetch(asset, role, folder, kit))
        except (kit.PhotoKitError, OSError, LookupError, ValueError) as error:
            why = str(error) or type(error).__name__
    return {"files": files} if files else {"error": f"Photos could not download it: {why}."}


def _fetch(asset: Any, role: str, folder: Path, kit: Any) -> Path:
    """Have one file of an asset downloaded into the folder; return its path."""
    path = folder / role
    if asset.ismovie:
        version = getattr(kit, CURRENT if role == "edited" else ORIGINAL)
        path.mkdir()
        return Path(asset.export(str(path), version=version)[0])
    wanted = RESOURCES[role]
    for resource in asset._resources():  # noqa: SLF001 - osxphotos has no public way
        if resource.type() == wanted:
            data = bytes(asset._request_resource_data(resource))  # noqa: SLF001
            if not data:
                raise LookupError("nothing came")
            path.write_bytes(data)
            return path
    raise LookupError(f"it lists no file of the kind {role}")


def serve(kit: Any, lines: Any, say: Callable[[str], None]) -> None:
    """Answer requests until there are no more.

    Nothing is told for good before Photos has given something: osxphotos says of every error, as
    when Photos cannot be reached, that it does not find the picture.
    """
    has_given = False
    for line in lines:
        try:
            said = answer(json.loads(line), kit)
        except Exception as error:  # noqa: BLE001 - one odd asset must not cost all the others
            said = {"error": f"{type(error).__name__}: {error}"}
        has_given = has_given or "files" in said
        if "for_good" in said:
            said["for_good"] = has_given
        say(json.dumps(said))


def main() -> None:
    """Serve stdin and stdout, with the real PhotoKit; anything else printed goes to stderr."""
    import importlib

    out = sys.stdout
    sys.stdout = sys.stderr
    kit = importlib.import_module("osxphotos.photokit")
    serve(kit, sys.stdin, lambda text: print(text, file=out, flush=True))


if __name__ == "__main__":
    main()
