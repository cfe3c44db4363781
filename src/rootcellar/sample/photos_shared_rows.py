"""Turn what a library's assets share into rows: persons, keywords, moments, albums, folders.

Pure: it adds to a `Rows` and touches nothing else. These rows come before the assets', whose
Z_PKs are therefore counted, not looked up.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from rootcellar.sample.photos_facts import Numbers, added, apple_time, person_id, zone_offset
from rootcellar.sample.photos_items import LIBRARY_TIME, Album, Folder, Kind, Photo, SharedAlbum
from rootcellar.sample.rows import Rows, Value

Library = Mapping[str, Photo]  # by uuid, in the order of their Z_PKs
Identify = Callable[[str], str]  # a fixed uuid for a name

_ALBUM, _SHARED, _IMPORT_SESSION, _ROOT_FOLDER, _FOLDER = 2, 1505, 1506, 3999, 4000
_PROJECT_ROOT_FOLDER = 3998
_MANUAL, _BY_DATE = 0, 1
_FIRST_ORDER, _ORDER_STEP = 2048, 1024


def add_shared(
    rows: Rows,
    photos: Library,
    folders: Sequence[Folder],
    albums: Sequence[Album],
    shared_albums: Sequence[SharedAlbum],
    identify: Identify,
) -> Numbers:
    """Add everything that assets refer to and return the numbers they refer by."""
    start = apple_time(LIBRARY_TIME.replace(year=LIBRARY_TIME.year - 12))
    root = _add_folder_row(rows, identify("root folder"), None, _ROOT_FOLDER, None, start, 0)
    project_root = identify("project root folder")
    _add_folder_row(rows, project_root, None, _PROJECT_ROOT_FOLDER, None, start, 0)
    folder_numbers = {"": root}
    for order, folder in enumerate(folders):
        parent = folder_numbers[folder.parent or ""]
        folder_numbers[folder.uuid] = _add_folder_row(
            rows, folder.uuid, folder.title, _FOLDER, parent, start, order
        )
    assets = {uuid: number for number, uuid in enumerate(photos, start=1)}
    for order, album in enumerate(albums, start=len(folders)):
        _add_album(rows, album, folder_numbers[album.folder or ""], order, photos, assets)
    shared: dict[str, tuple[int, str]] = {}
    for shared_album in shared_albums:
        number = _add_shared_album(rows, shared_album, photos, assets)
        shared[shared_album.uuid] = (number, shared_album.owner)
    return Numbers(
        keywords=_add_keywords(rows, photos, identify),
        persons=_add_persons(rows, photos, identify),
        moments=_add_moments(rows, photos, identify),
        import_session=_add_import_session(rows, photos, identify),
        shared_albums=shared,
    )


def _add_folder_row(
    rows: Rows,
    uuid: str,
    title: str | None,
    kind: int,
    parent: int | None,
    created: float,
    order: int,
) -> int:
    return rows.add(
        "Folder",
        UUID=uuid,
        TITLE=title,
        KIND=kind,
        PARENTFOLDER=parent,
        Z_FOK_PARENTFOLDER=None if parent is None else _FIRST_ORDER + order * _ORDER_STEP,
        CREATIONDATE=created,
        LASTMODIFIEDDATE=created,
        CUSTOMSORTASCENDING=1,
    )


def _add_album(
    rows: Rows,
    album: Album,
    parent: int,
    order: int,
    photos: Library,
    assets: Mapping[str, int],
) -> None:
    members = [photos[uuid] for uuid in album.photos]
    number = rows.add(
        "Album",
        UUID=album.uuid,
        TITLE=album.title,
        KIND=_ALBUM,
        PARENTFOLDER=parent,
        Z_FOK_PARENTFOLDER=_FIRST_ORDER + order * _ORDER_STEP,
        CUSTOMSORTKEY=_BY_DATE if album.newest_first else _MANUAL,
        CUSTOMSORTASCENDING=int(not album.newest_first),
        CREATIONDATE=apple_time(LIBRARY_TIME.replace(year=LIBRARY_TIME.year - 1)),
        LASTMODIFIEDDATE=apple_time(LIBRARY_TIME),
        **_contents(members),
    )
    _join(rows, number, album.photos, assets)


def _add_shared_album(
    rows: Rows, album: SharedAlbum, photos: Library, assets: Mapping[str, int]
) -> int:
    uuids = [uuid for uuid, photo in photos.items() if photo.shared_album == album.uuid]
    members = [photos[uuid] for uuid in uuids]
    number = rows.add(
        "CloudSharedAlbum",
        UUID=album.uuid,
        CLOUDGUID=album.uuid,
        TITLE=album.title,
        KIND=_SHARED,
        CUSTOMSORTASCENDING=1,
        CREATIONDATE=apple_time(LIBRARY_TIME.replace(year=LIBRARY_TIME.year - 1)),
        CLOUDOWNERFIRSTNAME=album.owner,
        CLOUDOWNERFULLNAME=album.owner,
        CLOUDOWNERHASHEDPERSONID=person_id(album.owner),
        CLOUDPERSONID="1000000001",
        CLOUDRELATIONSHIPSTATE=2,
        ISOWNED=0,
        **_contents(members),
    )
    _join(rows, number, uuids, assets)
    guests = {c.author: None for photo in members for c in photo.comments}
    for order, guest in enumerate(guests):
        rows.add(
            "CloudSharedAlbumInvitationRecord",
            ALBUM=number,
            ALBUMGUID=album.uuid,
            Z_FOK_ALBUM=_FIRST_ORDER + order * _ORDER_STEP,
            INVITATIONSTATE=2,
            INVITEEEMAILKEY=-1,
            INVITEEFIRSTNAME=guest,
            INVITEEFULLNAME=guest,
            INVITEEHASHEDPERSONID=person_id(guest),
        )
    return number


def _join(rows: Rows, album: int, uuids: Sequence[str], assets: Mapping[str, int]) -> None:
    for order, uuid in enumerate(uuids):
        rows.join_album(album, assets[uuid], _FIRST_ORDER + order * _ORDER_STEP)


def _contents(members: Sequence[Photo]) -> dict[str, Value]:
    dates = [apple_time(photo.taken) for photo in members if photo.taken is not None]
    videos = sum(photo.kind is Kind.VIDEO for photo in members)
    return {
        "CACHEDCOUNT": len(members),
        "CACHEDPHOTOSCOUNT": len(members) - videos,
        "CACHEDVIDEOSCOUNT": videos,
        "STARTDATE": min(dates, default=None),
        "ENDDATE": max(dates, default=None),
    }


def _add_keywords(rows: Rows, photos: Library, identify: Identify) -> dict[str, int]:
    titles = sorted({keyword for photo in photos.values() for keyword in photo.keywords})
    return {
        title: rows.add("Keyword", TITLE=title, UUID=identify(f"keyword {title}"))
        for title in titles
    }


def _add_persons(rows: Rows, photos: Library, identify: Identify) -> dict[str, int]:
    """Add a person for every name, and one without a name for every face without one."""
    faces: dict[str, list[int]] = {}
    unnamed = set()
    number = 0
    for uuid, photo in photos.items():
        for place, face in enumerate(photo.faces):
            number += 1
            key = face.person or f"{uuid}/{place}"
            faces.setdefault(key, []).append(number)
            if not face.person:
                unnamed.add(key)
    persons = {}
    for order, (key, numbers) in enumerate(faces.items()):
        name = "" if key in unnamed else key
        persons[key] = rows.add(
            "Person",
            PERSONUUID=identify(f"person {key}"),
            FULLNAME=name,
            DISPLAYNAME=name,
            FACECOUNT=len(numbers),
            KEYFACE=numbers[0],
            MANUALORDER=order,
            DETECTIONTYPE=1,
            VERIFIEDTYPE=1 if name else 0,
        )
    return persons


def _add_moments(rows: Rows, photos: Library, identify: Identify) -> dict[str, int]:
    """Add a moment for each day and return each asset's, by uuid; shared albums have none."""
    days: dict[str, list[str]] = {}
    for uuid, photo in photos.items():
        if photo.shared_album is None:
            day = "no date" if photo.taken is None else photo.taken.date().isoformat()
            days.setdefault(day, []).append(uuid)
    moments: dict[str, int] = {}
    for day, uuids in days.items():
        members = [photos[uuid] for uuid in uuids]
        contents = _contents(members)
        place = next((photo.place for photo in members if photo.place is not None), None)
        number = rows.add(
            "Moment",
            UUID=identify(f"moment {day}"),
            TITLE=place.city if place is not None and place.city else None,
            SUBTITLE=None,
            REPRESENTATIVEDATE=contents["STARTDATE"],
            MODIFICATIONDATE=apple_time(max(map(added, members))),
            TIMEZONEOFFSET=zone_offset(members[0]) or 0,
            APPROXIMATELATITUDE=-180.0 if place is None else place.latitude,
            APPROXIMATELONGITUDE=-180.0 if place is None else place.longitude,
            ORIGINATORSTATE=1,
            **contents,
        )
        moments |= dict.fromkeys(uuids, number)
    return moments


def _add_import_session(rows: Rows, photos: Library, identify: Identify) -> int:
    members = [photo for photo in photos.values() if photo.shared_album is None]
    arrivals = [apple_time(added(photo)) for photo in members]
    contents = _contents(members) | {
        "STARTDATE": min(arrivals, default=None),
        "ENDDATE": max(arrivals, default=None),
    }
    return rows.add(
        "ImportSession",
        UUID=identify("import session"),
        KIND=_IMPORT_SESSION,
        CUSTOMSORTASCENDING=1,
        CREATIONDATE=min(arrivals, default=0.0),
        **contents,
    )
