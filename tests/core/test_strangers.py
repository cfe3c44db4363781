"""A file that somebody put where the archive needs the name: it is kept, whatever it is called."""

from pathlib import Path

import pytest
from gleaning import Field
from orchard import Farm, counts

from rootcellar.archive.layout import RECORDS

QUARANTINE = ".rootcellar/quarantine"


def quarantined(archive: Path) -> list[Path]:
    return sorted((archive / QUARANTINE).glob("*"))


@pytest.fixture
def planted(farm: Farm) -> Farm:
    """A farm with an archive, and a tree that will want a folder of its own there."""
    farm.plant("a", b"the first apple", place="2023/apple")
    farm.export()
    farm.plant("b", b"the second apple", place="2024/pear")
    return farm


def test_a_file_where_the_records_of_a_new_folder_belong_goes_to_quarantine(
    planted: Farm,
) -> None:
    stranger = planted.archive / "Orchard/2024" / RECORDS
    stranger.parent.mkdir()
    stranger.write_bytes(b"my own list")
    planted.export()
    assert b'"key":"b"' in stranger.read_bytes()
    (kept,) = quarantined(planted.archive)
    assert kept.read_bytes() == b"my own list"
    assert counts(planted.export()) == {"unchanged": 2}


def test_a_folder_of_that_name_goes_to_quarantine_with_all_that_is_in_it(planted: Farm) -> None:
    stranger = planted.archive / "Orchard/2024" / RECORDS
    stranger.mkdir(parents=True)
    (stranger / "mine.txt").write_bytes(b"my own text")
    planted.export()
    assert b'"key":"b"' in stranger.read_bytes()
    (kept,) = quarantined(planted.archive)
    assert (kept / "mine.txt").read_bytes() == b"my own text"


def test_a_link_of_that_name_goes_to_quarantine_and_what_it_leads_to_stays(
    planted: Farm, tmp_path: Path
) -> None:
    (tmp_path / "mine.txt").write_bytes(b"my own text")
    stranger = planted.archive / "Orchard/2024" / RECORDS
    stranger.parent.mkdir()
    stranger.symlink_to(tmp_path / "mine.txt")
    planted.export()
    assert not stranger.is_symlink()
    assert (tmp_path / "mine.txt").read_bytes() == b"my own text"
    (kept,) = quarantined(planted.archive)
    assert kept.is_symlink()


def test_an_adopted_folder_with_a_file_of_that_name_keeps_its_bytes(tmp_path: Path) -> None:
    field = Field(tmp_path)
    field.farm.plant("a", b"the first apple", place="2024/apple")
    field.drop("x.bin", b"the first apple")
    field.drop(f"Orchard/2024/{RECORDS}", b"another program's list")
    field.drop(f"mine/{RECORDS}", b"not in the way")
    report = field.adopt(archive=field.folder)
    (kept,) = quarantined(field.folder)
    assert kept.read_bytes() == b"another program's list"
    assert (field.folder / "mine" / RECORDS).read_bytes() == b"not in the way"
    told = {one.path.removeprefix(f"{field.folder}/"): one.reason for one in report.adopted.left}
    assert told.keys() == {f"mine/{RECORDS}", f"Orchard/2024/{RECORDS}"}
    assert "is in .rootcellar/quarantine now" in told[f"Orchard/2024/{RECORDS}"]
    assert counts(field.farm.export(field.folder)) == {"unchanged": 1}
