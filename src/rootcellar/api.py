"""The front door for exporter authors; nothing else of rootcellar is promised to them."""

from rootcellar.downloads import Downloader, DownloadRefused, Limits
from rootcellar.errors import (
    DownloadsImpossible,
    RootcellarError,
    SourceError,
    StoreMissing,
    StoreUnreadable,
)
from rootcellar.exporter import Exporter, NoSettings, Store
from rootcellar.items import (
    Absent,
    Bytes,
    Claim,
    Content,
    CopyOf,
    File,
    Gathering,
    Glance,
    Item,
    Notice,
    Record,
    Sighting,
    Trouble,
    Unseen,
    View,
)
from rootcellar.labels import Labels
from rootcellar.sources.capture import Capture, FoundStore, opened, plainly_opened
from rootcellar.vault_pages import VaultFacts, VaultPages

__all__ = [
    "Absent",
    "Bytes",
    "Capture",
    "Claim",
    "Content",
    "CopyOf",
    "DownloadRefused",
    "Downloader",
    "DownloadsImpossible",
    "Exporter",
    "File",
    "FoundStore",
    "Gathering",
    "Glance",
    "Item",
    "Labels",
    "Limits",
    "NoSettings",
    "Notice",
    "Record",
    "RootcellarError",
    "Sighting",
    "SourceError",
    "Store",
    "StoreMissing",
    "StoreUnreadable",
    "Trouble",
    "Unseen",
    "VaultFacts",
    "VaultPages",
    "View",
    "opened",
    "plainly_opened",
]
