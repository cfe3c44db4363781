"""What the two processes say to each other, one JSON object a line."""

import msgspec

PERMISSION = (
    "Let the program that runs rootcellar ask Notes: System Settings > Privacy & Security > "
    "Automation; and open Notes once."
)


class Question(msgspec.Struct, omit_defaults=True):
    """One question: `accounts`, `heads` (of an account), or `notes` (with these ids).

    Attachments of notes are saved below `folder`; without one there is no look at them.
    """

    ask: str
    account: str = ""
    ids: list[str] = []
    folder: str = ""


class AppAccount(msgspec.Struct, omit_defaults=True):
    """An account as the app names it; `id` is the URI of its Core Data object."""

    id: str
    name: str


class Head(msgspec.Struct, omit_defaults=True):
    """A note, its text aside. `id` is the URI of its Core Data object; times are ISO 8601, UTC."""

    id: str
    name: str
    folder: str = ""
    created: str = ""
    modified: str = ""
    locked: bool = False


class AppFile(msgspec.Struct, omit_defaults=True):
    """An attachment; `path` is where it was saved, `url` what a card of a web page leads to."""

    id: str
    name: str = ""
    content_id: str = ""
    url: str = ""
    path: str = ""

    @property
    def shown_as(self) -> str:
        """What the HTML names it by, where it does; else the app's own URI of it."""
        return self.content_id.removeprefix("cid:").strip("<>") or self.id


class Told(msgspec.Struct, omit_defaults=True):
    """The text of a note, "" when the app does not give it (it is locked), and its attachments."""

    id: str
    html: str = ""
    files: list[AppFile] = []


class Answer(msgspec.Struct, omit_defaults=True):
    """One line of an answer; the last one is the `end`. An `error` ends it, too."""

    account: AppAccount | None = None
    head: Head | None = None
    told: Told | None = None
    end: bool = False
    error: str = ""
    hint: str = ""
