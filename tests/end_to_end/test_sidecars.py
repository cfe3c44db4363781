"""Sidecars of a whole export, read back by exiftool: what a person wrote comes back equal."""

import json
import shutil
import subprocess
import unicodedata
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import pytest
from album_of_years import Years, read_records, uuid_of

from rootcellar.sample.photos_items import Face, Place

pytestmark = pytest.mark.skipif(shutil.which("exiftool") is None, reason="no exiftool")

HOSTILE = {
    "markup": "</rdf:li></rdf:Alt><script>alert('x')</script> <!-- & ]]>",
    "entities": "&amp; &lt;b&gt; &#65; &nbsp; %26",
    "quotes": "\"double\" 'single' `back` «guillemets»",
    "template": "{{ record.title }} {% raw %} {# no #} ${x} $(x) %s {0}",
    "lines": "first\nsecond\n\nfourth\ttab",
    "edges": "..\\..//C:\\nul",
    "scripts": "日本語 العربية עברית हिन्दी 한국어",
    "decomposed": unicodedata.normalize("NFD", "Äpfel für Zoë"),
    "emoji": "👩‍👩‍👧‍👦 🏳️‍🌈 🇨🇭 𝔘𝔫𝔦",
    "directions": "left \u202eright\u202c \u200bzero\u2060width",
    "options": "-execute @args =value",
    "long": "quince " * 700 + "end",
}
"""What people write, and what could break an XML file, a template or a reader."""


@pytest.mark.parametrize("case", HOSTILE)
def test_what_people_wrote_comes_back_equal(case: str, tmp_path: Path) -> None:
    text = HOSTILE[case]
    years = Years(tmp_path)
    taken = datetime(2023, 2, 28, 23, 59, 58, 250000, tzinfo=timezone(timedelta(hours=-3.5)))
    years.add(
        "beach",
        title=text,
        caption=f"caption: {text}",
        keywords=(text, "second, with a comma", "z"),
        faces=(Face(text, 0.25, 0.75), Face("Zoë", 0.5, 0.5)),
        place=Place(-33.8567844, 151.2152967),
        taken=taken,
        zone=None,
        favorite=True,
    )
    years.live()
    wanted = unicodedata.normalize("NFC", text)
    read = _sidecar(years, "beach")
    assert read["Title"] == wanted
    assert read["Description"] == f"caption: {wanted}"
    assert sorted(read["Subject"]) == sorted((wanted, "second, with a comma", "z"))
    assert read["TagsList"] == read["Subject"]
    assert sorted(read["PersonInImage"]) == sorted((wanted, "Zoë"))
    areas = {one["Name"]: one["Area"] for one in read["RegionInfo"]["RegionList"]}
    assert set(areas) == {wanted, "Zoë"}
    assert (areas[wanted]["X"], areas[wanted]["Y"]) == (0.25, 0.25)
    assert read["GPSLatitude"] == pytest.approx(-33.8567844, abs=1e-7)
    assert read["GPSLongitude"] == pytest.approx(151.2152967, abs=1e-7)
    for name in ("DateTimeOriginal", "CreateDate", "DateCreated"):
        assert read[name] == "2023:02:28 23:59:58.250000-03:30"
    assert read["Rating"] == 5


@pytest.mark.parametrize(
    ("year", "hours", "said"),
    [
        (1826, 0, "1826:06:01 04:05:06+00:00"),
        (1969, -10, "1969:06:01 04:05:06-10:00"),
        (2024, 14, "2024:06:01 04:05:06+14:00"),
        (2024, 5.75, "2024:06:01 04:05:06+05:45"),
    ],
)
def test_dates_come_back_with_their_zone(
    year: int, hours: float, said: str, tmp_path: Path
) -> None:
    years = Years(tmp_path)
    zone = timezone(timedelta(hours=hours))
    years.add("beach", taken=datetime(year, 6, 1, 4, 5, 6, tzinfo=zone), zone=None)
    years.write()
    years.export()
    assert _sidecar(years, "beach")["DateTimeOriginal"] == said


def _sidecar(years: Years, key: str) -> Any:
    """Return what exiftool reads in the sidecar of a photo."""
    entries = read_records(years.archive)[uuid_of(key)]["files"]
    (path,) = [entry["path"] for entry in entries if entry["role"] == "sidecar"]
    done = subprocess.run(
        ["exiftool", "-json", "-struct", "-n", "-XMP:all", years.archive / path],
        check=True,
        capture_output=True,
    )
    (read,) = json.loads(done.stdout)
    return read
