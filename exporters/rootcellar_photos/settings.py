"""The settings of photos, and which assets they leave out."""

from dataclasses import dataclass, field
from typing import Literal

from rootcellar.api import Capture, Limits
from rootcellar_photos.naming import LAYOUT, check_layout
from rootcellar_photos.rows import AssetRow

Sidecar = Literal["xmp", "json"]
SIDECARS: dict[str, tuple[str, str, str]] = {
    "xmp": ("sidecar", ".xmp", "photos/sidecar.xmp"),
    "json": ("sidecar-json", ".json", "photos/sidecar.json"),
}
"""Each kind of sidecar: its role, what it appends to the original's suffix, its template."""
Page = Literal["html", "markdown"]
PAGES: dict[str, str] = {"html": "photos/album.html", "markdown": "photos/album.md"}
"""The template of each kind of page of an album."""


APART = {"shapes": False}
"""Marks settings that change nothing of what is written, only when it comes."""


@dataclass(frozen=True, slots=True)
class PhotosSettings:
    """The settings of photos; docs/reference/settings.md explains each.

    `libraries` are paths of libraries to read instead of all those below Pictures; the core
    consumes them when it looks for stores, nothing here does.
    """

    libraries: tuple[str, ...] = ()
    layout: str = LAYOUT
    sidecars: tuple[Sidecar, ...] = ("xmp",)
    album_pages: tuple[Page, ...] = ()
    previews: bool = True
    hidden: bool = True
    trash: bool = True
    shared_albums: bool = True
    shared_library: bool = True
    shared_with_you: bool = True
    download: bool = field(default=False, metadata=APART)
    download_first: Literal["newest", "oldest"] = field(default="newest", metadata=APART)
    download_gigabytes: float = field(default=20, metadata=APART)
    download_minutes: float = field(default=120, metadata=APART)
    download_keep_free: float = field(default=20, metadata=APART)

    def __post_init__(self) -> None:
        """Refuse what cannot be meant."""
        check_layout(self.layout)
        for name in ("sidecars", "album_pages"):
            kinds = getattr(self, name)
            if len(set(kinds)) < len(kinds):
                raise ValueError(f"{name} names one kind twice.")
        for name in ("download_gigabytes", "download_minutes", "download_keep_free"):
            if getattr(self, name) < 0:
                raise ValueError(f"{name} must not be below 0; 0 means no limit.")

    @property
    def download_limits(self) -> Limits:
        """What one run may download."""
        return Limits(
            always=self.download,
            newest_first=self.download_first == "newest",
            bytes=int(self.download_gigabytes * 1e9),
            minutes=self.download_minutes,
            keep_free=int(self.download_keep_free * 1e9),
        )


def settings_of(capture: Capture) -> PhotosSettings:
    """Return the settings of this run."""
    assert isinstance(capture.settings, PhotosSettings)
    return capture.settings


LIBRARY = "library"
_SCOPES = (
    ("trash", "trash", lambda row: row.trash_state == 1),
    ("hidden", "hidden", lambda row: bool(row.hidden)),
    ("shared albums", "shared_albums", lambda row: row.is_shared),
    ("shared with you", "shared_with_you", lambda row: row.is_syndicated),
    ("shared library", "shared_library", lambda row: bool(row.in_shared_library)),
)
"""Each scope: its words for people, its setting, whether an asset belongs to it."""


def scope_of(row: AssetRow, settings: PhotosSettings) -> tuple[str, bool]:
    """Return the scope an asset is counted in, and whether the settings leave it out.

    An asset may belong to several (hidden, and in the shared library): it is counted in the first
    that is switched off, else in the first.
    """
    if not (row.trash_state or row.hidden or row.in_shared_library) and (
        row.published is None and row.syndication is None
    ):
        return LIBRARY, False  # nearly all of them
    belongs = [(name, setting) for name, setting, is_in in _SCOPES if is_in(row)]
    if not belongs:
        return LIBRARY, False
    for name, setting in belongs:
        if not getattr(settings, setting):
            return name, True
    return belongs[0][0], False
