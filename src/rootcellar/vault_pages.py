"""What an exporter offers to an Obsidian vault: which pages, and by what they are chosen."""

from collections.abc import Callable, Mapping
from typing import Any

from msgspec import Struct


class VaultFacts(Struct, frozen=True):
    """What the options of `rootcellar obsidian` ask of a page.

    `folder` are the names of the folders it is in, the outermost first; `modified` is when it was
    changed last (ISO 8601), empty when nothing tells.
    """

    account: str = ""
    folder: tuple[str, ...] = ()
    tags: tuple[str, ...] = ()
    modified: str = ""


class VaultPages(Struct, frozen=True):
    """The pages that an exporter offers to a vault: one for each item, or for each list.

    `template` renders one from `record`, `name`, `gone`, `files`, `links`, `modified` and
    `newer_than`; the paths of `files` and `links` are those in the vault.

    `app` is what people call the source (`Notes`), `what` what a page is of (`notes`). `folder` is
    where in the vault the pages lie unless a person says otherwise, and `identifier` the property
    by which a page says what it is of. With `of_gatherings` there is a page for each gathering
    that `holds` its members' records; `record` is then its record with them. `facts` tells of such
    a record how it is chosen; None: there is no page of it.
    """

    template: str
    app: str
    what: str
    folder: str
    identifier: str
    facts: Callable[[Mapping[str, Any]], VaultFacts | None]
    of_gatherings: bool = False
