"""Asks the Notes app by way of macnotesapp: the only module that knows it.

Every property is an Apple Event, so whole columns are asked for where macnotesapp can; where their
lengths differ they are not of the same notes, and each note is asked by itself. What the app does
not answer is empty: one odd note costs nothing but itself.
"""

import contextlib
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from rootcellar_notes.live.messages import AppAccount, AppFile, Head, Told
from rootcellar_notes.live.pictures import taken_out

AT_ONCE = 20
"""Notes that are asked for with one predicate."""
URI = "x-coredata://"


class NotesInApp:
    """The accounts and notes of the app; raises ImportError where there is no macnotesapp."""

    def __init__(self) -> None:
        import macnotesapp

        self._kinds = macnotesapp
        self._app = macnotesapp.NotesApp()

    def accounts(self) -> Iterator[AppAccount]:
        """Yield every account; raises when the app may not be asked."""
        for one in self._accounts():
            yield AppAccount(str(one.id), _said(one.name))

    def heads(self, account: str) -> Iterator[Head]:
        """Yield every note of the account with this id, also those in its trash."""
        for one in self._accounts():
            if str(one.id) == account:
                yield from _in_columns(one.noteslist()) or map(_one_by_one, one.notes())

    def told(self, ids: Sequence[str], folder: Path | None) -> Iterator[Told]:
        """Yield the notes with these ids that there are, each once."""
        found: set[str] = set()
        for start in range(0, len(ids), AT_ONCE):
            some = list(ids[start : start + AT_ONCE])
            for note in self._app.notes(id=some):
                identifier = str(note.id)
                if identifier in some and identifier not in found:
                    found.add(identifier)
                    html = _text(note, "body")
                    html = html if html.lstrip().startswith("<") else ""
                    yield _told(note, identifier, html, folder and folder / str(len(found)))

    def _accounts(self) -> list[Any]:
        return [self._kinds.notesapp.Account(one) for one in self._app.app.accounts()]


def _in_columns(listed: Any) -> list[Head]:
    """Return the heads of a NotesList; none when its columns do not fit together."""
    names = ("id", "name", "folder", "creation_date", "modification_date", "password_protected")
    columns = [_asked(listed, name, []) for name in names]
    heads = []
    if all(len(one) == len(columns[0]) for one in columns):
        for key, name, folder, made, changed, locked in zip(*columns, strict=True):
            heads.append(
                Head(
                    str(key), _said(name), _said(folder), _utc(made), _utc(changed), _true(locked)
                )
            )
    return heads if all(one.id.startswith(URI) for one in heads) else []


def _one_by_one(note: Any) -> Head:
    return Head(
        _text(note, "id"),
        _text(note, "name"),
        _text(note, "folder"),
        _utc(_asked(note, "creation_date", None)),
        _utc(_asked(note, "modification_date", None)),
        bool(_asked(note, "password_protected", True)),
    )


def _told(note: Any, identifier: str, html: str, folder: Path | None) -> Told:
    """Return a text, with all its files saved into a new folder if there is to be one."""
    if folder is None:
        return Told(identifier, html)
    files = list(_files(note, folder))
    html, pictures = taken_out(html, files, folder)
    return Told(identifier, html, [*files, *pictures])


def _files(note: Any, folder: Path) -> Iterator[AppFile]:
    for number, one in enumerate(_asked(note, "attachments", [])):
        names = ("id", "name", "content_identifier", "URL")
        found = AppFile(*(_text(one, name) for name in names))
        if found.name not in ("", ".", "..") and not {"/", "\0"} & {*found.name}:
            place = folder / str(number)
            place.mkdir(parents=True)
            with contextlib.suppress(Exception):  # then there is no file, and that is told
                one.save(str(place))
            saved = place / found.name
            found.path = str(saved) if saved.is_file() else ""
        yield found


def _asked(one: Any, name: str, otherwise: Any) -> Any:
    """Return a property; the app has many ways not to tell it, and each is another exception."""
    try:
        return getattr(one, name)
    except Exception:  # noqa: BLE001 - errors of AppleScript, of pyobjc, of what is not there
        return otherwise


def _text(one: Any, name: str) -> str:
    return _said(_asked(one, name, ""))


def _said(text: object) -> str:
    """Return a text; macnotesapp makes "None" of what the app does not tell."""
    return "" if text is None or str(text) == "None" else str(text)


def _true(flag: object) -> bool:
    """Return a flag of a column, which macnotesapp gives as text."""
    return str(flag) in ("True", "1", "YES", "true")


def _utc(moment: object) -> str:
    """Return a moment that macnotesapp gives in this Mac's zone, unsaid; "" for none."""
    if not isinstance(moment, datetime):
        return ""
    return moment.astimezone(UTC).isoformat().replace("+00:00", "Z")
