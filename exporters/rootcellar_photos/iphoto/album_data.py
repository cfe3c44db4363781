"""What AlbumData.xml tells: the list that iPhoto writes for other programs, in every version.

It names pictures, albums, events, keywords and faces, and the paths that files had on the Mac
that wrote it; `Archive Path` is where the library lay there. Facts: files of iPhoto 6 to 9.6 as
programs that read them describe them.
"""

import hashlib
import plistlib
import re
import sqlite3
from collections.abc import Iterable, Mapping
from contextlib import closing
from pathlib import Path
from typing import Any
from xml.parsers.expat import ExpatError

from rootcellar.api import StoreUnreadable
from rootcellar_photos.iphoto.store import create, index
from rootcellar_photos.layouts import ALBUM_DATA, IPHOTO_MEDIA

_OWN = ("99", "Flagged", "Special Month", "Special Roll", "Event", "Folder", "Faces", "Places")
_OWN_IDS = ("allPhotosAlbum", "flaggedAlbum", "lastNMonthsAlbum", "lastImportAlbum", "trashAlbum")
"""Types, and identifiers, of lists that iPhoto makes for itself."""
_SMART = ("Smart", "Slideshow Smart")
_PROJECTS = ("Book", "Calendar", "Card", "Slideshow")
_RECTANGLE = re.compile(r"-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?")


def fill(library: Path, plain: Path) -> None:
    """Make the plain tables of an AlbumData.xml; StoreUnreadable when it is none."""
    try:
        with (library / ALBUM_DATA).open("rb") as file:
            told = plistlib.load(file)
        if not isinstance(told, dict) or not isinstance(told.get("Master Image List"), dict):
            raise ValueError("it lists no pictures")
    except (OSError, ValueError, ExpatError, plistlib.InvalidFileException) as error:
        raise StoreUnreadable(
            f"{ALBUM_DATA} of {library.name} cannot be read ({error}).",
            hint="Restore the library from a backup, or let iPhoto rebuild it: hold Option and "
            "Command while opening it. What is in the archive already is safe.",
        ) from error
    with closing(sqlite3.connect(plain, isolation_level=None)) as connection:
        connection.execute("PRAGMA journal_mode = OFF")
        connection.execute("PRAGMA synchronous = OFF")
        connection.execute("BEGIN")
        create(connection)
        rows = _Rows(told, library.name)
        for table, found in (
            *(("picture", rows.pictures()), ("keyword", rows.keywords()), ("face", rows.faces())),
            *(("album", rows.albums()), ("folder", rows.folders()), ("member", rows.members())),
            ("event", rows.events()),
        ):
            for row in found:
                marks = ", ".join("?" * len(row))
                connection.execute(
                    f"INSERT OR IGNORE INTO {table} ({', '.join(row)}) VALUES ({marks})",
                    tuple(map(_plain, row.values())),
                )
        index(connection)
        connection.execute("COMMIT")


def _plain(value: Any) -> Any:
    return value if isinstance(value, str | int | float) or value is None else str(value)


class _Rows:
    """The rows of the plain tables, as the list has them."""

    def __init__(self, told: Mapping[str, Any], library: str) -> None:
        self.told = told
        self.mark = hashlib.sha256(library.encode("utf-8", "replace")).hexdigest()[:8]
        """Stands in the identifiers made of numbers, which other libraries have as well."""
        self.base = str(told.get("Archive Path") or "").rstrip("/")
        self.images: list[tuple[int, str, Mapping[str, Any]]] = []
        self.uuids: dict[str, str] = {}
        seen = set()
        for number, (key, image) in enumerate(told["Master Image List"].items(), 1):
            uuid = (
                str(image.get("GUID") or f"iphoto-{self.mark}-{key}")
                if isinstance(image, dict)
                else ""
            )
            if uuid and uuid not in seen:
                seen.add(uuid)
                self.uuids[str(key)] = uuid
                self.images.append((number, uuid, image))

    def _id(self, album: Mapping[str, Any]) -> str:
        return str(album.get("GUID") or f"album-{self.mark}-{album.get('AlbumId')}")

    def _list(self, name: str) -> Iterable[Mapping[str, Any]]:
        return _dicts(self.told.get(name))

    def _path(self, path: Any) -> str | None:
        """Return a path relative to the library where it lay in it, else as it is.

        A library that was renamed, or whose list is of an earlier place, is told by its folders.
        """
        if not isinstance(path, str) or not path:
            return None
        if self.base and path.startswith(f"{self.base}/"):
            return path[len(self.base) + 1 :]
        for name in IPHOTO_MEDIA:
            head, found, tail = path.partition(f"/{name}/")
            if found and ("photolibrary" in head.lower() or "iphoto" in head.lower()):
                return f"{name}/{tail}"
        return path

    def pictures(self) -> Iterable[dict[str, Any]]:
        flagged = {
            self.uuids.get(str(key))
            for album in self._list("List of Albums")
            if album.get("Album Type") == "Flagged"
            for key in _listed(album.get("KeyList"))
        }
        for pk, uuid, image in self.images:
            shown, original = (
                self._path(image.get("ImagePath")),
                self._path(image.get("OriginalPath")),
            )
            path = original or shown
            date, utc = image.get("DateAsTimerInterval"), image.get("DateAsTimerIntervalGMT")
            shift = None
            if isinstance(date, int | float) and isinstance(utc, int | float):
                date, shift = utc, round(date - utc)
            yield {
                "pk": pk,
                "uuid": uuid,
                "title": image.get("Caption"),
                "caption": str(image.get("Comment") or "").strip() or None,
                "name": (path or "").rpartition("/")[2] or None,
                "path": path,
                "reference": int(bool(path and path.startswith("/"))),
                "movie": int(image.get("MediaType") == "Movie"),
                "date": date,
                "shift": shift,
                "modified": image.get("MetaModDateAsTimerInterval"),
                "rating": image.get("Rating"),
                "flagged": int(bool(image.get("Flagged")) or uuid in flagged),
                "latitude": image.get("latitude"),
                "longitude": image.get("longitude"),
                "event": None
                if image.get("Roll") is None
                else f"roll-{self.mark}-{image['Roll']}",
                "edited": int(bool(original) and original != shown),
                "preview": shown if original and original != shown else None,
            }

    def keywords(self) -> Iterable[dict[str, Any]]:
        names = self.told.get("List of Keywords")
        names = names if isinstance(names, dict) else {}
        for pk, _, image in self.images:
            for number in _listed(image.get("Keywords")):
                name = names.get(str(number))
                if name and not str(name).startswith("_"):  # _Favorite_ is a mark of old versions
                    yield {"picture": pk, "name": name}

    def faces(self) -> Iterable[dict[str, Any]]:
        people = self.told.get("List of Faces")
        people = people if isinstance(people, dict) else {}
        for pk, _, image in self.images:
            for face in _dicts(image.get("Faces")):
                person = people.get(str(face.get("face key")))
                if not isinstance(person, dict) or not person.get("name"):
                    continue
                row = {
                    "picture": pk,
                    "uuid": f"face {face.get('face index')}",
                    "person": f"face-{self.mark}-{face.get('face key')}",
                    "name": person["name"],
                }
                numbers = [float(one) for one in _RECTANGLE.findall(str(face.get("rectangle")))]
                if len(numbers) == 4 and numbers[2] > 0 and numbers[3] > 0:
                    x, y, w, h = numbers  # from the bottom of the picture
                    row |= {"x": x + w / 2, "y": 1 - y - h / 2, "w": w, "h": h}
                yield row

    def albums(self) -> Iterable[dict[str, Any]]:
        for album in self._list("List of Albums"):
            kind = album.get("Album Type")
            own = kind in _OWN or album.get("Master") or album.get("GUID") in _OWN_IDS
            if own or kind in _SMART or not album.get("AlbumName"):
                continue
            yield {
                "uuid": self._id(album),
                "title": album["AlbumName"],
                "kind": 9 if kind in _PROJECTS else 1,
                "folder": None
                if album.get("Parent") is None
                else f"album-{self.mark}-{album['Parent']}",
                "cover": self.uuids.get(str(album.get("KeyPhotoKey"))),
            }

    def folders(self) -> Iterable[dict[str, Any]]:
        for album in self._list("List of Albums"):
            if album.get("Album Type") == "Folder":
                above = album.get("Parent")
                yield {
                    "uuid": f"album-{self.mark}-{album.get('AlbumId')}",
                    "title": album.get("AlbumName"),
                    "parent": None if above is None else f"album-{self.mark}-{above}",
                }

    def members(self) -> Iterable[dict[str, Any]]:
        numbers = {uuid: pk for pk, uuid, _ in self.images}
        for album in self._list("List of Albums"):
            for position, key in enumerate(_listed(album.get("KeyList"))):
                if str(key) in self.uuids:
                    pk = numbers[self.uuids[str(key)]]
                    yield {"album": self._id(album), "picture": pk, "position": position}

    def events(self) -> Iterable[dict[str, Any]]:
        for roll in self._list("List of Rolls"):
            yield {
                "uuid": f"roll-{self.mark}-{roll.get('RollID')}",
                "title": roll.get("RollName"),
                "note": roll.get("Comments"),
                "created": roll.get("RollDateAsTimerInterval"),
                "cover": self.uuids.get(str(roll.get("KeyPhotoKey"))),
                "trashed": 0,
            }


def _listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []


def _dicts(value: Any) -> list[Mapping[str, Any]]:
    return [one for one in _listed(value) if isinstance(one, dict)]
