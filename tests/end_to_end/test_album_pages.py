"""Pages of albums: links that lead to the pictures, wherever these and the albums go."""

import re
import shutil
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote

import pytest
from album_of_years import Years, contents, read_records, uuid_of

HOSTILE = '</h1><script>alert(1)</script> & "x" [a](b) *c* {{ d }} 100% #?'


@pytest.fixture
def years(tmp_path: Path) -> Years:
    years = Years(tmp_path)
    years.settings(album_pages=["html", "markdown"])
    for name in ("beach", "50% #1 [x] ü", "hotel"):
        years.add(name)
    years.folder("trips", "Trips")
    years.album("sea", "By the sea", "hotel", "beach", "50% #1 [x] ü", folder="trips")
    export(years)
    return years


def export(years: Years) -> None:
    """Export, and see that the next run writes nothing."""
    years.write()
    years.export()
    before = contents(years.archive)
    again = years.export().exporters["photos"]
    assert again.files == 0
    assert contents(years.archive) == before


class Links(HTMLParser):
    """Collects the links of a page."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []
        self.tags: set[str] = set()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        if tag == "a":
            self.found.append(dict(attrs)["href"] or "")


def linked(page: Path) -> list[Path]:
    """Return the files that a page links to, in order."""
    text = page.read_text()
    if page.suffix == ".html":
        links = Links()
        links.feed(text)
        found = links.found
    else:
        found = re.findall(r"^- \[.*\]\((.*)\)", text, flags=re.MULTILINE)
    return [(page.parent / unquote(link)).resolve() for link in found]


def originals(years: Years, *keys: str) -> list[Path]:
    lines = read_records(years.archive)
    return [(years.archive / lines[uuid_of(key)]["files"][0]["path"]).resolve() for key in keys]


def pages(years: Years) -> dict[str, Path]:
    folder = years.archive / "Photos/Albums"
    return {
        path.relative_to(folder).as_posix(): path
        for path in sorted(folder.rglob("*"))
        if path.suffix in (".html", ".md")
    }


def test_links_lead_to_the_pictures_in_the_order_of_the_album(years: Years) -> None:
    found = pages(years)
    assert set(found) == {"Trips/By the sea.html", "Trips/By the sea.md"}
    for page in found.values():
        assert linked(page) == originals(years, "hotel", "beach", "50% #1 [x] ü")
        assert all(path.is_file() for path in linked(page))
        assert str(years.root) not in page.read_text()
    assert (years.archive / "Photos/People.html").is_file()


def test_pages_follow_albums_and_pictures(years: Years) -> None:
    years.album("sea", "At the sea", "beach", "hotel")
    years.change("beach", original_filename="Strand.JPG")
    export(years)
    found = pages(years)
    assert set(found) == {"At the sea.html", "At the sea.md"}
    for page in found.values():
        assert [path.name for path in linked(page)] == ["Strand.JPG", "hotel.JPG"]
        assert linked(page) == originals(years, "beach", "hotel")


def test_a_picture_that_is_gone_stays_on_the_page_and_so_does_a_page(years: Years) -> None:
    years.remove("beach")
    export(years)
    page = pages(years)["Trips/By the sea.html"]
    assert originals(years, "beach")[0] in linked(page)
    assert "no longer in Photos" in page.read_text()
    del years.albums["sea"]
    export(years)
    assert pages(years)["Trips/By the sea.html"] == page


def test_hostile_titles_are_text(years: Years) -> None:
    years.album("sea", HOSTILE, "beach")
    years.add("other", original_filename="<img src=x onerror=y>.JPG")
    years.album("more", "More", "other")
    export(years)
    found = pages(years)
    for name in ("More", next(name for name in found if "script" in name).rpartition(".")[0]):
        links = Links()
        links.feed(found[f"{name}.html"].read_text())
        assert "script" not in links.tags
        assert len(links.found) == 1
        assert all(path.is_file() for path in linked(found[f"{name}.md"]))
    assert "&lt;/h1&gt;&lt;script&gt;" in found[f"{name}.html"].read_text()


def test_switched_off_they_move_to_the_history(years: Years) -> None:
    before = {path.read_bytes() for path in pages(years).values()}
    years.settings(album_pages=["markdown"])
    export(years)
    assert {Path(name).suffix for name in pages(years)} == {".md"}
    years.settings()
    export(years)
    assert not pages(years)
    history = (years.archive / ".rootcellar/history").rglob("*.*")
    assert before <= {path.read_bytes() for path in history}


def test_a_changed_template_makes_all_pages_again(years: Years, tmp_path: Path) -> None:
    own = tmp_path / "templates"
    (own / "photos").mkdir(parents=True)
    (own / "photos" / "album.md").write_text("{{ title }}: {{ files | length }}\n")
    settings = tmp_path / "settings.toml"
    settings.write_text(f'templates = "{own}"\n{settings.read_text()}')
    export(years)
    assert pages(years)["Trips/By the sea.md"].read_text() == "By the sea: 3\n"


def test_a_name_somebody_else_bears_is_not_taken(years: Years) -> None:
    stranger = years.archive / "Photos/Albums/More.html"
    stranger.write_text("mine")
    years.album("more", "More", "beach")
    export(years)
    assert stranger.read_text() == "mine"
    (page,) = [path for name, path in pages(years).items() if re.match(r"More ~\w+\.html", name)]
    assert linked(page) == originals(years, "beach")


def test_a_page_that_was_lost_is_made_again(years: Years) -> None:
    page = pages(years)["Trips/By the sea.html"]
    before = page.read_bytes()
    page.unlink()
    years.change("hotel", title="Grand")
    export(years)
    assert page.read_bytes() == before


def test_a_page_that_a_person_has_edited_is_kept_and_told(years: Years, tmp_path: Path) -> None:
    page = pages(years)["Trips/By the sea.md"]
    page.write_text("my own words")
    years.album("sea", "At the sea", "beach")
    export(years)
    assert page.read_text() == "my own words"
    assert set(pages(years)) == {"At the sea.html", "Trips/By the sea.md"}
    assert years.export().exporters["photos"].kept == 1
    copy = tmp_path / "copy"
    shutil.copytree(years.archive, copy)
    assert years.export(copy, tmp_path / "other state").exporters["photos"].kept == 1
    assert (copy / page.relative_to(years.archive)).read_text() == "my own words"
    years.settings()
    export(years)
    assert page.read_text() == "my own words"
    page.unlink()
    years.settings(album_pages=["markdown"])
    export(years)
    assert "At the sea.md" in pages(years)
    assert years.export().exporters["photos"].kept == 0


def test_a_rebuilt_state_knows_the_pages(years: Years) -> None:
    copy = years.root / "copy"
    shutil.copytree(years.archive, copy)
    before = contents(copy)
    report = years.export(copy, years.root / "other state").exporters["photos"]
    assert report.files == 0
    assert contents(copy) == before
