"""The XMP sidecar: well formed, complete, and read back equal by exiftool."""

import json
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import jinja2
import pytest

RECORD = {
    "title": "Tom & Jerry <3",
    "caption": "Zwölf\nBoxkämpfer",
    "keywords": ["a, b", "Ünï"],
    "favourite": True,
    "date": "2018-09-28T16:09:33.022000-04:00",
    "location": {"latitude": -34.91889167, "longitude": 138.59686167},
    "size": {"width": 1365, "height": 2048, "orientation": 1},
    "persons": [
        {"name": "Katie", "box": {"x": 0.627485, "y": 0.507074, "w": 0.083769, "h": 0.055832}},
        {"name": "Katie", "box": {"x": 0.1, "y": 0.2, "w": 0.01, "h": 0.02}},
        {"name": "Suzy"},
    ],
}


@pytest.fixture(scope="module")
def render() -> Callable[[Any], str]:
    import rootcellar_templates

    folder = Path(rootcellar_templates.__file__).parent
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(folder),
        autoescape=True,
        undefined=jinja2.ChainableUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )  # as the core makes it (rootcellar.views)
    template = environment.get_template("photos/sidecar.xmp")
    return lambda record: template.render(record=record, files=[], title="")


def test_every_sidecar_is_well_formed(
    library: Path, export: Callable[..., Any], render: Callable[[Any], str]
) -> None:
    for item in export(library).items.values():
        assert ElementTree.fromstring(render(item.record).encode()) is not None


def test_an_empty_record_gives_a_sidecar_that_says_nothing(render: Callable[[Any], str]) -> None:
    text = render({"uuid": "x"})
    root = ElementTree.fromstring(text.encode())
    (description,) = root[0]
    assert len(description) == 0
    assert text.startswith("<?xpacket")
    assert "\n\n" not in text
    assert text.endswith('<?xpacket end="w"?>\n')


def test_exiftool_reads_back_what_the_record_says(
    tmp_path: Path, render: Callable[[Any], str]
) -> None:
    if shutil.which("exiftool") is None:
        pytest.skip("exiftool is not installed")
    sidecar = tmp_path / "IMG_0001.HEIC.xmp"
    sidecar.write_text(render(RECORD), encoding="utf-8")
    done = subprocess.run(
        ["exiftool", "-json", "-struct", "-n", "-XMP:all", sidecar],
        check=True,
        capture_output=True,
    )
    (read,) = json.loads(done.stdout)
    assert read["Title"] == RECORD["title"]
    assert read["Description"] == RECORD["caption"]
    assert read["Subject"] == read["TagsList"] == RECORD["keywords"]
    assert read["PersonInImage"] == ["Katie", "Suzy"]
    assert read["Rating"] == 5
    assert read["DateCreated"] == read["CreateDate"] == "2018:09:28 16:09:33.022000-04:00"
    assert read["GPSLatitude"] == pytest.approx(-34.91889167, abs=1e-8)
    assert read["GPSLongitude"] == pytest.approx(138.59686167, abs=1e-8)
    regions = read["RegionInfo"]["RegionList"]
    assert [region["Name"] for region in regions] == ["Katie", "Katie"]
    assert regions[0]["Area"]["X"] == 0.627485
    assert regions[0]["Area"]["H"] == 0.055832
    assert read["RegionInfo"]["AppliedToDimensions"] == {"W": 1365, "H": 2048, "Unit": "pixel"}


@pytest.mark.parametrize("degrees", [0.0, -0.5, 51.50357167, -33.99999999999, 90.0, -180.0])
def test_coordinates_come_back_as_they_were(
    degrees: float, tmp_path: Path, render: Callable[[Any], str]
) -> None:
    if shutil.which("exiftool") is None:
        pytest.skip("exiftool is not installed")
    sidecar = tmp_path / "a.xmp"
    location = {"latitude": max(min(degrees, 90), -90), "longitude": degrees}
    sidecar.write_text(render({"location": location}), encoding="utf-8")
    done = subprocess.run(["exiftool", "-json", "-n", sidecar], check=True, capture_output=True)
    (read,) = json.loads(done.stdout)
    assert read["GPSLongitude"] == pytest.approx(degrees, abs=1e-7)
    assert read["GPSLatitude"] == pytest.approx(location["latitude"], abs=1e-7)


def test_what_xml_cannot_hold_does_not_break_a_sidecar(render: Callable[[Any], str]) -> None:
    from rootcellar_photos.naming import text_of

    awkward = "bell \x07 tab \t line \n vertical \x0b half \ud83d end \uffff"
    text = render({"title": text_of(awkward)})
    assert "bell" in text
    ElementTree.fromstring(text.encode())
