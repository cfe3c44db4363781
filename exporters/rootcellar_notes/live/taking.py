"""Takes the texts of what the survey chose from the app, in the process that reads."""

import itertools
import tempfile
from collections.abc import Collection, Iterator, Sequence
from pathlib import Path

from msgspec.structs import replace

from rootcellar.api import Capture, Item
from rootcellar_notes.live.asked import AppNotAsked, AskedApp
from rootcellar_notes.live.choosing import remembered, sighting_of
from rootcellar_notes.live.items import OfApp, app_item, is_told
from rootcellar_notes.live.messages import Told


class Taking:
    """What the app gives of some keys, asked once.

    `told` are the texts of locked notes of stores, by key. `left` are the keys that were open in
    the app and are not any more: what the archive holds of them stays. Should the app end while it
    is asked, what it has not told by then is left out as well, and comes with the next run.
    """

    def __init__(self, app: AskedApp, capture: Capture, keys: Collection[str]) -> None:
        self.app = app
        self.capture = capture
        self.chosen = remembered(capture)
        self._keys = [key for key in keys if key in self.chosen.notes]
        opened = {self.chosen.opened[key][0]: key for key in keys if key in self.chosen.opened}
        self.told = {opened[one.id]: one for one in self._ask(list(opened)) if is_told(one)}
        self.left = opened.values() - self.told.keys()

    def items(self) -> Iterator[Item]:
        """Yield the items of the notes that only the app has, as it tells them."""
        notes, settings = self.chosen.notes, self.capture.settings
        shut = [key for key in self._keys if notes[key][1].locked and not notes[key][2]]
        told = self._ask([key for key in self._keys if key not in shut])
        pairs = itertools.chain(((key, None) for key in shut), ((one.id, one) for one in told))
        for key, one in pairs:
            account, head, digest = notes[key]
            if digest and not is_told(one):
                continue  # it was open during the survey: what the archive holds stays
            sighting = sighting_of(self.chosen, key, settings)
            allowed = settings.locked == "plain"
            yield app_item(sighting, OfApp(account, head), one, allowed=allowed)

    def as_sighted(self, item: Item) -> Item:
        """Return an item of a store with the sighting that the survey gave it."""
        return replace(item, sighting=self.chosen.sighting(item.sighting))

    def _ask(self, ids: Sequence[str]) -> Iterator[Told]:
        if not ids:
            return
        folder = Path(tempfile.mkdtemp(prefix="notes-app-", dir=self.capture.scratch))
        try:
            yield from self.app.told(ids, folder)
        except AppNotAsked:
            return
        finally:
            self.app.close()
