"""Any text becomes a name that every file system takes, and Obsidian can link to."""

import re
import unicodedata

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from rootcellar.archive.names import (
    FOLDER_BYTES,
    STEM_BYTES,
    SUFFIX_BYTES,
    fold,
    nfc,
    portable,
    portable_stem,
    portable_suffix,
    shorten,
    with_digest,
)

# Also lone surrogates, which Apple's databases really hold.
ANYTHING = st.text(st.characters(exclude_categories=()), max_size=250)
# What people and cameras write, and what goes wrong: dots, spaces, devices, marks, emoji.
PIECES = (
    *(" ", ".", "~", "/", "\\", ":", "con", "NUL", "com1", "a", "É", "e\u0301", "ß", "İ", "ﬀ"),
    *("\u200d", "\ufe0f", "👨", "👩", "\u0301", "\x00", "\x7f", "\u2028", "#", "^", "[", "|"),
    *("\ud800", "K", "ſ", "ς", "\u0345", "가", "ᄀ", "ᅡ", "한", "\u3000", "\xa0", "x" * 60),
)
AWKWARD = st.lists(st.sampled_from(PIECES), max_size=12).map("".join)
TEXTS = ANYTHING | AWKWARD

WINDOWS_FORBIDS = set('\\/:*?"<>|') | {chr(code) for code in range(32)}
OBSIDIAN_FORBIDS = set("#^[]|\\/:")
DEVICES = {"con", "prn", "aux", "nul", "conin$", "conout$"}
DEVICES |= {f"{port}{digit}" for port in ("com", "lpt") for digit in "0123456789¹²³"}


def assert_legal(name: str, limit: int) -> None:
    assert name
    assert name == unicodedata.normalize("NFC", name)
    assert len(name.encode()) <= limit  # also says that there is no lone surrogate in it
    assert not set(name) & (WINDOWS_FORBIDS | OBSIDIAN_FORBIDS)
    assert not any(unicodedata.category(letter) == "Cc" for letter in name)
    assert not name.startswith((".", " "))
    assert not name.endswith((".", " "))
    assert name.split(".")[0].rstrip(" ").casefold() not in DEVICES


@given(TEXTS)
@example("con")
@example("CON .txt")
@example("...")
@example(" .hidden ")
@example("a" * 159 + "é")
@example("con." + "a" * 154 + ". b")
def test_any_text_becomes_one_legal_component(text: str) -> None:
    assert_legal(portable(text), STEM_BYTES)


@given(TEXTS, st.integers(8, 200))
@example("con.abc. x", 9)
@example("con.a .b", 8)
@example("👨\u200d👩\u200d👧\u200d👦", 12)
def test_a_name_is_legal_at_any_length(text: str, limit: int) -> None:
    assert_legal(portable(text, limit), limit)


@given(TEXTS)
@example("con")
@example("._.")
def test_a_portable_name_stays_as_it_is(text: str) -> None:
    assert portable(portable(text)) == portable(text)


@given(TEXTS)
def test_a_place_becomes_as_many_legal_components_as_it_has(place: str) -> None:
    stem = portable_stem(place)
    assert stem.count("/") == place.count("/")
    *folders, name = stem.split("/")
    for folder in folders:
        assert_legal(folder, FOLDER_BYTES)
    assert_legal(name, STEM_BYTES)


@given(TEXTS, st.sampled_from([".HEIC", " (edited).jpeg", ".HEIC.xmp", ".jpeg"]) | TEXTS)
def test_a_file_name_is_legal_with_its_suffix(text: str, suffix: str) -> None:
    name = portable(text) + portable_suffix(suffix)
    assert len(name.encode()) <= STEM_BYTES + SUFFIX_BYTES
    assert not set(name) & (WINDOWS_FORBIDS | OBSIDIAN_FORBIDS)
    assert not name.startswith((".", " "))
    assert not name.endswith((".", " "))


@given(TEXTS, st.text(max_size=40), st.sampled_from([4, 8, 16, 32, 64]))
@example("x" * 300, "key", 64)
@example("ü" * 79 + ". x", "key", 8)
def test_a_name_with_a_digest_takes_200_bytes_at_most(text: str, key: str, length: int) -> None:
    name = with_digest(portable(text), key, length) + portable_suffix("." + "j" * 60)
    assert len(name.encode()) <= 200
    assert not name.endswith((".", " "))
    marked = with_digest(f"Photos/2024/{portable(text)}", key, length)
    assert marked.startswith("Photos/2024/")
    assert marked == f"Photos/2024/{with_digest(portable(text), key, length)}"


@given(TEXTS, st.text(max_size=40), st.text(max_size=40))
def test_other_keys_give_other_digests(text: str, one: str, other: str) -> None:
    name = portable(text)
    assert (with_digest(name, one, 64) == with_digest(name, other, 64)) == (one == other)


@given(TEXTS)
@example("\u0345")
@example("İ")
@example("ᾳ\u0345")
def test_folding_is_stable(text: str) -> None:
    assert fold(fold(text)) == fold(text)


@given(TEXTS)
def test_names_that_differ_only_in_case_or_form_fold_to_the_same(text: str) -> None:
    for form in ("NFC", "NFD"):
        assert fold(unicodedata.normalize(form, nfc(text))) == fold(text)
    if text.isascii():
        assert fold(text.upper()) == fold(text.lower()) == fold(text)


@pytest.mark.parametrize(
    ("one", "other"),
    [("IMG.HEIC", "img.heic"), ("É", "e\u0301"), ("Straße", "STRASSE"), ("Å", "Å"), ("ﬁ", "FI")],
)
def test_names_that_some_file_system_takes_for_equal_fold_to_the_same(
    one: str, other: str
) -> None:
    assert fold(one) == fold(other)


@given(TEXTS.map(nfc), st.integers(0, 60))
def test_shortening_cuts_at_the_end_and_between_characters(text: str, limit: int) -> None:
    short = shorten(text, limit)
    assert text.startswith(short)
    assert len(short.encode()) <= limit
    rest = text[len(short) :]
    assert not (short and rest) or not unicodedata.combining(rest[0])


def test_a_digest_is_a_piece_of_the_sha256_of_the_key() -> None:
    assert re.fullmatch(r"Photos/Apple ~[0-9a-f]{4}", with_digest("Photos/Apple", "key"))
    assert with_digest("Apple", "key") == "Apple ~2c70"
