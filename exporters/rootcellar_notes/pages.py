"""What templates of notes ask for: a record's text as Markdown, and their properties."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import msgspec

from rootcellar_notes.blocks import Attachment, Body, Recording, Table
from rootcellar_notes.markdown import (
    Aside,
    Card,
    Embed,
    FileEmbed,
    Flavour,
    Gallery,
    Media,
    Missing,
    NoteLink,
    Surroundings,
    Tag,
    Words,
    render,
)
from rootcellar_notes.markdown.attachments import obsidian_tag
from rootcellar_notes.store.attachments import INLINE, LINK, TABLE_UTI

Facts = Mapping[str, Any]


def markdown(
    record: Facts,
    files: Sequence[Facts] = (),
    links: Mapping[str, str] | None = None,
    flavour: str = "gfm",
) -> str:
    """Return the text of a note's record as Markdown; "" for one whose text is not there.

    `files` are the note's files in the archive, `links` the paths of other notes' pages.
    """
    if "body" not in record:
        return ""
    body = msgspec.convert(record["body"], Body)
    note = (links or {}).get
    kind = Flavour(flavour)
    # Beside a page of the archive its files lie; a vault finds a file from its top.
    paths = {str(one["role"]): str(one["path"]) for one in files}
    if kind is Flavour.GFM:
        paths = {role: path.rpartition("/")[2] for role, path in paths.items()}
    return render(body, kind, Surroundings(_embeds(record, paths), note))


def obsidian_tags(tags: Sequence[str]) -> list[str]:
    """Return hashtags as Obsidian allows them, without the `#`."""
    return list(dict.fromkeys(obsidian_tag(tag).removeprefix("#") for tag in tags))


def _embeds(record: Facts, paths: Mapping[str, str]) -> Callable[[Attachment], Embed | None]:
    known: dict[str, Facts] = {one["identifier"]: one for one in record.get("attachments", ())}
    # What is kept as HTML is of another account, or older than iCloud's notes.
    here = record.get("account", {}).get("kind") in ("local", "app") or "html" in record
    away = "missing" if here else "only in iCloud"
    if record.get("locked"):
        away = "locked"

    def embed(attachment: Attachment) -> Embed | None:
        facts = known.get(attachment.identifier)
        if facts is None:
            return None
        return _inline(facts) or _block(facts, paths, known, away)

    return embed


def _inline(facts: Facts) -> Embed | None:
    """Return what stands in a line of text: a hashtag, a mention, a link, a result."""
    uti, text = facts.get("uti", ""), facts.get("text", "")
    if not uti.startswith(INLINE):
        return None
    if uti == f"{INLINE}hashtag":
        return Tag(text)
    if uti == f"{INLINE}link" and facts.get("token"):
        return NoteLink(facts["token"], text)
    return Words(text)


def _block(
    facts: Facts, paths: Mapping[str, str], known: Mapping[str, Facts], away: str
) -> Embed | None:
    uti, identifier = facts.get("uti", ""), facts["identifier"]
    title = facts.get("title") or facts.get("file_name", "")
    if uti == TABLE_UTI:
        if "table" not in facts:
            return Missing(title or "A table", away)
        return msgspec.convert({"type": "table", **facts["table"]}, Table)
    path = paths.get(f"{identifier} preview") or paths.get(identifier)
    if "media" not in facts and not path and (uti == LINK or facts.get("url")):
        return Card(facts.get("url", ""), title, facts.get("summary", ""))
    if path:
        return FileEmbed(path, title or path, media_of(path), tuple(_asides(facts)))
    pages = [
        FileEmbed(path, known[page].get("title", ""), media_of(path))
        for page in facts.get("pages", ())
        if page in known and (path := paths.get(f"{page} preview") or paths.get(page))
    ]
    if pages:
        return Gallery(tuple(pages), title, tuple(_asides(facts)))
    return Missing(title or uti or "An attachment", away)


def _asides(facts: Facts) -> list[Aside]:
    """Return the words that belong to a file, the recognised text of pictures aside."""
    found = [Aside("Handwriting", facts["handwriting"])] if facts.get("handwriting") else []
    if "recording" in facts:
        recording = msgspec.convert(facts["recording"], Recording)
        said = {"Summary": recording.summary or recording.top_line_summary}
        said["Transcript"] = recording.transcript
        found += [Aside(title, text) for title, text in said.items() if text]
    return found


KINDS = {
    Media.IMAGE: "png jpg jpeg gif webp heic heif tiff tif bmp svg avif",
    Media.VIDEO: "mov mp4 m4v webm mkv",
    Media.AUDIO: "m4a mp3 wav aac flac ogg aiff caf",
    Media.PDF: "pdf",
}
_KIND_OF = {ending: kind for kind, endings in KINDS.items() for ending in endings.split()}


def media_of(path: str) -> Media:
    """Return how a file is shown, by the ending of its name."""
    return _KIND_OF.get(path.rpartition(".")[2].lower(), Media.OTHER)
