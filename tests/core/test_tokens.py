"""Runs with nothing to do: what is asked of an exporter, and what is not."""

import hashlib
from collections.abc import Iterator
from pathlib import Path

import pytest
from orchard import Farm, Orchard

from rootcellar.api import Capture, Item, Sighting, Trouble


class Telling(Orchard):
    """An orchard that can tell, without a survey, whether anything has changed."""

    def __init__(self) -> None:
        self.surveys = 0

    def content_token(self, capture: Capture) -> str | None:
        digest = hashlib.sha256()
        for path in sorted(capture.stores[0].path.iterdir()):
            digest.update(path.name.encode() + path.read_bytes())
        return digest.hexdigest()

    def survey(self, capture: Capture) -> Iterator[Sighting | Trouble]:
        self.surveys += 1
        yield from super().survey(capture)


@pytest.fixture
def telling() -> Telling:
    return Telling()


@pytest.fixture
def farm(tmp_path: Path, telling: Telling) -> Farm:
    farm = Farm(tmp_path, telling)
    farm.plant("k1", b"apple")
    farm.plant("k2", b"pear")
    farm.export()
    farm.export()  # a first run is bound to have work, and asks for no content token
    return farm


def test_a_source_that_holds_what_it_held_is_not_surveyed(farm: Farm, telling: Telling) -> None:
    before = telling.surveys
    report = farm.export()
    assert telling.surveys == before
    assert report.exporters["orchard"].unchanged == 2


def test_a_change_is_found_and_the_next_run_is_idle_again(farm: Farm, telling: Telling) -> None:
    farm.plant("k2", b"ripe pear")
    assert farm.export().exporters["orchard"].changed == 1
    before = telling.surveys
    assert farm.export().exporters["orchard"].unchanged == 2
    assert telling.surveys == before


def test_a_missing_file_that_turns_up_is_fetched(farm: Farm, telling: Telling) -> None:
    farm.plant("k3", None)
    farm.export()
    before = telling.surveys
    farm.export()
    assert telling.surveys == before
    (farm.home / "Orchard/k3.bin").write_bytes(b"quince")
    assert farm.export().exporters["orchard"].changed == 1


def test_a_thorough_run_asks_for_no_token(farm: Farm, telling: Telling) -> None:
    before = telling.surveys
    farm.export(thorough=True)
    assert telling.surveys == before + 1


def test_after_a_run_that_was_not_whole_nothing_is_believed(farm: Farm, telling: Telling) -> None:
    farm.plant("k3", b"quince", trouble=True)
    assert farm.export().outcome == "partial"
    before = telling.surveys
    farm.export()
    assert telling.surveys == before + 1


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


@pytest.mark.parametrize("aside", [False, True])
def test_a_run_after_the_first_needs_no_survey_when_the_store_was_only_touched(
    aside: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Stamped, "reads_aside", aside)
    monkeypatch.setenv("PYTHONPATH", str(Path(__file__).parent))
    stamped = Stamped()
    farm = Farm(tmp_path, stamped)
    farm.plant("k1", b"apple")
    (farm.home / "stamp").write_text("1")
    assert farm.export().exporters["orchard"].new == 1
    (farm.home / "stamp").write_text("2")
    assert farm.export().exporters["orchard"].unchanged == 1
    assert stamped.surveys == 1
    farm.plant("k1", b"ripe apple")
    (farm.home / "stamp").write_text("3")
    assert farm.export().exporters["orchard"].changed == 1


def test_a_store_that_changes_during_the_first_run_is_surveyed_by_the_next(
    tmp_path: Path,
) -> None:
    class Restless(Stamped):
        def read(self, capture: Capture, keys: object) -> Iterator[Item]:
            (capture.home / "stamp").write_text("changed meanwhile")
            yield from super().read(capture, keys)

    restless = Restless()
    farm = Farm(tmp_path, restless)
    farm.plant("k1", b"apple")
    (farm.home / "stamp").write_text("1")
    farm.export()
    farm.export()
    assert restless.surveys == 2
