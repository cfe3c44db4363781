"""Write the sample home: a small made-up Mac home for `rootcellar demo` and for the tests.

It makes the folders and calls one function for each store of Apple data. It imports nothing but
the standard library and the sample's own modules, so that a demo starts at once.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from rootcellar.errors import RootcellarError
from rootcellar.sample import trees
from rootcellar.sample.notes_content import write_notes
from rootcellar.sample.photos_content import write_photos_library
from rootcellar.sample.photos_items import LIBRARY_TIME
from rootcellar.sample.reminders_content import write_reminders

# Where each store lies in a Mac home, and what writes it. A store for a further exporter is one
# more line.
STORES: dict[str, Callable[[Path], None]] = {
    "Pictures/Photos Library.photoslibrary": write_photos_library,
    "Library/Group Containers/group.com.apple.notes": write_notes,
    "Library/Group Containers/group.com.apple.reminders": write_reminders,
}
_FOLDERS = ("Desktop", "Documents", "Library", "Pictures")


def make_home(folder: Path) -> Path:
    """Write the sample home into ``folder`` and return it; two calls give the same bytes.

    Raises RootcellarError when ``folder`` is a file or holds anything, or cannot be written.
    """
    try:
        if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
            raise RootcellarError(
                f"{folder} is not empty.", hint="Name a folder that is empty or does not exist."
            )
        for name in _FOLDERS:
            (folder / name).mkdir(parents=True)
        for place, write in STORES.items():
            write(folder / place)
        trees.set_folder_times(folder, LIBRARY_TIME)
    except OSError as error:
        hint = "Name a folder that can be written to."
        raise RootcellarError(f"{folder} cannot be written: {error}.", hint=hint) from error
    return folder
