"""Makes a damaged `archive.json` anew: the newest snapshot says whose archive this is."""

import contextlib
import hashlib
import re
from pathlib import Path

from rootcellar.archive.disk import Disk
from rootcellar.archive.identity import Identity, IdentityDamaged, read_identity, replace_file
from rootcellar.archive.layout import IDENTITY, quarantine_path
from rootcellar.archive.trouble import archive_errors
from rootcellar.engine.opening import locate
from rootcellar.snapshots.chain import read_chain
from rootcellar.snapshots.problems import Problem
from rootcellar.state.store import StateStore


def mend_identity(place: Path, state: StateStore) -> list[Problem]:
    """Mend the archive's identity if it is damaged, and return what was wrong.

    What was there goes to quarantine. Nothing is done where no snapshot tells whose archive it is,
    or another one than the state knows at this place.
    """
    place = locate(place)
    if not place.is_dir():
        return []
    with archive_errors(place), contextlib.closing(Disk(place)) as disk:
        try:
            read_identity(disk)
        except IdentityDamaged as error:
            identity = _told(disk, place, state, error.data)
            if identity is None or not disk.lock():
                return []
            found = hashlib.sha256(error.data).hexdigest()
            replace_file(disk, quarantine_path(found, IDENTITY), error.data)
            replace_file(disk, IDENTITY, identity.to_json())
            disk.flush()
            return [Problem(IDENTITY, "identity", "it is not what was written", "", found, True)]
    return []


def _told(disk: Disk, place: Path, state: StateStore, damaged: bytes) -> Identity | None:
    """Return what the newest snapshot and the state say of the archive.

    Unless the state's token can still be read in the damaged file, another machine may have
    written here since: a new token has the state rebuilt.
    """
    chain = read_chain(disk)
    if chain.head is None:
        return None
    header = chain.headers[chain.head]
    known = dict(state.archive_paths()).get(place)
    if known not in (None, header.archive):
        return None
    identity = Identity(header.archive, tops=header.tops)
    row = state.archive(header.archive)
    if row is None:
        return identity.next(1, {}, {})
    stores = {one.name: one.stores for one in state.exporters(row) if one.stores}
    same = re.search(rb'"token": "([0-9a-f]*)"', damaged)
    if same is None or same[1].decode() != row.token:
        return identity.next(row.counter + 1, {}, stores)
    return Identity(header.archive, identity.format, row.counter, row.token, header.tops, stores)
