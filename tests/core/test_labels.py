"""Finder tags and comments follow the records, and leave alone what a person has set."""

import json
import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from mac_frameworks import holds_attributes
from orchard import Farm, Orchard, counts, tree

import rootcellar.archive.finder as finders
from rootcellar.api import Labels
from rootcellar.archive.disk import Disk
from rootcellar.archive.finder import Finder
from rootcellar.engine.running import Order, run
from rootcellar.labels import Borne, LabelsNotTaken, Tag, inherited, merged
from rootcellar.report import RunReport
from rootcellar.state.store import StateStore

NAME = "user.rootcellar.test"


@dataclass
class Attributes:
    """A labeller that keeps what files bear in an extended attribute of theirs."""

    written: list[str] = field(default_factory=list)
    opened: int = 0
    refuses: str = "\0"

    def read(self, path: Path) -> Borne:
        try:
            tags, comment = json.loads(os.getxattr(path, NAME))
        except OSError:
            return Borne()
        return Borne(tuple(Tag(*tag) for tag in tags), comment)

    def write(self, path: Path, before: Borne, after: Borne) -> None:
        if self.refuses in path.name:
            raise LabelsNotTaken("it is stubborn")
        assert self.read(path) == before
        if path.name != "label":
            self.written.append(path.name)
        os.setxattr(path, NAME, json.dumps([after.tags, after.comment]).encode())


class LabelledOrchard(Orchard):
    labelled = ("original", "page")

    def labels(self, record: Mapping[str, Any]) -> Labels:
        return Labels(tuple(record.get("tags", ())), record.get("comment", ""))


@pytest.fixture
def attributes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Attributes:
    if not holds_attributes(tmp_path):
        pytest.skip("no extended attributes here")
    attributes = Attributes()

    def opened(disk: Disk) -> Finder:
        attributes.opened += 1
        return Finder(disk, attributes)

    monkeypatch.setattr(finders, "open_finder", opened)
    return attributes


@pytest.fixture
def farm(tmp_path: Path, attributes: Attributes) -> Farm:
    return Farm(tmp_path, LabelledOrchard())


def export(farm: Farm, **options: Any) -> RunReport:
    return farm.export(**{"labels": ("tags", "comments"), **options})


def borne(farm: Farm, attributes: Attributes, name: str) -> tuple[list[str], str]:
    found = attributes.read(farm.archive / "Orchard" / name)
    return [tag.name for tag in found.tags], found.comment


def person_sets(farm: Farm, attributes: Attributes, name: str, *tags: str, comment: str) -> None:
    path = farm.archive / "Orchard" / name
    attributes.write(path, attributes.read(path), Borne(tuple(map(Tag, tags)), comment))
    attributes.written.clear()


def test_keywords_become_tags_and_a_caption_the_comment(
    farm: Farm, attributes: Attributes
) -> None:
    farm.plant("a", tags=["Garden", "Café\nau lait", "garden", " "], comment="A fine tree")
    farm.plant("b")
    report = export(farm)
    assert (report.outcome, report.notes) == ("ok", [])
    assert borne(farm, attributes, "a.bin") == (["garden", "Café au lait"], "A fine tree")
    assert borne(farm, attributes, "a.bin.page") == borne(farm, attributes, "a.bin")
    assert not any(name.startswith("b") for name in attributes.written)


def test_bytes_and_times_are_what_they_are_without_labels(
    farm: Farm, attributes: Attributes, tmp_path: Path
) -> None:
    farm.plant("a", tags=["Garden"], comment="x")
    export(farm)
    plain = Farm(tmp_path / "plain", Orchard())
    plain.plant("a", tags=["Garden"], comment="x")
    plain.export()
    assert tree(farm.archive) == tree(plain.archive)
    for name in ("a.bin", "a.bin.page"):
        times = [(one.archive / "Orchard" / name).stat().st_mtime_ns for one in (farm, plain)]
        assert times[0] == times[1]


def test_a_run_with_nothing_to_do_labels_nothing_and_opens_no_finder(
    farm: Farm, attributes: Attributes
) -> None:
    farm.plant("a", tags=["Garden"])
    export(farm)
    attributes.written.clear()
    attributes.opened = 0
    export(farm)
    farm.plant("b")
    export(farm)
    assert (attributes.written, attributes.opened) == ([], 1)


def test_a_changed_keyword_changes_the_tag_and_the_persons_own_stay(
    farm: Farm, attributes: Attributes
) -> None:
    farm.plant("a", tags=["Garden", "Spring"], comment="first")
    export(farm)
    person_sets(farm, attributes, "a.bin", "Mine", "Garden", "Spring", comment="first")
    farm.plant("a", tags=["Garden", "Autumn"], comment="second")
    export(farm)
    assert borne(farm, attributes, "a.bin") == (["Mine", "Garden", "Autumn"], "second")


def test_what_a_person_has_taken_away_or_written_stays_so(
    farm: Farm, attributes: Attributes
) -> None:
    farm.plant("a", tags=["Garden", "Spring"], comment="ours")
    export(farm)
    person_sets(farm, attributes, "a.bin", "Spring", comment="my own words")
    farm.plant("a", tags=["Garden", "Spring", "New"], comment="other")
    export(farm)
    assert borne(farm, attributes, "a.bin") == (["Spring", "New"], "my own words")
    farm.plant("a", tags=[])
    export(farm)
    assert borne(farm, attributes, "a.bin") == ([], "my own words")


def test_a_tag_that_was_there_before_is_not_taken_away(farm: Farm, attributes: Attributes) -> None:
    farm.plant("a")
    export(farm)
    person_sets(farm, attributes, "a.bin", "Garden", comment="")
    farm.plant("a", tags=["garden"])
    export(farm)
    farm.plant("a", tags=["Shed"])
    export(farm)
    assert borne(farm, attributes, "a.bin") == (["Garden", "Shed"], "")


def test_a_new_version_of_a_file_takes_over_what_the_person_gave_the_former(
    farm: Farm, attributes: Attributes
) -> None:
    farm.plant("a", text="one", tags=["Garden"])
    farm.plant("b", text="one")
    export(farm)
    person_sets(farm, attributes, "a.bin.page", "Mine", "Garden", comment="note to self")
    person_sets(farm, attributes, "b.bin.page", "Mine", comment="")
    farm.plant("a", text="two", tags=["Shed"])
    farm.plant("b", text="two")
    assert counts(export(farm)) == {"changed": 2}
    assert borne(farm, attributes, "a.bin.page") == (["Mine", "Shed"], "note to self")
    assert borne(farm, attributes, "b.bin.page") == (["Mine"], "")


def test_a_file_that_moves_keeps_its_labels(farm: Farm, attributes: Attributes) -> None:
    farm.plant("a", tags=["Garden"])
    export(farm)
    attributes.written.clear()
    farm.plant("a", tags=["Garden"], place="Elsewhere/a")
    assert counts(export(farm)) == {"moved": 1}
    assert borne(farm, attributes, "Elsewhere/a.bin") == (["Garden"], "")
    assert "a.bin" not in attributes.written


def test_a_stubborn_file_costs_a_line_and_nothing_else(farm: Farm, attributes: Attributes) -> None:
    for key in "abc":
        farm.plant(key, tags=["Garden"], title=f"Tree {key}")
    attributes.refuses = "b.bin"
    report = export(farm)
    assert (report.outcome, counts(report)) == ("ok", {"new": 3})
    (note,) = report.notes
    assert note.startswith("2 files of Orchard did not take")
    assert "those of Tree b: it is stubborn." in note
    assert borne(farm, attributes, "c.bin") == (["Garden"], "")
    attributes.refuses = "\0"
    farm.plant("d")
    assert export(farm).notes == []
    assert borne(farm, attributes, "b.bin") == (["Garden"], "")


def test_when_no_file_takes_its_labels_the_rest_is_not_tried(
    farm: Farm, attributes: Attributes
) -> None:
    for number in range(60):
        farm.plant(f"k{number}", tags=["Garden"])
    attributes.refuses = ".bin"
    (note,) = export(farm).notes
    assert note.startswith("20 files")
    assert note.endswith("The others are left for another run.")


def test_a_volume_without_labels_is_left_alone(farm: Farm, attributes: Attributes) -> None:
    farm.plant("a", tags=["Garden"])
    attributes.refuses = "label"
    report = export(farm)
    assert (report.outcome, report.notes, attributes.written) == ("ok", [], [])
    export(farm)
    assert attributes.opened == 1


def test_frameworks_that_fail_cost_a_line(farm: Farm, monkeypatch: pytest.MonkeyPatch) -> None:
    def failing(disk: Disk) -> Finder:
        raise AttributeError("no such symbol")

    monkeypatch.setattr(finders, "open_finder", failing)
    farm.plant("a", tags=["Garden"])
    report = export(farm)
    assert report.outcome == "ok"
    assert "no such symbol" in report.notes[0]


def test_an_exporter_that_cannot_say_its_labels_costs_a_line(
    farm: Farm, monkeypatch: pytest.MonkeyPatch
) -> None:
    def confused(*_: object) -> Labels:
        raise ValueError("what is a tag?")

    monkeypatch.setattr(LabelledOrchard, "labels", confused)
    farm.plant("a", tags=["Garden"])
    report = export(farm)
    assert report.outcome == "ok"
    assert "what is a tag?" in report.notes[0]


def test_labels_wanted_later_come_without_a_change_and_those_not_wanted_stay(
    farm: Farm, attributes: Attributes
) -> None:
    farm.plant("a", tags=["Garden"], comment="words")
    export(farm, labels=())
    assert attributes.opened == 0
    export(farm, labels=("tags",))
    assert borne(farm, attributes, "a.bin") == (["Garden"], "")
    export(farm)
    assert borne(farm, attributes, "a.bin") == (["Garden"], "words")
    farm.plant("a", tags=["Shed"], comment="other")
    export(farm, labels=("tags",))
    assert borne(farm, attributes, "a.bin") == (["Shed"], "words")
    export(farm, labels=())
    assert borne(farm, attributes, "a.bin") == (["Shed"], "words")


def test_a_run_cut_off_before_the_labels_is_made_up_for(
    farm: Farm, attributes: Attributes, monkeypatch: pytest.MonkeyPatch
) -> None:
    farm.plant("a", tags=["Garden"])
    farm.plant("b", tags=["Garden"])

    def cut_off(path: Path, before: Borne, after: Borne) -> None:
        if path.name == "b.bin":
            raise KeyboardInterrupt
        type(attributes).write(attributes, path, before, after)

    monkeypatch.setattr(attributes, "write", cut_off)
    with pytest.raises(KeyboardInterrupt):
        export(farm)
    monkeypatch.undo()
    monkeypatch.setattr(finders, "open_finder", lambda disk: Finder(disk, attributes))
    assert counts(export(farm)) == {"unchanged": 2}
    assert borne(farm, attributes, "b.bin") == (["Garden"], "")


def test_what_was_labelled_is_labelled_anew_after_a_rebuild(
    farm: Farm, attributes: Attributes
) -> None:
    farm.plant("a", tags=["Garden"])
    export(farm)
    farm.state_path.unlink()
    report = export(farm)
    assert any("rebuilt" in note for note in report.notes)
    farm.plant("a", tags=["Garden", "Shed"])
    export(farm)
    assert borne(farm, attributes, "a.bin") == (["Garden", "Shed"], "")


def test_the_labels_of_two_exporters_are_apart(farm: Farm, attributes: Attributes) -> None:
    class Meadow(LabelledOrchard):
        name = "meadow"
        title = "Meadow"

    farm.plant("a", tags=["Garden"])
    order = Order(
        farm.archive,
        {
            "orchard": lambda: farm.task(labels=("tags",)),
            "meadow": lambda: Farm.task(
                type("Other", (), {**vars(farm), "exporter": Meadow()})(), labels=("tags",)
            ),
        },
        {"Orchard": "orchard", "Meadow": "meadow"},
    )
    with StateStore(farm.state_path) as state:
        assert run(order, state).outcome == "ok"
    assert borne(farm, attributes, "a.bin") == (["Garden"], "")
    assert borne(farm, attributes, "../Meadow/a.bin") == (["Garden"], "")


# -- the rule ----------------------------------------------------------------------------------

names = st.sampled_from(["a", "A", "b", "ä", "c"])
tags = st.lists(names, max_size=4, unique_by=str.casefold).map(tuple)
comments = st.sampled_from(["", "x", "y"])


def folded(found: Any) -> set[str]:
    return {getattr(one, "name", one).casefold() for one in found}


@given(own=tags, own_comment=comments, steps=st.lists(st.tuples(tags, comments), max_size=6))
def test_a_persons_labels_survive_whatever_the_records_say(
    own: tuple[str, ...], own_comment: str, steps: list[tuple[tuple[str, ...], str]]
) -> None:
    borne, ours = Borne(tuple(Tag(name, 6) for name in own), own_comment), Labels()
    for wanted in steps:
        borne, ours = merged(borne, ours, Labels(*wanted))
        assert {tag for tag in borne.tags if tag.colour} == {Tag(name, 6) for name in own}
        assert folded(borne.tags) == folded(own) | folded(wanted[0])
        assert len(borne.tags) == len(folded(borne.tags))
        assert not folded(ours.tags) & folded(own)
        assert borne.comment == (own_comment or wanted[1])
        assert merged(borne, ours, Labels(*wanted))[0] == borne


@given(wanted=tags, comment=comments)
def test_what_is_no_longer_wanted_goes_without_a_trace(
    wanted: tuple[str, ...], comment: str
) -> None:
    after, ours = merged(Borne(), Labels(), Labels(wanted, comment))
    assert merged(after, ours, Labels()) == (Borne(), Labels())


@given(own=tags, ours=tags)
def test_a_new_version_takes_over_what_was_not_ours(
    own: tuple[str, ...], ours: tuple[str, ...]
) -> None:
    former = Borne(tuple(map(Tag, own)), "x")
    found = inherited(Borne(), former, Labels(ours, "x"))
    assert folded(found.tags) == folded(own) - folded(ours)
    assert found.comment == ""
