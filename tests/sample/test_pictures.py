"""The sample's pictures and films: well-formed down to the last segment, box and checksum."""

import struct
import zlib
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta, timezone

import pytest

from rootcellar.sample import exif, jpeg, movies, pictures

INDIA = timezone(timedelta(hours=5, minutes=30))


def segments(data: bytes) -> Iterator[tuple[int, bytes]]:
    """Yield marker and body of a JPEG's segments; the entropy-coded data comes as marker 0."""
    assert data[:2] == b"\xff\xd8"
    at = 2
    while True:
        assert data[at] == 0xFF
        marker, length = data[at + 1], int.from_bytes(data[at + 2 : at + 4], "big")
        yield marker, data[at + 4 : at + 2 + length]
        at += 2 + length
        if marker == 0xDA:
            yield 0, data[at:-2]
            assert data[-2:] == b"\xff\xd9"
            return


def block_means(data: bytes) -> list[int]:
    """Decode a JPEG of ours and return the mean of each luma block, in the order of the file."""
    body = dict(segments(data))
    bits = "".join(f"{byte:08b}" for byte in body[0].replace(b"\xff\0", b"\xff"))
    width, height = struct.unpack(">HH", body[0xC0][3:5] + body[0xC0][1:3])
    at, means, last = 0, [], [0, 0, 0]

    def magnitude(size: int) -> int:
        nonlocal at
        value = int(bits[at : at + size], 2) if size else 0
        at += size
        return value if not size or value >> (size - 1) else value - (1 << size) + 1

    for _ in range(width * height // 256):
        for component in (0, 0, 0, 0, 1, 2):
            size = int(bits[at : at + 4], 2)
            at += 4
            last[component] += magnitude(size)
            if component == 0:
                means.append(last[0] + 128)
            while bits[at] == "1":
                symbol = jpeg._AC_SYMBOLS[int(bits[at + 1 : at + 7], 2) + 1]
                at += 7
                magnitude(symbol & 15)
            at += 1
    assert len(bits) - at < 8
    assert set(bits[at:]) <= {"1"}
    return means


@pytest.mark.parametrize("scene", sorted(pictures.SCENES))
def test_a_scene_is_a_baseline_jpeg_of_640_by_480(scene: str) -> None:
    data = pictures.picture(scene)
    kinds = [marker for marker, _ in segments(data)]
    assert kinds == [0xE0, 0xDB, 0xC0, 0xC4, 0xC4, 0xDA, 0]
    assert dict(segments(data))[0xC0][1:5] == struct.pack(">HH", 480, 640)
    means = block_means(data)
    assert len(means) == 80 * 60
    assert max(means) - min(means) > 60  # there is something to see


def test_a_grid_comes_back_from_the_entropy_coded_data() -> None:
    grid: jpeg.Grid = [[(16.0 * x + 8 * y,) * 3 for x in range(4)] for y in range(2)]
    first, second = block_means(jpeg.encode(grid))[:4], block_means(jpeg.encode(grid))[4:]
    assert first == [0, 16, 8, 24]
    assert second == [32, 48, 40, 56]


def test_a_scene_gives_the_same_bytes_and_variants_other_ones() -> None:
    first = pictures.picture("apples")
    pictures.picture.cache_clear()
    assert pictures.picture("apples") == first
    assert pictures.picture("apples", 1) != first


def test_the_exif_segment_holds_date_zone_camera_and_place() -> None:
    moment = datetime(2018, 3, 4, 23, 58, tzinfo=INDIA)
    segment = exif.exif_segment(moment, ("Rootcellar", "Sample"), (-33.5, 151.25), "A1")
    data = pictures.with_segments(pictures.picture("sea"), segment)
    kinds = dict(segments(data))
    assert 0xE0 not in kinds
    for word in (b"2018:03:04 23:58:00\0", b"+05:30\0", b"Rootcellar\0", b"S\0", b"A1\0"):
        assert word in kinds[0xE1]


def boxes(data: bytes) -> dict[bytes, bytes]:
    """Return the atoms of a movie by kind, at all depths."""
    found, at = {}, 0
    while at < len(data):
        length, kind = struct.unpack(">L4s", data[at : at + 8])
        assert 8 <= length <= len(data) - at
        body = data[at + 8 : at + length]
        found[kind] = body
        if kind in (b"moov", b"trak", b"mdia", b"minf", b"stbl"):
            found |= boxes(body)
        at += length
    return found


def test_a_movie_points_at_its_pictures_and_knows_its_date() -> None:
    frames = [pictures.preview("sea", 0), pictures.preview("sea", 1)]
    made = datetime(2015, 8, 22, 10, 5, tzinfo=UTC)
    film = movies.movie(frames, 2.0, made, 320)
    found = boxes(film)
    sizes = struct.unpack(">2L", found[b"stsz"][12:])
    places = struct.unpack(">2L", found[b"stco"][8:])
    shown = [film[at : at + size] for at, size in zip(places, sizes, strict=True)]
    assert shown == frames
    seconds = struct.unpack(">L", found[b"mvhd"][4:8])[0]
    assert datetime(1904, 1, 1, tzinfo=UTC) + timedelta(seconds=seconds) == made
    assert struct.unpack(">LL", found[b"mvhd"][12:20]) == (600, 1200)


def test_a_screenshot_is_a_png_with_right_checksums() -> None:
    data = movies.screenshot(390, 844, [(200, 60, 40), (90, 140, 60)])
    assert data[:8] == b"\x89PNG\r\n\x1a\n"
    at, kinds, pixels = 8, [], b""
    while at < len(data):
        length, kind = struct.unpack(">L4s", data[at : at + 8])
        body = data[at + 8 : at + 8 + length]
        assert zlib.crc32(kind + body) == int.from_bytes(data[at + 8 + length :][:4], "big")
        kinds.append(kind)
        pixels += body if kind == b"IDAT" else b""
        at += 12 + length
    assert kinds == [b"IHDR", b"IDAT", b"IEND"]
    assert len(zlib.decompress(pixels)) == 844 * (1 + 390 * 3)
