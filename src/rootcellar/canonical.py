"""The one form in which text and records are written down, so that equal ones are equal bytes."""

import json
import unicodedata

import msgspec

_QUICK = msgspec.json.Encoder()
_STRICT = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"), allow_nan=False)


def nfc(text: str) -> str:
    """Return `text` in NFC, with what UTF-8 cannot say (lone surrogates) replaced."""
    return text if text.isascii() else utf8(text).decode()


def utf8(text: str) -> bytes:
    """Return `text` in NFC and UTF-8, with what UTF-8 cannot say (lone surrogates) replaced."""
    if text.isascii():
        return text.encode()
    return unicodedata.normalize("NFC", text).encode("utf-8", "replace")


def canonical_json(value: object) -> bytes:
    """Return `value` as JSON on one line, in NFC: the same for equal values of equal key order.

    Raises ValueError for what JSON cannot say, as a number that is none.
    """
    try:
        quick = _QUICK.encode(value)
        if quick.isascii() and b"null" not in quick:
            return quick
        text = quick.decode()
    except UnicodeEncodeError:  # a lone surrogate
        text = "null"
    # For a number that is none msgspec says null.
    return utf8(_STRICT.encode(value) if "null" in text else text)
