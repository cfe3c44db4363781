"""The same picture is the same picture: whatever becomes of a library, its bytes are not copied.

Every test counts the bytes of pictures that a run copies.
"""

import os
import shutil
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from album_of_years import Years, contents, read_records, sha256, uuid_of

from rootcellar.archive.writer import Batch, Written
from rootcellar.sample.photos_items import DEFAULT_TAKEN

EDIT = datetime(2025, 1, 1, tzinfo=UTC)


class Copied(list[Path]):
    """The files of the source that were copied."""


@pytest.fixture
def copied(monkeypatch: pytest.MonkeyPatch) -> Iterator[Copied]:
    found = Copied()
    really = Batch.put_copy

    def put_copy(self: Batch, source: Path, path: str, mtime_ns: int) -> Written:
        found.append(source)
        return really(self, source, path, mtime_ns)

    monkeypatch.setattr(Batch, "put_copy", put_copy)
    yield found


@pytest.fixture
def years(tmp_path: Path) -> Years:
    """A library of forty pictures: some of the same name, or bytes, in albums, with keywords."""
    years = Years(tmp_path)
    for number in range(36):
        taken = DEFAULT_TAKEN + timedelta(days=number // 3)
        years.add(f"p{number:02}", original_filename=f"IMG_{number % 5}.JPG", taken=taken)
    for number in range(4):  # the same bytes, on four days
        taken = DEFAULT_TAKEN + timedelta(days=100 + number)
        years.add(f"twin{number}", content=b"always the same", taken=taken)
    years.album("best", "Best", "p03", "p01", "twin2")
    years.album("more", "More", "p05", "p06")
    return years


def migrate(years: Years, keys: list[str] | None = None, *, again: str = "new ") -> None:
    """Give pictures (all, or some) and all albums new identifiers, as a rebuilt library has."""
    new = {}
    for uuid, photo in list(years.photos.items()):
        if keys is None or uuid in map(uuid_of, keys):
            new[uuid] = uuid_of(again + uuid)
            years.photos[new[uuid]] = replace(years.photos.pop(uuid), uuid=new[uuid])
            assert photo.uuid == uuid
    for name, album in years.albums.items():
        photos = tuple(new.get(one, one) for one in album.photos)
        uuid = uuid_of(again + album.uuid) if keys is None else album.uuid
        years.albums[name] = replace(album, uuid=uuid, photos=photos)


def pictures(years: Years) -> dict[str, tuple[int, str]]:
    """Return inode and digest of every picture in the archive, by path."""
    return {
        name: ((years.archive / name).stat().st_ino, digest)
        for name, digest in contents(years.archive).items()
        if name.endswith((".JPG", ".jpeg", ".MOV"))
    }


def test_a_library_with_new_identifiers_costs_no_copying(years: Years, copied: Copied) -> None:
    years.live()
    before = pictures(years)
    copied.clear()
    migrate(years)
    report = years.live()
    assert copied == []
    assert (report.new, report.gone) == (0, 0)
    assert pictures(years) == before  # nothing was even renamed
    assert not list(years.rebuilt())


def test_albums_of_a_library_with_new_identifiers_keep_their_names(years: Years) -> None:
    years.live()
    pages = {name for name in contents(years.archive) if name.startswith("Photos/Albums/")}
    migrate(years)
    years.live()
    assert {n for n in contents(years.archive) if n.startswith("Photos/Albums/")} == pages


def test_a_partly_new_library_costs_no_copying(years: Years, copied: Copied) -> None:
    years.live()
    before = pictures(years)
    copied.clear()
    migrate(years, [f"p{number:02}" for number in range(0, 36, 2)])
    assert years.live().new == 0
    migrate(years, again="once more ")
    assert years.live().new == 0
    assert copied == []
    assert pictures(years) == before


def test_a_new_library_with_changes_copies_only_what_is_new(years: Years, copied: Copied) -> None:
    years.live()
    copied.clear()
    migrate(years)
    years.add("fresh")
    report = years.live()
    assert report.new == 1
    assert len(copied) == 1


def test_a_library_that_was_moved_and_renamed_costs_nothing(years: Years, copied: Copied) -> None:
    years.live()
    before = contents(years.archive)
    copied.clear()
    shutil.move(years.library, years.home / "Pictures" / "Fotos.photoslibrary")
    years.name = "Fotos.photoslibrary"
    report = years.export().exporters["photos"]
    assert (report.unchanged, report.files, copied) == (40, 0, [])
    assert contents(years.archive) == before


def test_a_library_whose_files_have_other_times_is_compared_by_content(
    years: Years, copied: Copied
) -> None:
    years.live()
    before = pictures(years)
    copied.clear()
    for path in (years.library / "originals").rglob("*.*"):
        os.utime(path, (1, 1))
    report = years.export().exporters["photos"]
    assert (report.new, report.changed, report.moved, copied) == (0, 0, 0, [])
    assert pictures(years) == before


def test_a_library_from_an_older_backup_copies_nothing(years: Years, copied: Copied) -> None:
    years.live()
    older = dict(years.photos)
    years.add("later")
    years.change("p07", title="A title given later", edited=EDIT)
    years.live()
    newest = dict(years.photos)
    copied.clear()
    years.photos = older
    report = years.live()
    assert (copied, report.gone, report.changed) == ([], 1, 1)
    years.photos = newest  # and back
    assert years.live().new == 0
    assert len(copied) == 2  # the edit and its adjustments, which had moved to the history


def test_all_identifiers_new_and_the_brake_stays_off(years: Years, copied: Copied) -> None:
    years.live()
    copied.clear()
    migrate(years)
    years.write()
    report = years.export(accept_losses=False).exporters["photos"]
    assert report.outcome == "ok", report.message
    assert (report.new, report.gone, copied) == (0, 0, [])


def test_a_description_alone_makes_no_picture_the_same(years: Years) -> None:
    years.add("edited", edited=EDIT)
    years.live()
    years.remove("edited")
    years.add("another", edited=EDIT, missing=True)  # the same adjustments, and nothing else here
    years.edits_away.add(uuid_of("another"))
    years.no_preview.add(uuid_of("another"))
    report = years.live()
    assert (report.new, report.gone) == (1, 1)
    line = read_records(years.archive)[uuid_of("another")]
    assert {file["role"] for file in line["files"]} == {"adjustments", "preview", "sidecar"}


def test_swapped_twins_find_their_own_places_again(years: Years, copied: Copied) -> None:
    years.live()
    before = pictures(years)
    copied.clear()
    migrate(years, ["twin0", "twin3"])
    years.change("twin1", title="Second")
    report = years.live()
    assert (report.new, report.moved, copied) == (0, 0, [])
    assert pictures(years) == before


def test_an_album_that_only_bears_the_name_of_a_former_one_is_another(years: Years) -> None:
    years.live()
    del years.albums["best"]
    years.album("another", "Best", "p20")
    years.live()
    pages = sorted(path.name for path in (years.archive / "Photos/Albums").iterdir())
    assert len(pages) == 3


# -- several libraries in one home -------------------------------------------------------------


def second(years: Years, name: str = "Copy.photoslibrary") -> Years:
    """Return another library of the same home and archive, a copy of the first so far."""
    return replace(years, name=name, photos=dict(years.photos), albums=dict(years.albums))


def test_a_plain_copy_of_a_library_adds_nothing(years: Years, copied: Copied) -> None:
    years.live()
    before = contents(years.archive)
    copied.clear()
    second(years).write()
    report = years.export().exporters["photos"]
    assert (report.new, report.changed, report.gone, copied) == (0, 0, 0, [])
    assert contents(years.archive) == before


def test_bytes_that_only_a_copy_of_a_library_has_are_kept_as_well(
    years: Years, copied: Copied
) -> None:
    years.add("edited", edited=EDIT)
    years.add("away", missing=True)
    years.write()
    copy = second(years)
    years.change("p04", content=b"replaced in the one")
    copy.change("p05", content=b"replaced in the copy")
    copy.change("edited", title="no other bytes")
    copy.change("away", missing=False)  # the copy was made before it left for iCloud
    copy.write()
    years.step = copy.step
    years.write()  # the one changed last
    report = years.export().exporters["photos"]
    assert (report.outcome, report.new, len(report.absent)) == ("partial", 42 + 3, 1)
    lines = read_records(years.archive)
    marked = sorted(key for key in lines if "~" in key)
    assert {key.partition("~")[0] for key in marked} == {
        uuid_of("p04"),
        uuid_of("p05"),
        uuid_of("away"),
    }
    held = set(contents(years.archive).values())
    for library in (years, copy):
        originals = (library.library / "originals").rglob("*.*")
        assert {sha256(path) for path in originals} <= held
    before = contents(years.archive)
    copied.clear()
    again = years.export().exporters["photos"]
    assert (again.unchanged, again.files, copied) == (45, 0, [])
    shutil.rmtree(copy.library)  # the copy goes: what it alone had stays
    gone = years.export().exporters["photos"]
    assert (gone.gone, gone.new, copied) == (3, 0, [])
    assert set(pictures(years)) == {
        name for name in before if name.endswith((".JPG", ".jpeg", ".MOV"))
    }
    copy.step = years.step
    copy.write()  # and comes back, now the one changed last
    back = years.export().exporters["photos"]
    assert back.gone == 0
    kept = {digest for name, digest in before.items() if name.endswith((".JPG", ".jpeg", ".MOV"))}
    assert kept <= set(contents(years.archive).values())


def test_one_of_two_libraries_disappears_and_comes_back(years: Years, copied: Copied) -> None:
    other = Years(years.root, name="Other.photoslibrary")
    for number in range(6):
        other.add(f"other{number}")
    other.write()
    years.write()
    years.export()
    before = pictures(years)
    shutil.move(other.library, years.root / "taken away")
    copied.clear()
    gone = years.export(accept_losses=False).exporters["photos"]
    assert (gone.outcome, gone.gone, copied) == ("ok", 6, [])
    assert pictures(years) == before
    shutil.move(years.root / "taken away", other.library)
    back = years.export().exporters["photos"]
    assert (back.new, back.gone, copied) == (0, 0, [])
    assert back.changed == 6
    assert pictures(years) == before
    assert not any(line["gone"] for line in read_records(years.archive).values())
