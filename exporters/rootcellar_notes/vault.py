"""What Notes offers to an Obsidian vault: a page for each note."""

from rootcellar.api import Record, VaultFacts, VaultPages


def facts(record: Record) -> VaultFacts:
    """Return what a note is chosen by."""
    return VaultFacts(
        account=record.get("account", {}).get("name", ""),
        folder=tuple(record.get("folder", {}).get("path", ())),
        tags=tuple(record.get("tags", ())),
        modified=record.get("modified", ""),
    )


PAGES = VaultPages(
    template="obsidian/note.md",
    app="Notes",
    what="notes",
    folder="Apple Notes",
    identifier="apple-notes-id",
    facts=facts,
)
