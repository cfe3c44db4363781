"""Markdown from the block model: plain GFM, and Obsidian's flavour of it."""

from rootcellar_notes.markdown.embeds import (
    Aside,
    Card,
    Embed,
    FileEmbed,
    Gallery,
    Media,
    Missing,
    NoteLink,
    Surroundings,
    Tag,
    Words,
    note_identifier,
)
from rootcellar_notes.markdown.flavours import Flavour
from rootcellar_notes.markdown.pages import render

__all__ = [
    "Aside",
    "Card",
    "Embed",
    "FileEmbed",
    "Flavour",
    "Gallery",
    "Media",
    "Missing",
    "NoteLink",
    "Surroundings",
    "Tag",
    "Words",
    "note_identifier",
    "render",
]
