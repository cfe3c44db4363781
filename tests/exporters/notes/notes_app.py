"""Stands in for what macnotesapp imports of a Mac: ScriptingBridge, AppKit, AppleScript.

`standing_in(path)` makes a Notes app of the JSON at that path, read anew by every process:

    {"accounts": [{"id", "name", "notes": [{"id", "name", "folder", "html", "created", "modified",
     "locked", "open", "attachments": [{"id", "name", "cid", "url", "data"}]}]}],
     "denied": false, "short": false, "asked": path of a log of Apple Events,
     "hangs": the event that is never answered, "dies": the one at which it ends}

It has the oddities that macnotesapp works around: objects found by a predicate do not know their
id, attachments are listed twice, and the text of a locked note is nothing at all, or its title.
"""

import base64
import json
import os
import platform
import re
import sys
import time
from datetime import datetime
from pathlib import Path
from types import ModuleType
from typing import Any

_world: dict[str, Any] = {}


def _event(what: str) -> None:
    if _world.get("asked"):
        with Path(_world["asked"]).open("a") as log:
            log.write(f"{what}\n")
    if _world.get("hangs") == what:
        time.sleep(60)
    if _world.get("dies") == what:
        os._exit(9)


class ScriptError(Exception):
    """`applescript.ScriptError`."""


class Date:
    """`NSDate`."""

    def __init__(self, text: str) -> None:
        self.text = text

    def timeIntervalSince1970(self) -> float:  # noqa: N802 - Apple's name
        return datetime.fromisoformat(self.text).timestamp()


class Named:
    """An SBObject with a name, such as a folder."""

    def __init__(self, name: str | None) -> None:
        self._name = name

    def name(self) -> str | None:
        return self._name


class AttachmentObject:
    def __init__(self, facts: dict[str, Any]) -> None:
        self.facts = facts

    def id(self) -> str:
        return self.facts["id"]

    def name(self) -> str | None:
        return self.facts.get("name")

    def contentIdentifier(self) -> str | None:  # noqa: N802
        return self.facts.get("cid")

    def URL(self) -> str | None:  # noqa: N802
        return self.facts.get("url")

    def saveIn_as_(self, url: "FileURL", kind: int) -> None:  # noqa: N802
        assert kind == int.from_bytes(b"item", "big")
        _event("save")
        if "data" in self.facts:
            Path(url.path()).write_bytes(base64.b64decode(self.facts["data"]))


class NoteObject:
    """A note; one that was found by a predicate does not know its id."""

    def __init__(self, facts: dict[str, Any], *, found: bool = False) -> None:
        self.facts = facts
        self.found = found

    def __str__(self) -> str:
        return f'<SBObject @0x7f: <class \'\'> id "{self.facts["id"]}" of application "Notes">'

    def id(self) -> str | None:
        return None if self.found else self.facts["id"]

    def name(self) -> str:
        return self.facts["name"]

    def body(self) -> str | None:
        _event(f"body {self.facts['id']}")
        if self.facts.get("locked") and not self.facts.get("open"):
            return self.facts.get("shut")
        return self.facts["html"]

    def creationDate(self) -> Date:  # noqa: N802
        return Date(self.facts["created"])

    def modificationDate(self) -> Date:  # noqa: N802
        return Date(self.facts["modified"])

    def passwordProtected(self) -> bool:  # noqa: N802
        return bool(self.facts.get("locked"))

    def container(self) -> Named:
        return Named(self.facts["folder"])

    def attachments(self) -> list[AttachmentObject]:
        return [AttachmentObject(one) for one in self.facts.get("attachments", []) * 2]


class Elements(list[NoteObject]):
    """`SBElementArray` of notes."""

    def get(self) -> "Elements":
        return self

    def filteredArrayUsingPredicate_(self, predicate: "Predicate") -> "Elements":  # noqa: N802
        _event("predicate")
        return Elements(
            NoteObject(one.facts, found=True) for one in self if predicate.holds(one.facts)
        )

    def arrayByApplyingSelector_(self, name: str) -> list[Any]:  # noqa: N802
        _event(f"column {name}")
        values = [getattr(one, name)() for one in self]
        return values[1:] if _world.get("short") and name == "name" else values


class AccountObject:
    def __init__(self, facts: dict[str, Any]) -> None:
        self.facts = facts

    def id(self) -> str | None:
        return self.facts["id"]

    def name(self) -> str:
        return self.facts["name"]

    def notes(self) -> Elements:
        _event(f"notes of {self.facts['name']}")
        return Elements(NoteObject(one) for one in self.facts["notes"])


class App:
    """`SBApplication`: an app that may not be asked answers with nothing."""

    @classmethod
    def applicationWithBundleIdentifier_(cls, name: str) -> "App":  # noqa: N802
        assert name == "com.apple.Notes"
        return cls()

    def accounts(self) -> list[AccountObject]:
        _event("accounts")
        if _world.get("denied"):
            return []
        return [AccountObject(one) for one in _world["accounts"]]


class Predicate:
    """`NSPredicate`, as far as macnotesapp is asked for: `(id == %@) OR …`."""

    def __init__(self, names: list[str], values: tuple[str, ...]) -> None:
        self.wanted = list(zip(names, values, strict=True))

    @classmethod
    def predicateWithFormat_(cls, text: str, *values: str) -> "Predicate":  # noqa: N802
        assert re.fullmatch(r"\((\(\w+ == %@\)( OR )?)+\)", text), text
        return cls(re.findall(r"(\w+) ==", text), values)

    def holds(self, facts: dict[str, Any]) -> bool:
        return any(facts[name] == value for name, value in self.wanted)


class FileURL:
    """`NSURL` of a file."""

    @classmethod
    def alloc(cls) -> "FileURL":
        return cls()

    def initFileURLWithPath_(self, path: str) -> "FileURL":  # noqa: N802
        self._path = path
        return self

    def path(self) -> str:
        return self._path


class AppleScript:
    """`applescript.AppleScript`: of its own handlers those that give what a bridge did not."""

    def __init__(self, source: str) -> None:
        assert "on noteGetBody(accountName, noteID)" in source

    def call(self, name: str, *arguments: str) -> Any:
        _event(f"script {name}")
        if name == "noteGetAccount":
            for account in _world["accounts"]:
                if any(one["id"] == arguments[0] for one in account["notes"]):
                    return account["name"]
            return 0
        raise ScriptError(f"Notes got an error: cannot {name}. (-1728)")


def standing_in(path: str) -> None:
    """Let macnotesapp be imported here, with the notes in a JSON file."""
    _world.clear()
    _world.update(json.loads(Path(path).read_text()))
    modules: dict[str, dict[str, Any]] = {
        "AppKit": {"NSPredicate": Predicate, "NSURL": FileURL},
        "Foundation": {"NSDate": Date},
        "ScriptingBridge": {"SBApplication": App, "SBObject": object, "SBElementArray": Elements},
        "applescript": {"AppleScript": AppleScript, "ScriptError": ScriptError},
    }
    for name, contents in modules.items():
        module = ModuleType(name)
        vars(module).update(contents)
        sys.modules[name] = module
    platform.mac_ver = lambda *_, **__: ("14.5", ("", "", ""), "arm64")
