"""A library of iPhoto that is archived, and then taken over by Photos: nothing is copied twice."""

import sys
from pathlib import Path

import pytest
from album_of_years import Years, contents, read_records, sha256, uuid_of

sys.path.insert(0, str(Path(__file__).parents[1] / "exporters" / "photos"))
from iphoto_library import IMPORT, make_iphoto_library

TAKEN_OVER = ("plain%1", "movie%1", "hidden%1", "trash%1", "clock%1")


@pytest.fixture
def years(tmp_path: Path) -> Years:
    return Years(tmp_path)


def test_what_photos_takes_over_keeps_its_files_in_the_archive(years: Years) -> None:
    pictures = years.home / "Pictures"
    old = make_iphoto_library(pictures / "iPhoto Library.photolibrary").root
    report = years.export().exporters["photos"]
    assert report.outcome == "partial"
    assert not report.failed
    before = read_records(years.archive)
    inodes = {
        key: (years.archive / before[key]["files"][0]["path"]).stat().st_ino for key in TAKEN_OVER
    }

    old = old.rename(pictures / "iPhoto Library.migratedphotolibrary")
    for key in TAKEN_OVER:
        name = before[key]["title"]
        content = (old / "Masters" / IMPORT / name).read_bytes()
        years.add(key, original_filename=name, content=content)
    years.write()
    whole = years.export(accept_losses=False)
    report = whole.exporters["photos"]
    assert (report.outcome, report.new, report.gone) == ("partial", 0, 0)
    assert any("left over" in note for note in whole.notes), whole.notes
    after = read_records(years.archive)
    for key in TAKEN_OVER:
        assert key not in after
        path = years.archive / after[uuid_of(key)]["files"][0]["path"]
        assert path.stat().st_ino == inodes[key]
    assert after.keys() - set(map(uuid_of, TAKEN_OVER)) == before.keys() - set(TAKEN_OVER)
    originals = [sha256(path) for path in (years.archive / "Photos").rglob("DSC_00*.JPG")]
    assert len(originals) == len(set(originals))

    again = years.export().exporters["photos"]
    assert (again.new, again.changed, again.moved, again.gone, again.files) == (0, 0, 0, 0, 0)
    assert set(contents(years.archive)) >= {"README.txt"}
