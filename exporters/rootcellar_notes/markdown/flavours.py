"""The two kinds of Markdown: plain GFM, as GitHub reads it, and Obsidian's."""

from enum import StrEnum


class Flavour(StrEnum):
    """Which Markdown to write.

    GFM is CommonMark with tables, task lists and strikethrough; what it lacks is HTML that every
    reader of Markdown shows. OBSIDIAN has `[[links]]`, `![[embeds]]`, `==highlights==`, #tags and
    callouts that fold.
    """

    GFM = "gfm"
    OBSIDIAN = "obsidian"
