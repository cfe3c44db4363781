"""What is done where items are read: records as JSON, and pages that hang on nothing else."""

import contextlib
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from rootcellar.canonical import Encoded, canonical_json
from rootcellar.engine.foresight import Foreseen, encoded, foresee, packed, unpacked
from rootcellar.engine.reading import AsideReader, HereReader
from rootcellar.items import Bytes, File, Item, Sighting, View
from rootcellar.sample import make_home
from rootcellar.sources.home import HomeFolder, open_capture
from rootcellar.views import Views
from rootcellar_notes import Notes


def item(*files: File, refers_to: tuple[str, ...] = (), **record: Any) -> Item:
    return Item(Sighting("k", "Pear", "Pear", "1"), record, files, refers_to)


def page(template: str, record: Mapping[str, Any], files: Any, title: str, links: Any) -> bytes:
    assert (list(files), title, links) == ([], "Pear", {})
    return f"{template} of {record['name']}".encode()


PAGE = File("page", ".md", View("pears/page.md"))


def test_a_page_that_hangs_on_the_record_alone_is_rendered() -> None:
    (file,) = foresee(item(PAGE, name="pear"), page).files
    assert file.content == Foreseen("pears/page.md", b"pears/page.md of pear")


def test_pages_that_name_files_or_other_pages_are_not() -> None:
    for one in (
        item(PAGE, File("original", ".bin", Bytes(b"x")), name="pear"),
        item(PAGE, refers_to=("other",), name="pear"),
        item(name="pear"),
        item(PAGE),  # a template that fails: it is told where the page is written
    ):
        assert foresee(one, page) is one


def test_a_record_travels_as_json_and_is_written_as_it_would_have_been() -> None:
    record = {"é": ["ü", 1.5, None], "n": {"null": True}}
    sent = encoded(item(**record)).record
    assert isinstance(sent, Encoded)
    assert dict(sent) == record
    for whole in ({"a": 1, "record": sent}, {"a": None, "record": sent}):
        assert canonical_json(whole) == canonical_json({**whole, "record": record})


def test_what_is_no_json_is_left_to_where_it_is_written() -> None:
    odd = item(number=float("nan"))
    assert encoded(odd) is odd
    with pytest.raises(ValueError, match="not JSON compliant"):
        canonical_json(odd.record)
    assert canonical_json({"a": "\ud800 é"}) == '{"a":"? é"}'.encode()


def test_what_cannot_go_to_another_process_stays() -> None:
    def own(*_: Any) -> bytes:
        return b""

    assert unpacked(packed(own)) is None
    views = Views(None, (Notes(),))
    views.warm_up(Notes())
    there = unpacked(packed(views.page))
    assert there is not None
    assert there("notes/note.md", {"title": "Pear", "identifier": "1"}, [], "Pear", {}) == (
        views.page("notes/note.md", {"title": "Pear", "identifier": "1"}, [], "Pear", {})
    )


def test_real_notes_read_aside_have_the_pages_and_records_of_notes_read_here(
    tmp_path: Path,
) -> None:
    make_home(tmp_path / "home")
    home = HomeFolder(tmp_path / "home")
    notes, views = Notes(), Views(None, (Notes(),))
    with open_capture(home, home.stores(notes.reads).stores, notes.settings()) as capture:
        keys = [one.key for one in notes.survey(capture) if isinstance(one, Sighting)]
        here = HereReader(notes, capture).read(keys)
        with contextlib.closing(AsideReader(notes, capture, views.page)) as reader:
            aside = reader.read(keys)
            reader.ahead(keys)
            time.sleep(2)  # it renders until it is asked
            ahead = reader.read(keys)
    assert len(here) == len(keys) > 10
    rendered = 0
    for one, other, third in zip(here, aside, ahead, strict=True):
        assert canonical_json(one.record) == canonical_json(other.record)
        assert canonical_json(one.record) == canonical_json(third.record)
        for file in (*other.files, *third.files):
            if isinstance(file.content, Foreseen):
                rendered += 1
                assert file.content.data == views.page(
                    file.content.template, one.record, [], one.sighting.title, {}
                )
    assert rendered > 5
