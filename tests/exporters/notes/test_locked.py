"""Locked notes: what they need to open, and that they stay shut without it."""

import os
import plistlib

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from locking import SALT, keyed_archive, locked_by_v1, neo, wrapped

from rootcellar_notes.locked import (
    Locked,
    NeedsDevice,
    NotUnlocked,
    Scheme,
    Unlocker,
    Unreadable,
    WrongPassword,
    locked_from_columns,
    scheme_of,
)


def test_a_note_locked_by_v1_opens_with_any_of_several_passwords() -> None:
    locked = locked_by_v1(b"plums", "quince")
    assert locked.scheme is Scheme.V1
    assert Unlocker(["medlar", "quince"]).open(locked) == b"plums"


def test_a_note_locked_by_v1_neo_brings_all_it_needs_along() -> None:
    data = neo(b"pears", "quince")
    assert scheme_of(data) is Scheme.V1_NEO
    locked = locked_from_columns(data)
    assert locked.hint == "fruit"
    assert Unlocker(["medlar", "quince"]).open(locked) == b"pears"


@pytest.mark.parametrize("make", [locked_by_v1, lambda t, p: locked_from_columns(neo(t, p))])
def test_it_stays_shut_without_the_password(make: object) -> None:
    locked = make(b"plums", "quince")  # type: ignore[operator]
    for passwords in ([], [""], ["medlar", "Quince", "quince "]):
        with pytest.raises(WrongPassword) as raised:
            Unlocker(passwords).open(locked)
        assert raised.value.hint
        assert "fruit" not in str(raised.value) + raised.value.hint


def test_accents_may_be_composed_either_way() -> None:
    assert Unlocker(["pru\u0308ne"]).open(locked_by_v1(b"plums", "pr\u00fcne")) == b"plums"
    assert Unlocker(["pr\u00fcne"]).open(locked_by_v1(b"plums", "pru\u0308ne")) == b"plums"


def test_a_note_locked_by_the_device_says_what_to_do() -> None:
    metadata = plistlib.dumps({"cipherVersion": 1, "accountKeyIdentifier": "A"})
    data = keyed_archive(metadata=metadata, encryptedData=b"?", wrappedEncryptionKey=b"?")
    assert scheme_of(data) is Scheme.V2
    with pytest.raises(NeedsDevice) as raised:
        Unlocker(["quince"]).open(locked_from_columns(data))
    assert "Remove Lock" in raised.value.hint


def test_damage_behind_a_right_password_is_told_from_a_wrong_password() -> None:
    good = locked_by_v1(b"plums", "quince")
    bad = Locked(
        good.scheme,
        bytes([good.ciphertext[0] ^ 1]) + good.ciphertext[1:],
        good.salt,
        good.iterations,
        good.wrapped_key,
        good.initialization_vector,
        good.tag,
    )
    with pytest.raises(Unreadable):
        Unlocker(["quince"]).open(bad)


def test_an_account_s_verifier_tells_its_password() -> None:
    verifier = wrapped("quince", os.urandom(16), SALT[:16], 16)
    assert Unlocker(["medlar", "quince"]).fits(SALT[:16], 100, verifier)
    assert not Unlocker(["medlar"]).fits(SALT[:16], 100, verifier)


def test_absurd_rounds_are_not_waited_for() -> None:
    locked = locked_from_columns(
        b"x", salt=SALT, iterations=1 << 60, wrapped_key=SALT, initialization_vector=SALT, tag=SALT
    )
    with pytest.raises(Unreadable):
        Unlocker(["quince"]).open(locked)


def test_an_unlocker_does_not_show_its_passwords() -> None:
    assert "quince" not in repr(Unlocker(["quince"]))


@settings(max_examples=200, deadline=None)
@given(st.data())
def test_no_damage_makes_it_crash_or_open(data: st.DataObject) -> None:
    sealed = bytearray(neo(b"pears", "quince"))
    for _ in range(data.draw(st.integers(1, 3))):
        place = data.draw(st.integers(0, len(sealed) - 1))
        sealed[place] = data.draw(st.integers(0, 255))
    cut = bytes(sealed[: data.draw(st.integers(0, len(sealed)))])
    for damaged in (bytes(sealed), cut, b"bplist00" + cut):
        try:
            opened = Unlocker(["quince"]).open(locked_from_columns(damaged))
        except NotUnlocked:
            continue
        assert opened == b"pears"
