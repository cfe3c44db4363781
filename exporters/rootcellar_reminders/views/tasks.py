"""A list as a page of tasks, in GitHub's Markdown: sections, steps, what is due, what is done."""

import re
import textwrap
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any, NamedTuple

from rootcellar_reminders.store.recurrence import rules_of
from rootcellar_reminders.views.lines import Pieces, packed
from rootcellar_reminders.views.times import Record, shown, words

PRIORITIES = {1: "!!!", 5: "!!", 9: "!"}
"""As Reminders itself shows high, medium and low."""
STEP = "    "
_MARKS = re.compile(r"([\\`*_\[\]<>#|~&])")
_AT_START = re.compile(r"^(\s*)([-+]|\d+[.)])(?=\s|$)")


class _Entry(NamedTuple):
    """One reminder as its lines, with what decides where they stand: a list may have thousands."""

    uid: str
    parent: str
    section: str
    lines: str


Task = Callable[[Record], Iterator[str]]
"""Yields the line of a task, then those that stand below it."""


def tasks(record: Record, members: Iterable[Record]) -> Pieces:
    """Return a list as a page in GitHub's Markdown."""
    return page(record, members, _task)


def page(record: Record, members: Iterable[Record], task: Task) -> Pieces:
    """Return a list as a page; reminders that are gone from Reminders come last."""
    told = record.get("list", {})
    lines = [f"# {plain(told.get('name', ''))}", ""]
    above = [record.get("account", {}).get("name", ""), *told.get("group_path", ())]
    if said := " › ".join(plain(one) for one in above if one):
        lines += [said, ""]
    there: list[_Entry] = []
    gone: list[_Entry] = []
    for one in shown(record, members):
        (gone if one.get("gone") or one.get("deleted") else there).append(_entry(one, task))
    for heading, some in _by_section(record, there):
        if heading:
            lines += [f"## {plain(heading)}", ""]
        if some:
            lines += [*_tree(some), ""]
    if gone:
        lines += ["## No longer in Reminders", "", *_tree(gone), ""]
    return Pieces(packed(f"{line}\n") for line in lines[:-1])


def _entry(one: Record, task: Task) -> _Entry:
    section = (one.get("section") or {}).get("id", "")
    return _Entry(one["id"], one.get("parent", ""), section, "\n".join(task(one)))


def _by_section(
    record: Record, members: Sequence[_Entry]
) -> Iterator[tuple[str, Sequence[_Entry]]]:
    """Yield what is in no section, then every section; steps go with what they are steps of."""
    entries = {one.uid: one for one in members}
    placed: dict[str, list[_Entry]] = {}
    for one in members:
        top, seen = one, set()
        while (above := entries.get(top.parent)) is not None and top.uid not in seen:
            seen.add(top.uid)
            top = above
        placed.setdefault(top.section, []).append(one)
    sections = record.get("sections", ())
    known = {one["id"] for one in sections}
    loose = [one for name, some in placed.items() if name not in known for one in some]
    yield "", loose
    for section in sections:
        yield section["name"] or "Section", placed.get(section["id"], ())


def _tree(members: Sequence[_Entry]) -> Iterator[str]:
    """Yield the lines of tasks; a step stands below its own, however deep."""
    depths: dict[str, int] = {}
    for one in members:  # in order: a step comes after what it is a step of
        depth = depths[one.uid] = depths.get(one.parent, -1) + 1
        yield textwrap.indent(one.lines, STEP * depth) if depth else one.lines


def _task(one: Record) -> Iterator[str]:
    done = "x" if one.get("completed") else " "
    title = plain(one.get("title", "")) or "(untitled)"
    if one.get("gone") or one.get("deleted"):
        title = f"~~{title}~~"
    mark = PRIORITIES.get(one.get("priority", 0), "")
    parts = [" ".join(filter(None, (mark, title))), *_facts(one)]
    lines = [f"- [{done}] {' · '.join(parts)}", *(f"{STEP}{line}" for line in _below(one))]
    yield from (f"{line}  " for line in lines[:-1])  # two spaces break the line
    yield lines[-1]


def _below(one: Record) -> Iterator[str]:
    """Yield what stands below a task: its notes, where it leads to, its files."""
    for line in one.get("notes", "").splitlines():
        if line.strip():
            yield _AT_START.sub(_escaped_start, plain(line))
    yield from (f"<{target(url)}>" for url in urls(one))
    yield from _attachments(one)


def urls(one: Record) -> Iterator[str]:
    """Yield where a reminder leads to."""
    yield from (link["url"] for link in one.get("links", ()) if link.get("url"))
    if url := one.get("url"):
        yield url


def _facts(one: Record) -> Iterator[str]:
    if one.get("flagged"):
        yield "flagged"
    if one.get("urgent"):
        yield "urgent"
    if due := one.get("due"):
        yield f"due {words(due)}"
    for rule in rules_of(one):
        yield f"repeats {rule['frequency']}" if rule.get("frequency") else "repeats"
    if at := one.get("completed_at"):
        yield f"done {at[:10]}"
    yield from (f"for {plain(person)}" for person in people(one))
    for tag in one.get("tags", ()):
        yield f"#{'-'.join(tag.split())}"


def people(one: Record) -> Iterator[str]:
    """Yield the names of those who are to do it."""
    for assigned in (one.get("assignee"), *one.get("more_assignees", ())):
        person = (assigned or {}).get("to", {})
        if said := person.get("name") or person.get("address"):
            yield said


def attachment_names(one: Record) -> Iterator[tuple[str, str]]:
    """Yield the roles of a reminder's attachments with their names."""
    for file in one.get("attachments", ()):
        yield file["id"], file.get("file", "") or "attachment"


def _attachments(one: Record) -> Iterator[str]:
    paths = {file["role"]: file["href"] for file in one.get("files", ())}
    for file in one.get("attachments", ()):
        name = plain(file.get("file", "") or "attachment")
        if path := paths.get(file["id"]):
            shows = (
                "!" if str(file.get("uti", "")).startswith("public.") and _is_image(path) else ""
            )
            yield f"{shows}[{name}]({path})"
        else:
            yield f"{name} (not in this archive)"


def _is_image(path: str) -> bool:
    return path.lower().endswith((".png", ".jpg", ".jpeg", ".gif", ".webp"))


def plain(value: Any) -> str:
    """Return a text on one line, in which nothing is taken for Markdown."""
    return _MARKS.sub(r"\\\1", " ".join(str(value).split()))


def _escaped_start(found: re.Match[str]) -> str:
    sign = found.group(2)
    return f"{found.group(1)}{sign[:-1]}\\{sign[-1]}"


def target(url: str) -> str:
    """Return a URL as it stands in angle brackets."""
    return "".join(url.split()).replace("<", "%3C").replace(">", "%3E")
