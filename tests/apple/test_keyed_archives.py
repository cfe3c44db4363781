"""Keyed archives and dates: what they hold, and what odd bytes come to."""

import plistlib
from datetime import UTC, datetime
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rootcellar.apple.dates import cocoa_moment, cocoa_seconds
from rootcellar.apple.keyed_archives import KeyedArchiveError, is_keyed_archive, unarchive
from rootcellar.sample.core_data import keyed_archive


def archived(objects: list[object], root: int = 1) -> bytes:
    value = {
        "$version": 100_000,
        "$archiver": "NSKeyedArchiver",
        "$top": {"root": plistlib.UID(root)},
        "$objects": ["$null", *objects],
    }
    return plistlib.dumps(value, fmt=plistlib.FMT_BINARY)


def classed(name: str) -> dict[str, object]:
    return {"$classname": name, "$classes": [name, "NSObject"]}


def test_an_object_is_its_fields_and_the_name_of_its_class() -> None:
    data = keyed_archive("Crate", {"name": "Blue", "apples": [1, "two"], "full": True})
    assert is_keyed_archive(data)
    assert unarchive(data) == {
        "$class": "Crate", "name": "Blue", "apples": [1, "two"], "full": True
    }  # fmt: skip


def test_well_known_classes_are_plain_values() -> None:
    uid = plistlib.UID
    number = UUID("11111111-2222-3333-4444-555555555555")
    data = archived(
        [
            {"NS.objects": [uid(2), uid(4), uid(6), uid(9), uid(0)], "$class": uid(12)},
            {"NS.time": 0.0, "$class": uid(3)},
            classed("NSDate"),
            {"NS.uuidbytes": number.bytes, "$class": uid(5)},
            classed("NSUUID"),
            {"NS.base": uid(0), "NS.relative": uid(8), "$class": uid(7)},
            classed("NSURL"),
            "https://example.org",
            {"NS.data": b"seed", "$class": uid(10)},
            classed("NSMutableData"),
            "unused",
            classed("NSArray"),
        ]
    )
    assert unarchive(data) == [
        datetime(2001, 1, 1, tzinfo=UTC), str(number), "https://example.org", b"seed", None
    ]  # fmt: skip


def test_an_object_that_holds_itself_ends() -> None:
    data = archived([{"self": plistlib.UID(1), "$class": plistlib.UID(2)}, classed("Ring")])
    assert unarchive(data) == {"$class": "Ring", "self": None}


def test_a_reference_to_nowhere_is_an_error() -> None:
    with pytest.raises(KeyedArchiveError, match="object 99"):
        unarchive(archived([{"one": plistlib.UID(99)}]))


def test_objects_too_deep_in_each_other_are_an_error() -> None:
    chain: list[object] = [{"next": plistlib.UID(at + 2)} for at in range(500)]
    with pytest.raises(KeyedArchiveError, match="too deep"):
        unarchive(archived([*chain, "end"]))


@given(st.binary(max_size=200))
def test_any_bytes_are_an_archive_or_an_error(data: bytes) -> None:
    with pytest.raises(KeyedArchiveError):
        unarchive(b"bplist00" + data)


@given(st.integers(0, 400), st.integers(0, 255))
def test_a_damaged_archive_is_an_archive_or_an_error(at: int, byte: int) -> None:
    whole = keyed_archive("Crate", {"name": "Blue", "apples": [1, "two"], "in": {"a": "b"}})
    damaged = bytearray(whole)
    damaged[at % len(whole)] = byte
    try:
        unarchive(bytes(damaged))
    except KeyedArchiveError as error:
        assert str(error)


def test_dates_count_from_2001() -> None:
    moment = datetime(2026, 11, 1, 8, 30, tzinfo=UTC)
    assert cocoa_moment(815214600) == moment
    assert cocoa_seconds(moment) == 815214600


@pytest.mark.parametrize(
    "odd", [None, "1", True, float("inf"), float("nan"), 1e300, -63_113_904_000]
)
def test_what_is_no_date_is_none(odd: object) -> None:
    assert cocoa_moment(odd) is None
