"""Many nights of downloads, whatever happens in them: lines down, kills, full disks, deletions."""

import tempfile
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from orchard import Farm
from test_downloads import Cloud, CloudOrchard, limit, queue

import rootcellar.engine.downloading as loop
from rootcellar.api import DownloadsImpossible, Limits
from rootcellar.downloads import runs_left

KEYS = [f"k{number}" for number in range(9)]
SIZE = 1000
BUDGET = 3 * SIZE
KEEP_FREE = 10 * SIZE

keys = st.sampled_from(KEYS)
nights = st.lists(
    st.one_of(
        st.tuples(st.just("quiet"), st.just("")),
        st.tuples(st.just("killed"), keys),
        st.tuples(st.just("slow"), keys),
        st.tuples(st.just("unknown"), keys),
        st.tuples(st.just("deleted"), keys),
        st.tuples(st.just("touched"), keys),
        st.tuples(st.just("disk full"), st.just("")),
        st.tuples(st.just("library moved"), st.just("")),
        st.tuples(st.just("not on this machine"), st.just("")),
    ),
    max_size=12,
)


class Life:
    """One person's nights, and what must hold after each."""

    def __init__(self, root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        self.cloud = Cloud({key: key.encode() * (SIZE // 2) for key in KEYS})
        self.farm = Farm(root, CloudOrchard(self.cloud))
        self.now = datetime(2026, 1, 1, tzinfo=UTC)
        self.monkeypatch = monkeypatch
        monkeypatch.setattr(loop, "now", lambda: self.now)
        limit(self.farm, bytes=BUDGET, keep_free=KEEP_FREE)
        for day, key in enumerate(KEYS, 1):
            self.farm.plant(key, None, day=day)
        self.farm.plant("here", b"here")
        self.given_up: set[str] = set()
        self.gone: set[str] = set()
        self.asked_before: dict[str, datetime] = {}

    def night(self, what: str, key: str = "") -> None:
        self.cloud.asked.clear()
        self.cloud.kills = key if what == "killed" else ""
        self.cloud.refuses = {key: what == "unknown"} if what in ("slow", "unknown") else {}
        self.cloud.space = KEEP_FREE + SIZE if what == "disk full" else 10**9
        if what == "deleted" and len(KEYS) - len(self.gone) > 5:
            self.gone.add(key)
            if (self.farm.store / f"{key}.json").exists():
                self.farm.fell(key)
        if what == "touched" and key not in self.gone:
            self.farm.plant(key, None, day=KEYS.index(key) + 1, text=str(self.now))
        if what == "library moved":
            moved = self.farm.store.with_name(f"Orchard {self.now:%j}")
            self.farm.store.rename(moved)
            self.farm.store = moved
        held = self.held()
        try:
            with self.monkeypatch.context() as patch:
                if what == "not on this machine":
                    patch.setattr(CloudOrchard, "downloader", nobody)
                self.farm.export()
        except KeyboardInterrupt:
            pass
        self.check(held, what)
        self.given_up |= {one for one in self.cloud.asked if self.cloud.refuses.get(one)}
        self.now += timedelta(days=1)

    def held(self) -> dict[str, bytes]:
        folder = self.farm.archive / "Orchard"
        return {path.stem: path.read_bytes() for path in folder.glob("*.bin")}

    def check(self, before: dict[str, bytes], what: str) -> None:
        now = self.held()
        assert before.items() <= now.items()  # what came stays
        assert all(data == self.cloud.holds[key] for key, data in now.items() if key != "here")
        assert now["here"] == b"here"  # what is local waits for nothing
        asked = self.cloud.asked
        assert len(asked) == len(set(asked))
        assert not set(asked) & (self.given_up | self.gone | set(before))
        assert len(now.keys() - before.keys() - {"here"}) <= BUDGET // SIZE
        if what in ("disk full", "not on this machine"):
            assert not asked


def nobody(*_: object) -> Cloud:
    raise DownloadsImpossible("Only a Mac can.", hint="Run it there.")


@settings(
    max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(story=nights)
def test_whatever_happens_in_the_nights_all_that_can_come_comes_in_the_end(
    story: list[tuple[str, str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    with tempfile.TemporaryDirectory() as folder, monkeypatch.context() as patch:
        life = Life(Path(folder), patch)
        for what, key in story:
            life.night(what, key)
        for _ in range(6):
            life.now += timedelta(days=7)  # longer than anyone is made to wait
            life.night("quiet")
        life.cloud.asked.clear()
        life.farm.export()
        assert life.cloud.asked == []
        wanted = set(KEYS) - life.given_up - life.gone
        assert wanted <= life.held().keys()
        standing = queue(life.farm).standing()
        assert standing.waiting == 0
        assert standing.refused == len(life.given_up - life.gone)


@given(count=st.integers(1, 12), per_run=st.integers(1, 12))
@settings(max_examples=5, deadline=None)
def test_as_many_nights_remain_as_are_said(count: int, per_run: int) -> None:

    with tempfile.TemporaryDirectory() as folder, pytest.MonkeyPatch.context() as patch:
        life = Life(Path(folder), patch)
        for key in KEYS[count:]:
            life.farm.fell(key)
        life.farm.exporter.limits = Limits(always=True, bytes=per_run * SIZE)  # type: ignore[attr-defined]
        life.farm.export()
        said = runs_left(queue(life.farm).standing().bytes, per_run * SIZE)
        needed = 0
        while queue(life.farm).standing().waiting:
            life.farm.export()
            needed += 1
        assert said == needed


def test_control_a_queue_that_forgets_is_caught(monkeypatch: pytest.MonkeyPatch) -> None:
    """The simulation is worth something: without the memory of refusals it must fail."""
    from rootcellar.state.downloads import DownloadQueue

    def forgetful(self: Any, key: str, reason: str, *, for_good: bool) -> None:
        self.connection.execute("DELETE FROM download")

    monkeypatch.setattr(DownloadQueue, "refuse", forgetful)
    with tempfile.TemporaryDirectory() as folder:
        life = Life(Path(folder), monkeypatch)
        life.night("unknown", "k8")
        with pytest.raises(AssertionError):
            life.night("quiet")
