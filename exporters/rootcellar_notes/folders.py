"""One page for every account: its folders, how they lie in one another, its smart folders."""

import json
from collections.abc import Iterable, Iterator
from typing import Any

from rootcellar.api import Gathering
from rootcellar_notes.containers import Container
from rootcellar_notes.naming import component
from rootcellar_notes.record import account_facts, filled, share_facts
from rootcellar_notes.store.folders import SMART, TRASH, Account, Folder
from rootcellar_notes.store.sharing import read_share

WORDS = {TRASH: "trash", SMART: "smart"}


def gatherings(containers: Iterable[Container]) -> Iterator[Gathering]:
    """Yield `<account>/Folders.json` for every account that is not empty of folders."""
    said: set[str] = set()
    for container in containers:
        for account in container.tree.accounts.values():
            folders = [one for one in container.tree.folders.values() if one.owner == account.pk]
            key = f"{account.identifier or account.name}/folders"
            if folders and key not in said:
                said.add(key)
                yield _gathering(key, account, folders)


def _gathering(key: str, account: Account, folders: list[Folder]) -> Gathering:
    living = [one for one in folders if not one.deleted]
    names = {one.pk: one.identifier for one in folders}
    listed = sorted(living, key=lambda one: (one.order, one.title, one.identifier))
    record = {
        "account": account_facts(account),
        "folders": [_facts(one, names.get(one.parent, "")) for one in listed],
    }
    title = component(account.label, "Notes")
    return Gathering(key, f"Folders of {title}", f"{title}/Folders", record, {})


def _facts(one: Folder, parent: str) -> dict[str, Any]:
    return filled(
        identifier=one.identifier,
        title=one.title,
        parent=parent,
        kind=WORDS.get(one.kind, "" if one.kind == 0 else str(one.kind)),
        query=_query(one.query),
        shared=share_facts(read_share(one.share), ""),
    )


def _query(text: str) -> Any:
    """Return what a smart folder looks for, as JSON where it is."""
    try:
        return json.loads(text) if text else None
    except ValueError:
        return text
