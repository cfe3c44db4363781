"""Columns of bytes: whatever is in them comes out as plain JSON."""

import json
import plistlib
from datetime import datetime

from hypothesis import given
from hypothesis import strategies as st

from rootcellar.apple.blobs import as_base64, decode_blob, is_undecoded
from rootcellar.apple.values import number, real, text
from rootcellar.sample.core_data import keyed_archive


def test_every_form_is_told_by_its_bytes() -> None:
    assert decode_blob(b'{"Emoji":"\xf0\x9f\x8c\xb1"}') == {"Emoji": "🌱"}
    assert decode_blob("[1, 2]") == [1, 2]
    assert decode_blob("leaf") == "leaf"
    assert decode_blob(plistlib.dumps({"a": [1, b"x"]}, fmt=plistlib.FMT_BINARY)) == {
        "a": [1, as_base64(b"x")]
    }
    when = plistlib.dumps({"at": datetime(2026, 5, 6)}, fmt=plistlib.FMT_XML)  # noqa: DTZ001
    assert decode_blob(when) == {"at": "2026-05-06T00:00:00Z"}
    assert decode_blob(keyed_archive("Crate", {"name": "Blue"}))["name"] == "Blue"


def test_what_is_not_understood_is_kept() -> None:
    for data in (b"\xff\xfe", b"bplist00\x00", keyed_archive("Crate", {"a": 1})[:-9], b"NaN"):
        assert is_undecoded(decode_blob(data))
    assert not is_undecoded({"base64": "", "other": 1})


@given(st.binary(max_size=300) | st.binary(max_size=60).map(lambda tail: b"bplist00" + tail))
def test_any_bytes_are_plain_json_afterwards(data: bytes) -> None:
    assert json.loads(json.dumps(decode_blob(data), allow_nan=False)) is not ...


def test_odd_values_are_nothing() -> None:
    assert [text(one) for one in (None, b"a\xff", 7)] == ["", "a\ufffd", "7"]
    assert [number(one) for one in (None, "7", 7.9, float("nan"))] == [0, 0, 7, 0]
    assert [real(one) for one in (None, "7", 7, float("inf"))] == [None, None, 7, None]
