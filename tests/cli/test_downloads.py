"""`--download-missing` by the real command, with a stand-in for the Photos app."""

from typing import Any

import pytest

PHOTOS = '''
import os, shutil, sqlite3
from pathlib import Path
from rootcellar.api import DownloadRefused, opened
from rootcellar_photos.downloading import PhotosDownloader


class Photos:
    """Stands in for Photos: what it downloads it keeps in the library, and gives a copy of."""

    def __init__(self, library):
        self.library = library
        self.given = 0

    @classmethod
    def of(cls, capture, libraries):
        return cls(libraries[0])

    def can_ask(self, key, store):
        return store == self.library.identity

    def free(self):
        return 10**12

    def download(self, key, roles, folder, timeout):
        if os.environ.get("LINE") == "down":
            raise DownloadRefused("It did not come in time.", for_good=False)
        if os.environ.get("LINE") == "refuses":
            raise DownloadRefused("Photos does not find it in its library.", for_good=True)
        with opened(self.library.database) as connection:
            table = self.library.schema.asset
            ((directory, name),) = connection.execute(
                f"SELECT ZDIRECTORY, ZFILENAME FROM {table} WHERE ZUUID = ?", (key,)
            ).fetchall()
        files = {}
        for role in roles:
            tail = "_3.mov" if role == "live" else Path(name).suffix
            place = self.library.path / "originals" / directory / (Path(name).stem + tail)
            place.write_bytes(f"{key} {role}".encode())
            files[role] = folder / role
            shutil.copyfile(place, files[role])
        self.given += 1
        if os.environ.get("LINE") == f"killed after {self.given}":
            os._exit(137)
        return files

    def close(self):
        pass


PhotosDownloader.of = Photos.of
'''


@pytest.fixture
def with_photos(sample: Any, monkeypatch: pytest.MonkeyPatch) -> Any:
    site = sample.root / "site"
    site.mkdir()
    (site / "stand_in_photos.py").write_text(PHOTOS)
    (site / "sitecustomize.py").write_text("import stand_in_photos\n")
    return sample


def in_icloud(report: dict[str, Any]) -> list[str]:
    absent = report["exporters"]["photos"]["absent"]
    return [one["title"] for one in absent if "iCloud" in one["reason"]]


def status(world: Any) -> dict[str, Any]:
    done = world.run("status", "photos", "--archive", world.archive, "--json")
    photos: dict[str, Any] = done.document["exporters"]["photos"]
    return photos


def test_what_photos_downloads_is_exported_and_the_status_says_so(with_photos: Any) -> None:
    first = with_photos.export("photos").document
    missing = in_icloud(first)
    assert missing
    before = status(with_photos)
    assert before["download"]["waiting"] == len(set(missing))
    assert {one["title"] for one in before["missing"]} >= set(missing)
    told = with_photos.run("status", "--archive", with_photos.archive).out
    assert "downloads: 2 wait" in told
    report = with_photos.export("photos", "--download-missing").document
    download = report["exporters"]["photos"]["download"]
    assert (download["asked"], download["arrived"], download["refused"]) == (2, 2, 0)
    assert in_icloud(report) == []
    after = status(with_photos)
    assert "download" not in after
    assert after["safe"] == before["safe"] + 2
    assert "downloads:" not in with_photos.run("status", "--archive", with_photos.archive).out
    assert sorted(with_photos.archive.rglob(missing[0]))
    again = with_photos.export("photos").document["exporters"]["photos"]
    assert (again["changed"], again["files"]) == (0, 0)  # it is in the library as well, now


def test_with_the_setting_every_run_asks_and_the_status_tells_the_runs_that_remain(
    with_photos: Any,
) -> None:
    with_photos.settle(
        "[photos]\ndownload = true\ndownload_gigabytes = 0.000001\ndownload_keep_free = 0\n"
    )
    report = with_photos.export("photos").document
    assert report["exporters"]["photos"]["download"]["arrived"] == 1
    assert "allow" in report["exporters"]["photos"]["download"]["stopped"]
    assert "more run" in with_photos.run("status", "--archive", with_photos.archive).out or (
        "next run" in with_photos.run("status", "--archive", with_photos.archive).out
    )
    report = with_photos.export("photos").document
    assert in_icloud(report) == []


def test_killed_in_between_nothing_is_lost_and_nothing_is_asked_for_twice(
    with_photos: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LINE", "killed after 1")
    done = with_photos.run(
        *("export", "photos", "--download-missing"),
        *("--home", with_photos.home, "--archive", with_photos.archive),
    )
    assert done.code == 137
    monkeypatch.delenv("LINE")
    report = with_photos.export("photos", "--download-missing").document
    assert report["exporters"]["photos"]["download"]["asked"] == 1
    assert in_icloud(report) == []


@pytest.mark.parametrize(("line", "refused"), [("down", 0), ("refuses", 2)])
def test_what_does_not_come_is_told(
    with_photos: Any, monkeypatch: pytest.MonkeyPatch, line: str, refused: int
) -> None:
    monkeypatch.setenv("LINE", line)
    done = with_photos.export("photos", "--download-missing")
    assert done.code == 3
    report = done.document["exporters"]["photos"]
    assert (report["download"]["arrived"], report["download"]["refused"]) == (0, refused)
    assert report["new"] > 40
    found = status(with_photos)
    assert found["download"]["refused"] == refused
    said = with_photos.run("status", "photos", "--archive", with_photos.archive).out
    assert ("does not find it" in said) is bool(refused)
    monkeypatch.delenv("LINE")
    again = with_photos.export("photos", "--download-missing").document["exporters"]["photos"]
    assert again.get("download", {"asked": 0})["asked"] == 0  # not yet, or never


def test_on_another_machine_the_rest_is_exported_and_it_says_what_to_do(sample: Any) -> None:
    done = sample.run(
        *("export", "photos", "--download-missing"),
        *("--home", sample.home, "--archive", sample.archive),
    )
    assert done.code == 3
    assert "Only Photos, on the Mac that the library belongs to" in done.err
    assert "on that Mac, as the person whose library it is" in done.err
    assert "43 new" in done.out


def test_the_status_of_one_exporter_lists_what_it_misses(sample: Any) -> None:
    sample.export()
    said = sample.run("status", "photos", "--archive", sample.archive).out
    assert "The original is only in iCloud.\n  In Photos on this Mac" in said
    assert "Notes:" not in said
    everything = sample.run("status", "--archive", sample.archive).out
    assert "Notes:" in everything
    assert "  In Photos on this Mac" not in everything
    unknown = sample.run("status", "fotos", "--archive", sample.archive)
    assert unknown.code == 2
    assert "photos" in unknown.err
