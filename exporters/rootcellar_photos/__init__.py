"""Photos: every asset of a Photos library, read through osxphotos."""

from rootcellar_photos.exporter import Photos
from rootcellar_photos.settings import PhotosSettings

__all__ = ["Photos", "PhotosSettings"]
