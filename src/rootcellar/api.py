"""The front door for exporter authors; nothing else of rootcellar is promised to them."""

from rootcellar.errors import RootcellarError, SourceError, StoreMissing, StoreUnreadable
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
    View,
)
from rootcellar.sources.capture import Capture, FoundStore, opened

__all__ = [
    "Absent",
    "Bytes",
    "Capture",
    "Claim",
    "Content",
    "CopyOf",
    "Exporter",
    "File",
    "FoundStore",
    "Gathering",
    "Glance",
    "Item",
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
    "View",
    "opened",
]
