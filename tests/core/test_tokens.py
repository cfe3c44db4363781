"""Runs with nothing to do: what is asked of an exporter, and what is not."""

from collections.abc import Collection, Iterator
from pathlib import Path

import pytest
from orchard import Farm, Orchard

from rootcellar.api import Capture, Glance, Notice, Sighting, Trouble
from rootcellar.engine.gathering import GatheringWriter


class Telling(Orchard):
    """An orchard that can tell, without a survey, whether anything has changed."""

    def __init__(self) -> None:
        self.surveys = 0
        self.looked_at: list[list[str]] = []

    def glance(self, capture: Capture, folders: str) -> Glance | None:
        store = capture.stores[0].path
        items = {path.stem: path.read_bytes() for path, _ in self.trees(capture)}
        names = repr(sorted(path.name for path in store.glob("*.bin")))
        files = None if names == folders else {key: _stamp(store / f"{key}.bin") for key in items}
        return Glance(items, repr(list(self.gatherings(capture))), names, files)

    def survey(self, capture: Capture) -> Iterator[Sighting | Trouble | Notice]:
        self.surveys += 1
        yield from super().survey(capture)

    def survey_some(
        self, capture: Capture, keys: Collection[str]
    ) -> Iterator[Sighting | Trouble | Notice]:
        self.looked_at.append(sorted(keys))
        for found in super().survey(capture):
            if not isinstance(found, Sighting) or found.key in keys:
                yield found


def _stamp(path: Path) -> bytes:
    return repr(path.stat().st_mtime_ns if path.exists() else 0).encode()


@pytest.fixture
def telling() -> Telling:
    return Telling()


@pytest.fixture
def farm(tmp_path: Path, telling: Telling) -> Farm:
    farm = Farm(tmp_path, telling)
    farm.plant("k1", b"apple")
    farm.plant("k2", b"pear")
    farm.export()
    return farm


def test_a_source_that_holds_what_it_held_is_not_surveyed(farm: Farm, telling: Telling) -> None:
    before = telling.surveys
    report = farm.export()
    assert telling.surveys == before
    assert report.exporters["orchard"].unchanged == 2


def test_a_change_is_found_and_the_next_run_is_idle_again(farm: Farm, telling: Telling) -> None:
    farm.plant("k2", b"pear", text="ripe")
    report = farm.export().exporters["orchard"]
    assert (report.changed, report.unchanged) == (1, 1)
    assert farm.export().exporters["orchard"].unchanged == 2
    assert (telling.surveys, telling.looked_at) == (1, [["k2"]])


def test_only_what_looks_otherwise_is_looked_at(farm: Farm, telling: Telling) -> None:
    for number in range(3, 9):
        farm.plant(f"k{number}", b"plum %d" % number)
    farm.export()
    farm.plant("k2", b"pear", text="ripe")
    farm.fell("k5")
    farm.plant("k9", b"plum 5")
    farm.plant("k10", None)
    report = farm.export().exporters["orchard"]
    assert (report.new, report.changed, report.moved, report.gone) == (1, 1, 1, 0)
    assert report.unchanged == 6
    assert telling.looked_at[-1] == ["k10", "k2", "k9"]


def test_what_a_cut_off_run_has_written_is_looked_at_again_until_a_run_ends_well(
    farm: Farm, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Were the old glance kept, an item changed back would be taken for unchanged."""
    before = (farm.store / "k2.json").read_bytes()
    farm.plant("k2", b"pear", text="ripe")
    with monkeypatch.context() as patch:
        patch.setattr(GatheringWriter, "write", _interrupted)
        with pytest.raises(KeyboardInterrupt):
            farm.export()
    (farm.store / "k2.json").write_bytes(before)
    assert farm.export().exporters["orchard"].changed == 1
    assert not (farm.archive / "Orchard/k2 (note).txt").exists()


def _interrupted(*_: object, **__: object) -> int:
    raise KeyboardInterrupt


def test_files_that_were_exchanged_are_found_when_others_came_or_went(
    farm: Farm, telling: Telling
) -> None:
    (farm.store / "k2.bin").write_bytes(b"another pear")
    assert farm.export().exporters["orchard"].unchanged == 2
    farm.plant("k3", b"plum")
    report = farm.export().exporters["orchard"]
    assert (report.new, report.changed) == (1, 1)
    assert telling.looked_at == [["k2", "k3"]]


def test_a_thorough_run_names_what_glances_overlook(farm: Farm) -> None:
    (farm.store / "k2.bin").write_bytes(b"another pear")
    report = farm.export(thorough=True)
    assert "1 of Orchard had changed without a sign" in report.notes[0]
    assert report.exporters["orchard"].changed == 1


def test_gone_items_that_return_as_they_were_are_found(farm: Farm) -> None:
    tree, data = (farm.store / "k2.json").read_bytes(), (farm.store / "k2.bin").read_bytes()
    farm.fell("k2")
    assert farm.export().exporters["orchard"].gone == 1
    (farm.store / "k2.json").write_bytes(tree)
    (farm.store / "k2.bin").write_bytes(data)
    assert farm.export().exporters["orchard"].changed == 1
    assert farm.export().exporters["orchard"].unchanged == 2


def test_a_missing_file_that_turns_up_is_fetched(farm: Farm, telling: Telling) -> None:
    farm.plant("k3", None)
    farm.export()
    before = telling.surveys
    farm.export()
    assert telling.surveys == before
    (farm.home / "Orchard/k3.bin").write_bytes(b"quince")
    assert farm.export().exporters["orchard"].changed == 1


def test_a_thorough_run_looks_at_everything(farm: Farm, telling: Telling) -> None:
    before = telling.surveys
    farm.export(thorough=True)
    assert telling.surveys == before + 1


def test_after_a_run_that_was_not_whole_what_it_lacked_is_looked_at_again(
    farm: Farm, telling: Telling
) -> None:
    farm.plant("k3", b"quince", trouble=True)
    assert farm.export().outcome == "partial"
    farm.export()
    assert telling.looked_at == [["k3"], ["k3"]]


class Blind(Orchard):
    """An orchard whose fingerprints do not see the text of a tree."""

    def sighting(self, path: Path, tree: dict) -> Sighting:
        return super().sighting(path, {**tree, "text": ""})


def test_a_thorough_run_finds_and_names_what_fingerprints_overlook(tmp_path: Path) -> None:
    farm = Farm(tmp_path, Blind())
    farm.plant("k1", b"apple", text="green", title="An apple")
    farm.plant("k2", b"pear", text="green")
    farm.export()
    farm.plant("k1", b"apple", text="red", title="An apple")
    assert farm.export().exporters["orchard"].unchanged == 2
    report = farm.export(thorough=True)
    assert report.exporters["orchard"].changed == 1
    assert "1 of Orchard had changed without a sign" in report.notes[0]
    assert "An apple" in report.notes[0]
    assert not farm.export(thorough=True).notes


def test_a_thorough_run_that_mends_the_archive_calls_nothing_overlooked(tmp_path: Path) -> None:
    farm = Farm(tmp_path)
    farm.plant("k1", b"apple")
    farm.export()
    (farm.archive / "Orchard/k1.bin").unlink()
    report = farm.export(thorough=True)
    assert report.exporters["orchard"].changed == 1
    assert not report.notes


class Stamped(Telling):
    """It has a token as well, which changes whenever the store is touched."""

    def token(self, capture: Capture) -> str | None:
        return (capture.home / "stamp").read_text()


def test_a_first_run_leaves_nothing_to_look_at_when_the_store_is_only_touched(
    tmp_path: Path,
) -> None:
    stamped = Stamped()
    farm = Farm(tmp_path, stamped)
    farm.plant("k1", b"apple")
    (farm.home / "stamp").write_text("1")
    assert farm.export().exporters["orchard"].new == 1
    (farm.home / "stamp").write_text("2")
    assert farm.export().exporters["orchard"].unchanged == 1
    assert (stamped.surveys, stamped.looked_at) == (1, [])
    farm.plant("k1", b"apple", text="ripe")
    (farm.home / "stamp").write_text("3")
    assert farm.export().exporters["orchard"].changed == 1
