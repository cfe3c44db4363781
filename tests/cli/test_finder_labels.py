"""Keywords and hashtags in the Finder, by the real command, on stand-ins for a Mac's system."""

import importlib.util
import os
import plistlib
import sqlite3
import sys
from pathlib import Path
from typing import Any

import pytest

CORE = Path(__file__).parents[1] / "core"
sys.path.insert(0, str(CORE))
from mac_frameworks import COMMENT, TAGS, holds_attributes  # noqa: E402

pytestmark = pytest.mark.skipif(
    importlib.util.find_spec("osxmetadata") is None, reason="osxmetadata is not installed"
)
ON_A_MAC = f"""
import atexit, pathlib, sys
sys.path.insert(0, {str(CORE)!r})
import mac_frameworks, rootcellar.labels
rootcellar.labels.HAS_FINDER = True
frameworks = mac_frameworks.standing_in()  # kept: they go with it
frameworks.__enter__()
told = pathlib.Path(__file__).with_name("imported")
atexit.register(lambda: told.write_text(" ".join(sys.modules)))
"""


@pytest.fixture
def on_a_mac(sample: Any) -> Any:
    if not holds_attributes(sample.root):
        pytest.skip("no extended attributes here")
    (sample.root / "site").mkdir()
    (sample.root / "site" / "sitecustomize.py").write_text(ON_A_MAC)
    return sample


def attribute(path: Path, name: str) -> Any:
    try:
        return plistlib.loads(os.getxattr(path, f"user.{name}"))
    except OSError:
        return None


def tagged(world: Any) -> dict[str, set[str]]:
    found = {}
    for path in world.archive.rglob("*"):
        if path.is_file() and (tags := attribute(path, TAGS)):
            found[path.name] = {tag.partition("\n")[0] for tag in tags}
    return found


def test_keywords_and_hashtags_are_tags_in_the_finder(on_a_mac: Any) -> None:
    on_a_mac.settle('finder = ["tags", "comments"]')
    assert on_a_mac.export().code == 3
    found = tagged(on_a_mac)
    assert {"holiday", "sea"} in found.values()
    pages = {name: tags for name, tags in found.items() if name.endswith(".md")}
    assert {"orchard"} in pages.values()
    assert not [name for name in found if name.endswith((".xmp", ".json", ".jsonl"))]
    comments = [attribute(path, COMMENT) for path in on_a_mac.archive.rglob("*.*")]
    assert any(comments)
    on_a_mac.export()
    imported = (on_a_mac.root / "site" / "imported").read_text().split()
    assert not {"osxmetadata", "rootcellar.archive.finder", "osxphotos"} & set(imported)


def test_comments_are_off_and_tags_can_be(on_a_mac: Any) -> None:
    on_a_mac.settle("finder = []")
    on_a_mac.export()
    assert tagged(on_a_mac) == {}
    on_a_mac.settle("")
    on_a_mac.export()
    assert tagged(on_a_mac)
    assert not any(attribute(path, COMMENT) for path in on_a_mac.archive.rglob("*.*"))


def test_hashtags_of_a_note_are_tags_of_its_page_and_follow_it(on_a_mac: Any) -> None:
    on_a_mac.export()
    page = on_a_mac.archive / "Notes/iCloud/Recipes/Apple pie.md"
    (ours,) = attribute(page, TAGS)
    own = [ours, "Winter\n6"]
    os.setxattr(page, f"user.{TAGS}", plistlib.dumps(own, fmt=plistlib.FMT_BINARY))
    store = on_a_mac.home / "Library/Group Containers/group.com.apple.notes/NoteStore.sqlite"
    with sqlite3.connect(store) as connection:
        changed = connection.execute(
            "UPDATE ZICCLOUDSYNCINGOBJECT SET ZALTTEXT = '#cellar', "
            "ZTOKENCONTENTIDENTIFIER = 'CELLAR', Z_OPT = Z_OPT + 1 WHERE ZALTTEXT = '#orchard'"
        )
        assert changed.rowcount > 0
    connection.close()
    on_a_mac.export()
    assert "cellar" in page.read_text()
    assert ours.partition("\n")[0] == "orchard"
    assert tagged(on_a_mac)["Apple pie.md"] == {"Winter", "cellar"}
    assert "Winter\n6" in attribute(page, TAGS)


def test_elsewhere_nothing_is_labelled(sample: Any) -> None:
    sample.export()
    assert tagged(sample) == {}


def test_a_kind_of_label_that_does_not_exist_is_refused(sample: Any) -> None:
    sample.settle('finder = ["colours"]')
    done = sample.export()
    assert done.code == 2
    assert "tags" in done.out
