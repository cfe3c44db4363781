"""rootcellar keeps your Apple data as plain files that you own."""

__version__ = "0.1.0"
