"""Write the share record (a keyed archive of a CKShare) of a made-up shared note."""

from __future__ import annotations

from collections.abc import Sequence

from rootcellar.sample.archives import Archive


def share(people: Sequence[tuple[str, str, str, int]]) -> bytes:
    """Return what ZSERVERSHAREDATA holds; people are (given name, family name, e-mail, role)."""
    archive = Archive()
    participants = []
    for given, family, email, role in people:
        names = archive.instance(
            "NSPersonNameComponents",
            {"NS.givenName": archive.add(given), "NS.familyName": archive.add(family)},
        )
        lookup = archive.instance("CKUserIdentityLookupInfo", {"EmailAddress": archive.add(email)})
        identity = archive.instance(
            "CKUserIdentity", {"NameComponents": names, "LookupInfo": lookup}
        )
        participants.append(
            archive.instance(
                "CKShareParticipant",
                {"UserIdentity": identity, "Role": role, "Permission": 3, "AcceptanceStatus": 2},
            )
        )
    listed = archive.instance("NSArray", {"NS.objects": participants})
    address = archive.add("https://www.icloud.com/notes/made-up#Harvest")
    url = archive.instance("NSURL", {"NS.relative": address})
    return archive.dump(archive.instance("CKShare", {"Participants": listed, "URL": url}))
