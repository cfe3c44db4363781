"""Finder labels through osxmetadata: its own Python, on stand-ins for the system's frameworks."""

import importlib.util
import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from mac_frameworks import FinderApp, holds_attributes, standing_in

from rootcellar.archive import finder as finders
from rootcellar.archive.disk import Disk
from rootcellar.archive.finder import Finder, OSXMetadata
from rootcellar.archive.layout import PARTS
from rootcellar.labels import Borne, LabelsNotTaken, Tag

pytestmark = pytest.mark.skipif(
    importlib.util.find_spec("osxmetadata") is None, reason="osxmetadata is not installed"
)
BLUE = 4


@pytest.fixture
def picture(tmp_path: Path) -> Path:
    if not holds_attributes(tmp_path):
        pytest.skip("no extended attributes here")
    path = tmp_path / "Grüße ☀.jpg"
    path.write_bytes(b"picture")
    os.utime(path, ns=(10**18, 10**18))
    return path


@pytest.fixture
def labeller(monkeypatch: pytest.MonkeyPatch) -> Iterator[OSXMetadata]:
    monkeypatch.setattr(finders, "PATIENCE", 0.1)
    with standing_in():
        yield OSXMetadata()


@pytest.fixture
def finder(picture: Path, labeller: OSXMetadata) -> Iterator[Finder]:
    disk = Disk(picture.parent)
    yield Finder(disk, labeller)
    disk.close()


def test_what_is_written_is_read_and_bytes_and_time_stay(finder: Finder, picture: Path) -> None:
    assert finder.read(picture.name) == Borne()
    full = Borne((Tag("Garten", BLUE), Tag("Äpfel")), "first\nharvest")
    finder.write(picture.name, Borne(), full)
    assert finder.read(picture.name) == full
    assert (picture.read_bytes(), picture.stat().st_mtime_ns) == (b"picture", 10**18)


def test_labels_are_taken_away(finder: Finder, picture: Path) -> None:
    full = Borne((Tag("a"),), "b")
    finder.write(picture.name, Borne(), full)
    finder.write(picture.name, full, Borne())
    assert finder.read(picture.name) == Borne()


def test_the_time_is_put_back_where_writing_changes_it(
    finder: Finder, picture: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    really = finder.labeller.write

    def writing(path: Path, before: Borne, after: Borne) -> None:
        really(path, before, after)
        os.utime(path)

    monkeypatch.setattr(finder.labeller, "write", writing)
    finder.write(picture.name, Borne(), Borne((Tag("a"),)))
    assert picture.stat().st_mtime_ns == 10**18


def test_a_finder_that_may_not_be_asked_is_noticed(
    finder: Finder, picture: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(FinderApp, "refuses", True)
    with pytest.raises(LabelsNotTaken, match="Automation"):
        finder.write(picture.name, Borne(), Borne(comment="never"))
    finder.write(picture.name, Borne(), Borne((Tag("still"),)))


def test_a_file_that_is_not_there_is_no_surprise(finder: Finder) -> None:
    assert finder.read("nothing.jpg") == Borne()
    with pytest.raises(LabelsNotTaken):
        finder.write("nothing.jpg", Borne(), Borne(comment="a"))


def test_nothing_is_written_where_another_folder_has_taken_the_archives_place(
    finder: Finder, picture: Path
) -> None:
    folder = picture.parent
    folder.rename(folder.with_name("away"))
    folder.mkdir()
    (folder / picture.name).write_bytes(b"not ours")
    with pytest.raises(LabelsNotTaken, match="gone"):
        finder.write(picture.name, Borne(), Borne((Tag("a"),)))
    assert os.listxattr(folder / picture.name) == []


def test_a_volume_is_tried_before_it_is_labelled(finder: Finder, picture: Path) -> None:
    assert finder.holds_labels()
    assert list((picture.parent / PARTS).iterdir()) == []


def test_a_volume_that_keeps_labels_in_files_beside_is_left_alone(
    finder: Finder, picture: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    really = finder.labeller.write

    def beside(path: Path, before: Borne, after: Borne) -> None:
        really(path, before, after)
        path.with_name(f"._{path.name}").touch()

    monkeypatch.setattr(finder.labeller, "write", beside)
    assert not finder.holds_labels()
    assert list((picture.parent / PARTS).iterdir()) == []


def test_a_volume_that_refuses_labels_is_left_alone(
    finder: Finder, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refusing(*_: object) -> None:
        raise OSError("not supported")

    monkeypatch.setattr(finder.labeller, "write", refusing)
    assert not finder.holds_labels()


def test_without_the_frameworks_there_is_no_finder(tmp_path: Path) -> None:
    disk = Disk(tmp_path)
    assert finders.open_finder(disk) is None
    disk.close()
