"""Write the names of a place as Photos stores them: an NSKeyedArchiver property list.

Pure. The classes are those of Photos' own reverse geocoding (PLRevGeoLocationInfo and the
CNPostalAddress of Contacts).
"""

from __future__ import annotations

import plistlib

from rootcellar.sample.archives import Archive
from rootcellar.sample.photos_items import Place

_COUNTRY, _CITY = 1, 4  # kinds of place
_NULL = plistlib.UID(0)


def reverse_location(place: Place) -> bytes:
    """Return what ZREVERSELOCATIONDATA holds for ``place``."""
    archive = Archive()
    city, country = archive.add(place.city), archive.add(place.country)
    code = archive.add(place.country_code)
    address = archive.instance(
        "CNPostalAddress",
        {
            "_ISOCountryCode": code,
            "_city": city,
            "_country": country,
            "_postalCode": _NULL,
            "_state": _NULL,
            "_street": _NULL,
            "_subAdministrativeArea": _NULL,
            "_subLocality": _NULL,
        },
    )
    names = [_named(archive, city, _CITY, 1e7), _named(archive, country, _COUNTRY, 1e11)]
    sorted_names = archive.instance("NSArray", {"NS.objects": names})
    map_item = archive.instance(
        "PLRevGeoMapItem", {"sortedPlaceInfos": sorted_names, "finalPlaceInfos": _NULL}
    )
    location = archive.instance(
        "PLRevGeoLocationInfo",
        {
            "addressString": archive.add(f"{place.city}, {place.country}"),
            "countryCode": code,
            "mapItem": map_item,
            "isHome": False,
            "compoundNames": _NULL,
            "compoundSecondaryNames": _NULL,
            "version": 13,
            "geoServiceProvider": archive.add("7618"),
            "postalAddress": address,
        },
    )
    return archive.dump(location)


def _named(archive: Archive, name: plistlib.UID, kind: int, area: float) -> plistlib.UID:
    fields: dict[str, object] = {
        "area": area,
        "name": name,
        "placeType": kind,
        "dominantOrderType": 0,
    }
    return archive.instance("PLRevGeoMapItemAdditionalPlaceInfo", fields)
