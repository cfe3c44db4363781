"""Takes the texts of what the survey chose from the app, in the process that reads."""

import tempfile
from collections.abc import Collection, Iterator, Mapping
from dataclasses import replace
from pathlib import Path

from rootcellar.api import Capture, Item
from rootcellar_notes.live.asked import AskedApp
from rootcellar_notes.live.choosing import remembered, sighting_of
from rootcellar_notes.live.items import OfApp, app_item, is_told
from rootcellar_notes.live.messages import Told


class Taking:
    """What the app gives of some keys, asked once.

    `told` are the texts of locked notes of stores, by key. `left` are the keys that were open in
    the app and are not any more: what the archive holds of them stays.
    """

    def __init__(self, app: AskedApp, capture: Capture, keys: Collection[str]) -> None:
        self.capture = capture
        self.chosen = remembered(capture)
        self.left: set[str] = set()
        opened = {self.chosen.opened[key][0]: key for key in keys if key in self.chosen.opened}
        self._mine = [key for key in keys if key in self.chosen.notes]
        asked = [*opened, *(key for key in self._mine if self._is_asked(key))]
        try:
            answers = {one.id: one for one in app.told(asked, self._folder() if asked else None)}
        finally:
            app.close()
        self._answers: Mapping[str, Told] = answers
        self.told: dict[str, Told] = {}
        for uri, key in opened.items():
            if is_told(answers.get(uri)):
                self.told[key] = answers[uri]
            else:
                self.left.add(key)

    def items(self) -> Iterator[Item]:
        """Yield the items of the notes that only the app has."""
        for key in self._mine:
            account, head, digest = self.chosen.notes[key]
            told = self._answers.get(key)
            if digest and not is_told(told):
                self.left.add(key)
                continue
            sighting = sighting_of(self.chosen, key, self.capture.settings)
            allowed = self.capture.settings.locked == "plain"
            yield app_item(sighting, OfApp(account, head), told, allowed=allowed)

    def as_sighted(self, item: Item) -> Item:
        """Return an item of a store with the sighting that the survey gave it."""
        return replace(item, sighting=self.chosen.sighting(item.sighting))

    def _is_asked(self, key: str) -> bool:
        """Return whether a text is asked for: not that of a note that is to stay locked."""
        _, head, digest = self.chosen.notes[key]
        return bool(digest) or not head.locked

    def _folder(self) -> Path:
        return Path(tempfile.mkdtemp(prefix="notes-app-", dir=self.capture.scratch))
