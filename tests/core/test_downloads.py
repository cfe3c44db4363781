"""The queue of downloads: patient, within its limits, and never asking twice for nothing."""

import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace
from orchard import Farm, Orchard

import rootcellar.engine.downloading as loop
from rootcellar.api import (
    Absent,
    Capture,
    CopyOf,
    DownloadRefused,
    DownloadsImpossible,
    File,
    Limits,
)
from rootcellar.downloads import (
    LONGEST_WAIT,
    TRIES,
    reason_to_stop,
    runs_left,
    timeout,
    wait_after,
)
from rootcellar.state.downloads import DownloadQueue
from rootcellar.state.store import StateStore

NIGHT = timedelta(days=1)


@dataclass
class Cloud:
    """Stands in for the app: gives bytes, refuses, or is killed in the middle."""

    holds: dict[str, bytes] = field(default_factory=dict)
    refuses: dict[str, bool] = field(default_factory=dict)
    space: int = 10**12
    asked: list[str] = field(default_factory=list)
    kills: str = ""
    patience: dict[str, float] = field(default_factory=dict)
    closed: int = 0

    def can_ask(self, key: str, store: str) -> bool:
        return store != "elsewhere"

    def free(self) -> int:
        return self.space

    def download(
        self, key: str, roles: tuple[str, ...], folder: Path, timeout: float
    ) -> Mapping[str, Path]:
        self.asked.append(key)
        self.patience[key] = timeout
        if key == self.kills:
            raise KeyboardInterrupt
        if key in self.refuses:
            raise DownloadRefused("It does not come.", for_good=self.refuses[key])
        (folder / "file").write_bytes(self.holds[key])
        self.space -= 2 * len(self.holds[key])
        return {"original": folder / "file"}

    def close(self) -> None:
        self.closed += 1


class CloudOrchard(Orchard):
    """An orchard whose absent trees can be asked for."""

    def __init__(self, cloud: Cloud) -> None:
        self.cloud = cloud
        self.limits = Limits(always=True)

    def download_limits(self, settings: object) -> Limits:
        return self.limits

    def downloader(self, capture: Capture) -> Cloud:
        return self.cloud

    def files(self, path: Path, tree: dict) -> Iterator[File]:
        for file in super().files(path, tree):
            if isinstance(file.content, Absent):
                size = len(self.cloud.holds.get(path.stem, b""))
                gap = replace(file.content, size=size, downloadable=True)
                moment = datetime(2020, 1, tree.get("day", 1), tzinfo=UTC)
                yield replace(file, content=gap, modified=moment)
            else:
                yield file

    def read(self, capture: Capture, keys: object) -> Iterator[Any]:
        for item in super().read(capture, keys):
            came = capture.downloaded.get(item.sighting.key, {})
            files = tuple(
                replace(file, content=CopyOf(came[file.role])) if file.role in came else file
                for file in item.files
            )
            yield replace(item, files=files)


@pytest.fixture
def cloud() -> Cloud:
    return Cloud()


@pytest.fixture
def farm(tmp_path: Path, cloud: Cloud, monkeypatch: pytest.MonkeyPatch) -> Farm:
    farm = Farm(tmp_path, CloudOrchard(cloud))
    farm.now = datetime(2026, 1, 1, tzinfo=UTC)  # type: ignore[attr-defined]
    monkeypatch.setattr(loop, "now", lambda: farm.now)  # type: ignore[attr-defined]
    farm.plant("k0", b"here")
    for day in range(1, 7):
        cloud.holds[f"k{day}"] = b"%d" % day * 1000
        farm.plant(f"k{day}", None, day=day, title=f"Tree {day}")
    return farm


def limit(farm: Farm, **limits: Any) -> None:
    farm.exporter.limits = Limits(always=True, **limits)  # type: ignore[attr-defined]


def queue(farm: Farm) -> Callable[[], Any]:
    state = StateStore(farm.state_path)
    row = state.archive(
        json.loads((farm.archive / ".rootcellar/archive.json").read_text())["uuid"]
    )
    assert row is not None
    return DownloadQueue(state, row, "orchard")  # type: ignore[return-value]


def test_what_is_not_here_is_asked_for_and_exported_in_the_same_run(
    farm: Farm, cloud: Cloud
) -> None:
    report = farm.export().exporters["orchard"]
    assert report.outcome == "ok"
    assert (report.new, report.changed, report.absent) == (7, 6, [])
    assert report.download is not None
    assert (report.download.asked, report.download.arrived, report.download.bytes) == (6, 6, 6000)
    assert (farm.archive / "Orchard/k3.bin").read_bytes() == cloud.holds["k3"]
    assert cloud.asked == ["k6", "k5", "k4", "k3", "k2", "k1"]
    assert cloud.closed == 1
    assert farm.export().exporters["orchard"].unchanged == 7
    assert len(cloud.asked) == 6


def test_what_the_app_did_not_keep_stays_in_the_archive(farm: Farm) -> None:
    farm.export()
    farm.plant("k3", None, day=3, title="Tree 3", text="now with a note")
    report = farm.export().exporters["orchard"]
    assert (report.changed, report.absent) == (1, [])
    assert (farm.archive / "Orchard/k3.bin").exists()


def test_the_oldest_may_come_first(farm: Farm, cloud: Cloud) -> None:
    limit(farm, newest_first=False)
    farm.export()
    assert cloud.asked[0] == "k1"


def test_a_run_downloads_no_more_than_it_may_and_the_next_goes_on(
    farm: Farm, cloud: Cloud
) -> None:
    limit(farm, bytes=2500)
    report = farm.export()
    assert report.outcome == "partial"
    download = report.exporters["orchard"].download
    assert download is not None
    assert (download.arrived, len(report.exporters["orchard"].absent)) == (2, 4)
    assert "as the settings allow" in download.stopped
    assert queue(farm).standing().waiting == 4
    farm.export()
    farm.export()
    assert cloud.asked == ["k6", "k5", "k4", "k3", "k2", "k1"]


def test_it_pauses_before_the_disk_of_the_app_is_full(farm: Farm, cloud: Cloud) -> None:
    cloud.space = 1_000_000
    limit(farm, keep_free=995_000)
    report = farm.export().exporters["orchard"]
    assert report.download is not None
    assert "are to stay free" in report.download.stopped
    assert cloud.space >= 995_000
    assert 0 < report.download.arrived < 6


def test_what_is_refused_for_good_is_never_asked_for_again(farm: Farm, cloud: Cloud) -> None:
    cloud.refuses["k4"] = True
    report = farm.export().exporters["orchard"]
    assert report.download is not None
    assert (report.download.refused, report.download.arrived) == (1, 5)
    for _ in range(3):
        farm.now += 30 * NIGHT  # type: ignore[attr-defined]
        farm.export()
    assert cloud.asked.count("k4") == 1
    assert queue(farm).refusals() == {"k4": "It does not come."}


def test_what_does_not_come_is_asked_for_less_and_less_often(farm: Farm, cloud: Cloud) -> None:
    cloud.refuses["k4"] = False
    farm.export()
    farm.export()
    assert cloud.asked.count("k4") == 1  # an hour has not gone by
    for _ in range(90):
        farm.now += NIGHT  # type: ignore[attr-defined]
        farm.export()
    assert cloud.asked.count("k4") == TRIES
    assert queue(farm).standing().refused == 1


def test_when_nothing_comes_at_all_the_rest_is_left_for_another_night(
    farm: Farm, cloud: Cloud
) -> None:
    cloud.refuses = dict.fromkeys(cloud.holds, False)
    report = farm.export().exporters["orchard"]
    assert report.download is not None
    assert (report.download.asked, report.download.arrived) == (5, 0)
    assert "in a row" in report.download.stopped


def test_a_run_that_is_killed_by_a_question_does_not_ask_it_first_again(
    farm: Farm, cloud: Cloud
) -> None:
    cloud.kills = "k4"
    with pytest.raises(KeyboardInterrupt):
        farm.export()
    assert (farm.archive / "Orchard/k5.bin").exists()
    report = farm.export().exporters["orchard"]
    assert [one.title for one in report.absent] == ["Tree 4"]
    assert cloud.asked == ["k6", "k5", "k4", "k3", "k2", "k1"]
    cloud.kills = ""
    farm.now += NIGHT  # type: ignore[attr-defined]
    assert farm.export().exporters["orchard"].absent == []


def test_a_run_asks_no_longer_than_it_may_and_gives_up_nothing_for_that(
    farm: Farm, cloud: Cloud
) -> None:
    cloud.holds["k6"] = bytes(90_000_000)  # worth 1,020 seconds
    cloud.refuses["k6"] = False
    limit(farm, minutes=3)
    for _ in range(3 * TRIES):
        farm.now += 30 * NIGHT  # type: ignore[attr-defined]
        farm.plant("k6", None, day=6, title="Tree 6", text=str(farm.now))  # type: ignore[attr-defined]
        farm.export()
    assert cloud.patience["k6"] <= 180
    assert cloud.patience["k5"] == timeout(1000)
    assert cloud.asked.count("k6") == 3 * TRIES
    assert queue(farm).standing().refused == 0


def test_what_the_app_cannot_be_asked_for_is_left_alone(farm: Farm, cloud: Cloud) -> None:
    farm.plant("k5", None, day=5, title="Tree 5", store="elsewhere")
    farm.plant("k4", None, day=4, title="Tree 4", store="elsewhere")
    farm.export()
    assert sorted(cloud.asked) == ["k1", "k2", "k3", "k6"]
    report = farm.export().exporters["orchard"]
    assert report.download is not None
    assert "does not have open" in report.download.stopped
    farm.plant("k5", None, day=5, title="Tree 5")  # its library is the one that is open, now
    farm.export()
    assert sorted(cloud.asked) == ["k1", "k2", "k3", "k5", "k6"]


def test_an_item_that_has_vanished_is_not_asked_for(farm: Farm, cloud: Cloud) -> None:
    limit(farm, bytes=1)
    farm.export()
    farm.fell("k5")
    farm.export()
    assert cloud.asked == ["k6", "k4"]


def test_where_no_app_can_be_asked_the_rest_is_exported_and_it_is_said(
    farm: Farm, monkeypatch: pytest.MonkeyPatch
) -> None:
    def nobody(*_: object) -> Cloud:
        raise DownloadsImpossible("Only a Mac can.", hint="Run it there.")

    monkeypatch.setattr(CloudOrchard, "downloader", nobody)
    report = farm.export()
    assert report.outcome == "partial"
    assert report.exporters["orchard"].new == 7
    assert "Only a Mac can. Run it there." in report.notes


def test_permission_that_is_missing_ends_the_questions_and_keeps_what_came(
    farm: Farm, cloud: Cloud, monkeypatch: pytest.MonkeyPatch
) -> None:
    download = cloud.download

    def forbidden(key: str, *rest: Any) -> Mapping[str, Path]:
        if key == "k4":
            raise DownloadsImpossible("It may not be asked.", hint="Allow it.")
        return download(key, *rest)

    monkeypatch.setattr(cloud, "download", forbidden)
    report = farm.export()
    assert len(report.exporters["orchard"].absent) == 4
    assert "It may not be asked. Allow it." in report.notes


def test_nothing_is_asked_for_unless_it_is_wanted(farm: Farm, cloud: Cloud) -> None:
    farm.exporter.limits = Limits(always=False)  # type: ignore[attr-defined]
    assert farm.export().exporters["orchard"].download is None
    assert not cloud.asked
    assert farm.export(download=True).exporters["orchard"].absent == []


@given(
    sizes=st.lists(st.integers(0, 10**10), max_size=60),
    limit=st.integers(1, 10**10),
    keep_free=st.integers(0, 10**11),
    free=st.integers(0, 10**12),
)
def test_no_night_goes_beyond_its_limits(
    sizes: list[int], limit: int, keep_free: int, free: int
) -> None:
    limits = Limits(bytes=limit, keep_free=keep_free)
    spent, taken = 0, 0
    for size in sizes:
        if reason_to_stop(limits, size, spent, 0, free):
            break
        spent, free, taken = spent + size, free - 2 * size, taken + (size > 0)
        assert free >= keep_free
    assert spent <= limit or taken == 1 or not any(sizes)


@given(tries=st.integers(1, 10**6), size=st.integers(0, 10**13))
def test_waits_grow_to_a_week_and_timeouts_with_the_size(tries: int, size: int) -> None:
    assert timedelta(hours=1) <= wait_after(tries) <= wait_after(tries + 1) <= LONGEST_WAIT
    assert timeout(size) >= 120
    assert timeout(2 * size + 1) >= timeout(size) or size < 4_000_000


def test_how_many_more_nights_it_takes() -> None:
    assert runs_left(0, 0) == 0
    assert runs_left(10, 0) is None
    assert runs_left(10, 3) == 4
