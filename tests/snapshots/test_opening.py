"""A drill opens what it restored: files that are no more what they say are found out."""

import random
from pathlib import Path

import pytest

from rootcellar.sample import make_home
from rootcellar.snapshots.drilling import opens


@pytest.fixture(scope="module")
def pictures(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    home = tmp_path_factory.mktemp("sample") / "home"
    make_home(home)
    wanted = {".jpeg", ".jpg", ".png", ".heic", ".mov", ".mp4"}
    return [path for path in sorted(home.rglob("*")) if path.suffix.lower() in wanted]


def test_pictures_and_films_of_the_sample_are_opened(pictures: list[Path]) -> None:
    kinds = {path.suffix.lower() for path in pictures}
    assert len(kinds) >= 2
    assert all(opens(path) for path in pictures)


def test_a_picture_that_was_cut_off_or_overwritten_is_found_out(
    pictures: list[Path], tmp_path: Path
) -> None:
    for number, path in enumerate(pictures[:20]):
        whole = path.read_bytes()
        for data in (whole[:20], bytes(len(whole)), random.Random(number).randbytes(len(whole))):
            broken = tmp_path / f"broken{path.suffix}"
            broken.write_bytes(data)
            with pytest.raises(ValueError):
                opens(broken)


@pytest.mark.parametrize(
    ("name", "good", "bad"),
    [
        ("a.json", b'{"a": 1}', b'{"a": 1'),
        ("a.jsonl", b'{}\n{"a": 1}\n', b"{}\n{a}\n"),
        ("a.md", "# Äpfel".encode(), b"\xff\xfe\x00"),
        ("a.xmp", b"<x><y/></x>", b"<x><y></x>"),
        ("a.pdf", b"%PDF-1.7 ...", b"PDF"),
    ],
)
def test_texts_are_read_as_what_they_are(
    tmp_path: Path, name: str, good: bytes, bad: bytes
) -> None:
    path = tmp_path / name
    path.write_bytes(good)
    assert opens(path)
    path.write_bytes(bad)
    with pytest.raises(ValueError):
        opens(path)


def test_other_files_are_only_bytes(tmp_path: Path) -> None:
    path = tmp_path / "a.sketch"
    path.write_bytes(b"anything")
    assert not opens(path)
