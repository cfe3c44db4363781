"""The one form in which text and records are written down, so that equal ones are equal bytes."""

import json
import unicodedata
from collections.abc import Iterator, Mapping
from typing import Any

import msgspec


def nfc(text: str) -> str:
    """Return `text` in NFC, with what UTF-8 cannot say (lone surrogates) replaced."""
    return text if text.isascii() else utf8(text).decode()


def utf8(text: str) -> bytes:
    """Return `text` in NFC and UTF-8, with what UTF-8 cannot say (lone surrogates) replaced."""
    if text.isascii():
        return text.encode()
    return unicodedata.normalize("NFC", text).encode("utf-8", "replace")


class Encoded(Mapping[str, Any]):
    """A mapping as JSON, which travels, and is put into other JSON, without being looked into."""

    __slots__ = ("_value", "text")

    def __init__(self, text: bytes) -> None:
        self.text = text
        self._value: dict[str, Any] | None = None

    @property
    def value(self) -> dict[str, Any]:
        """The mapping itself."""
        if self._value is None:
            self._value = msgspec.json.decode(self.text)
        return self._value

    def __getitem__(self, key: str) -> Any:
        return self.value[key]

    def __iter__(self) -> Iterator[str]:
        return iter(self.value)

    def __len__(self) -> int:
        return len(self.value)

    def __reduce__(self) -> tuple[type["Encoded"], tuple[bytes]]:
        return Encoded, (self.text,)


def canonical_json(value: object) -> bytes:
    """Return `value` as JSON on one line, in NFC: the same for equal values of equal key order.

    Raises ValueError for what JSON cannot say, as a number that is none.
    """
    try:
        text = _QUICK.encode(value)
    except UnicodeEncodeError:  # a lone surrogate
        return utf8(_STRICT.encode(value))
    if any(null in text for null in _NULLS):  # what msgspec says for a number that is none, too
        return utf8(_STRICT.encode(value))
    return text if text.isascii() else utf8(text.decode())


def _as_it_is(value: object) -> msgspec.Raw:
    if isinstance(value, Encoded):
        return msgspec.Raw(value.text)
    raise TypeError(f"{type(value).__name__} is no plain JSON")


def _decoded(value: object) -> dict[str, Any]:
    if isinstance(value, Encoded):
        return value.value
    raise TypeError(f"{type(value).__name__} is no plain JSON")


_NULLS = (b":null", b",null", b"[null")
_QUICK = msgspec.json.Encoder(enc_hook=_as_it_is)
_STRICT = json.JSONEncoder(
    ensure_ascii=False, separators=(",", ":"), allow_nan=False, default=_decoded
)
