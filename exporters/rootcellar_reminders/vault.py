"""What Reminders offers to an Obsidian vault: a page of tasks for each list."""

from rootcellar.api import Record, VaultFacts, VaultPages


def facts(record: Record) -> VaultFacts | None:
    """Return what a list is chosen by; None for groups, smart lists, and those the system hides.

    It has the tags of all its reminders, and was changed when the latest of them was.
    """
    told = record.get("list", {})
    if told.get("kind") not in ("list", "none"):
        return None
    members = record.get("reminders", ())
    return VaultFacts(
        account=record.get("account", {}).get("name", ""),
        folder=(*told.get("group_path", ()), told.get("name", "")),
        tags=tuple(dict.fromkeys(tag for one in members for tag in one.get("tags", ()))),
        modified=max((one.get("modified", "") for one in members), default=""),
    )


PAGES = VaultPages(
    template="obsidian/reminders.md",
    app="Reminders",
    what="lists of reminders",
    folder="Apple Reminders",
    identifier="apple-reminders-id",
    facts=facts,
    of_gatherings=True,
)
