"""Scopes switched off and on: nothing is lost, retired or taken for gone, and all is counted."""

import hashlib
import json
import shutil
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from album_of_years import Years, contents, read_records, uuid_of

from rootcellar.cli.setting import Setting
from rootcellar.errors import UsageError
from rootcellar.report import ExporterReport, Scope

TRASHED = datetime(2024, 10, 1, tzinfo=UTC)


@pytest.fixture
def years(tmp_path: Path) -> Years:
    """A library with 30 pictures, 25 of which are hidden; one in a shared album, one trashed."""
    years = Years(tmp_path)
    for number in range(25):
        years.add(f"hidden {number}", hidden=True)
    for number in range(3):
        years.add(f"plain {number}")
    years.add("shared", shared_album=years.share("trip", "Trip"))
    years.add("trashed", trashed=TRASHED)
    return years


def export(years: Years, *, accept_losses: bool = False) -> ExporterReport:
    """Write the library, export it, and see that a second run has nothing to do."""
    years.write()
    report = years.export(accept_losses=accept_losses).exporters["photos"]
    if report.outcome != "brake":
        before = contents(years.archive)
        again = years.export().exporters["photos"]
        assert (again.new, again.changed, again.moved, again.gone) == (0, 0, 0, 0)
        assert (again.unchanged, again.skipped) == (
            report.unchanged + report.new + report.changed + report.moved,
            report.skipped,
        )
        assert again.scopes == report.scopes
        assert contents(years.archive) == before
    return report


def test_without_settings_everything_is_taken_and_counted_by_scope(years: Years) -> None:
    report = export(years)
    assert report.new == 30
    assert report.skipped == 0
    assert report.scopes == {
        "hidden": Scope(25, 25),
        "library": Scope(3, 3),
        "shared albums": Scope(1, 1),
        "trash": Scope(1, 1),
    }


def test_what_is_left_out_is_neither_read_nor_forgotten_in_the_report(years: Years) -> None:
    years.settings(hidden=False, trash=False, shared_albums=False)
    report = export(years)
    assert (report.new, report.skipped, report.outcome) == (3, 27, "ok")
    assert report.scopes == {
        "hidden": Scope(0, 0, 25),
        "library": Scope(3, 3),
        "shared albums": Scope(0, 0, 1),
        "trash": Scope(0, 0, 1),
    }
    assert len(read_records(years.archive)) == 3
    assert not (years.archive / "Photos/Albums/Shared").exists()


def test_a_narrower_scope_takes_nothing_away_and_leaves_the_brake_alone(years: Years) -> None:
    export(years)
    before = contents(years.archive)
    years.settings(hidden=False, trash=False, shared_albums=False)
    report = export(years)
    assert (report.outcome, report.gone, report.skipped) == ("ok", 0, 27)
    assert report.unchanged == 3
    after = contents(years.archive)
    assert {name: digest for name, digest in after.items() if ".rootcellar" not in name} == {
        name: digest for name, digest in before.items() if ".rootcellar" not in name
    }
    assert not any(line["gone"] for line in read_records(years.archive).values())


def test_what_changes_outside_the_scope_is_caught_up_with_when_it_is_inside_again(
    years: Years,
) -> None:
    export(years)
    years.settings(hidden=False)
    years.change("hidden 3", title="Quince")
    years.add("hidden 99", hidden=True)
    before = contents(years.archive)
    assert export(years).skipped == 26
    assert contents(years.archive).keys() == before.keys()
    years.settings(hidden=True)
    report = export(years)
    assert (report.new, report.changed, report.skipped) == (1, 1, 0)
    assert read_records(years.archive)[uuid_of("hidden 3")]["record"]["title"] == "Quince"


def test_a_picture_that_is_unhidden_comes_into_scope_by_itself(years: Years) -> None:
    export(years)
    years.settings(hidden=False)
    export(years)
    years.change("hidden 3", hidden=False)
    report = export(years)
    assert (report.changed, report.skipped) == (1, 24)
    assert "hidden" not in read_records(years.archive)[uuid_of("hidden 3")]["record"]


def test_a_mass_deletion_in_what_is_left_out_is_still_one(years: Years) -> None:
    export(years)
    years.settings(hidden=False)
    export(years)
    for number in range(25):
        years.remove(f"hidden {number}")
    assert export(years).outcome == "brake"
    report = export(years, accept_losses=True)
    assert report.gone == 25
    lines = read_records(years.archive)
    assert sum(line["gone"] for line in lines.values()) == 25
    assert all(
        (years.archive / file["path"]).is_file() for file in lines[uuid_of("hidden 3")]["files"]
    )


def test_a_mass_deletion_into_a_trash_that_is_left_out_stops_at_the_brake(years: Years) -> None:
    export(years)
    years.settings(trash=False)
    export(years)
    for number in range(25):
        years.change(f"hidden {number}", trashed=TRASHED)
    assert export(years).outcome == "brake"
    report = export(years, accept_losses=True)
    assert (report.outcome, report.gone, report.skipped) == ("ok", 0, 26)
    lines = read_records(years.archive)
    assert lines[uuid_of("hidden 3")]["in_trash"]
    assert export(years).outcome == "ok"


def test_a_few_pictures_in_a_trash_that_is_left_out_count_once(years: Years) -> None:
    """Else they would add up, run by run, until the brake is on."""
    export(years)
    years.settings(trash=False)
    for number in range(25):
        years.change(f"hidden {number}", trashed=TRASHED)
        if number % 10 == 9:
            with pytest.MonkeyPatch.context() as patch:
                _weeks_later(patch, number)
                assert export(years).outcome == "ok"
    assert not any(line["gone"] for line in read_records(years.archive).values())


def _weeks_later(patch: pytest.MonkeyPatch, weeks: int) -> None:
    from datetime import timedelta

    from rootcellar.state import store

    real = store.now
    patch.setattr(store, "now", lambda: real() + timedelta(weeks=weeks))


def test_an_item_left_out_that_comes_from_another_library_keeps_its_files(years: Years) -> None:
    """A library that was rebuilt has other UUIDs; what is left out is recognised all the same."""
    export(years)
    years.settings(hidden=False)
    export(years)
    for number in range(25):
        key = f"hidden {number}"
        photo = years.photos[uuid_of(key)]
        years.remove(key)
        years.add(
            f"again {number}",
            hidden=True,
            content=photo.content,
            original_filename=photo.original_filename,
        )
    report = export(years)
    assert (report.outcome, report.gone, report.skipped) == ("ok", 0, 25)
    lines = read_records(years.archive)
    assert len(lines) == 30
    assert uuid_of("again 3") in lines
    assert not any(line["gone"] for line in lines.values())


def test_a_rebuilt_state_finds_the_same(years: Years) -> None:
    export(years)
    years.settings(hidden=False, trash=False, shared_albums=False)
    report = export(years)
    copy = years.root / "copy"
    shutil.copytree(years.archive, copy)
    before = contents(copy)
    again = years.export(copy, years.root / "other state").exporters["photos"]
    assert (again.outcome, again.files, again.gone) == ("ok", 0, 0)
    assert (again.skipped, again.scopes) == (report.skipped, report.scopes)
    assert contents(copy) == before


def test_a_page_of_a_shared_album_stays_when_shared_albums_are_left_out(years: Years) -> None:
    export(years)
    (page,) = (years.archive / "Photos/Albums/Shared").glob("*.json")
    before = page.read_bytes()
    years.settings(shared_albums=False)
    export(years)
    assert page.read_bytes() == before
    assert json.loads(before)["gone"] is False


@pytest.mark.parametrize("kinds", [[], ["xmp"], ["json"], ["xmp", "json"]])
def test_sidecars_are_those_that_were_asked_for(kinds: list[str], years: Years) -> None:
    export(years)
    years.settings(sidecars=kinds)
    export(years)
    line = read_records(years.archive)[uuid_of("plain 1")]
    endings = {Path(file["path"]).suffix for file in line["files"]} - {".JPG"}
    assert endings == {f".{kind}" for kind in kinds}
    for file in line["files"]:
        if file["path"].endswith(".json"):
            beside = json.loads((years.archive / file["path"]).read_text())
            assert beside["record"] == line["record"]
            assert beside["files"] == [one for one in line["files"] if not one.get("view")]


def test_a_sidecar_that_was_switched_off_is_in_the_history_and_an_edited_one_stays(
    years: Years,
) -> None:
    export(years)
    folder = next((years.archive / "Photos").rglob("plain 1.JPG")).parent
    edited, other = folder / "plain 1.JPG.xmp", folder / "plain 2.JPG.xmp"
    former = hashlib.sha256(other.read_bytes()).hexdigest()
    edited.write_text(edited.read_text() + "<!-- mine -->")
    years.settings(sidecars=[])
    years.write()
    report = years.export().exporters["photos"]
    assert edited.read_text().endswith("<!-- mine -->")
    assert report.kept == 1
    assert not other.exists()
    history = {path.stem for path in (years.archive / ".rootcellar/history").rglob("*.xmp")}
    assert former in history


def test_previews_stand_in_for_missing_originals_only_when_wanted(tmp_path: Path) -> None:
    years = Years(tmp_path)
    years.add("beach", missing=True)
    years.settings(previews=False)
    report = export(years)
    assert [one.role for one in report.absent] == ["original"]
    assert {file["role"] for file in read_records(years.archive)[uuid_of("beach")]["files"]} == {
        "sidecar"
    }
    years.settings(previews=True)
    export(years)
    assert "preview" in {
        file["role"] for file in read_records(years.archive)[uuid_of("beach")]["files"]
    }


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("hidden = 1", "photos.hidden is 1; it must be true or false"),
        ('sidecars = ["exif"]', "photos.sidecars[0] is 'exif'; it must be one of 'xmp', 'json'"),
        ('sidecars = ["xmp", "xmp"]', "sidecars names one kind twice"),
        ("trashed = true", "photos.trashed is no setting"),
        ('layout = "{years}"', "asks for {years}; allowed are {year}, {month}, {day}, {date}"),
        ('layout = "{year"', "has a brace without its other half"),
        ('layout = "{year:>9}"', "asks for {year}"),
        ('layout = "/{year}"', "has a folder without a name"),
        ('layout = "{year}/.."', "has a folder without a name"),
        ('layout = "albums/{year}"', "begins with albums, which has another use"),
    ],
)
def test_what_cannot_be_meant_is_refused(text: str, said: str, tmp_path: Path) -> None:
    settings = tmp_path / "settings.toml"
    settings.write_text(f"[photos]\n{text}\n")
    with pytest.raises(UsageError) as caught:
        Setting.load(settings, tmp_path)
    assert said in caught.value.message


def test_a_dry_run_counts_what_is_left_out(years: Years, monkeypatch: Any) -> None:
    from rootcellar.engine.running import run
    from rootcellar.state.store import StateStore

    years.settings(hidden=False)
    years.write()
    monkeypatch.setenv("ROOTCELLAR_CACHE", str(years.root / "cache"))
    monkeypatch.setenv("ROOTCELLAR_SETTINGS", str(years.root / "settings.toml"))
    order = Setting.load(None, years.home).order((), thorough=False, accept_losses=False)
    with StateStore(years.root / "state" / "state.sqlite") as store:
        report = run(order(years.archive, True), store).exporters["photos"]
    assert (report.new, report.skipped) == (5, 25)
