"""Tables of the settings file, checked: errors name the key, and what is allowed there."""

import dataclasses
import types
import typing
from collections.abc import Collection
from pathlib import Path
from typing import Any

import msgspec

from rootcellar.errors import RootcellarError, UsageError


def checked_table(
    path: Path, prefix: str, kind: type, data: object, extra: Collection[str] = ()
) -> Any:
    """Return `data` as an instance of the settings class `kind`, or raise UsageError."""
    if not isinstance(data, dict):
        raise wrong(path, prefix.rstrip("."), data, "a table, such as [photos]")
    allowed = [one.name for one in dataclasses.fields(kind)]
    for key in data:
        if key not in allowed:
            raise _unknown(path, prefix, key, [*allowed, *extra])
    kinds = typing.get_type_hints(kind)
    values = {}
    for key, value in data.items():
        try:
            values[key] = msgspec.convert(value, kinds[key])
        except msgspec.ValidationError as error:
            where = str(error).rpartition(" - at `$")[2].rstrip("`") if "`$" in str(error) else ""
            kind_there = typing.get_args(kinds[key])[0] if where else kinds[key]
            raise wrong(
                path, f"{prefix}{key}{where}", _inside(value, where), _in_words(kind_there)
            ) from error
    try:
        return kind(**values)
    except (ValueError, RootcellarError) as error:
        hint = getattr(error, "hint", "")
        raise UsageError(
            f"In {path}, the table [{prefix.rstrip('.')}] is wrong: {error}", hint=hint
        ) from error


def _unknown(path: Path, prefix: str, key: str, allowed: list[str]) -> UsageError:
    import difflib

    close = difflib.get_close_matches(key, allowed, 1)
    guess = f"Did you mean {prefix}{close[0]}? " if close else ""
    said = ", ".join(allowed) or "nothing"
    return UsageError(
        f"In {path}, {prefix}{key} is no setting.", hint=f"{guess}Allowed here: {said}."
    )


def wrong(path: Path, key: str, value: object, allowed: str) -> UsageError:
    """Return the error about a value of the settings file at `path`: what may be there instead."""
    return UsageError(
        f"In {path}, {key} is {value!r}; it must be {allowed}.",
        hint="docs/reference/settings.md explains every setting.",
    )


def _inside(value: object, where: str) -> object:
    """Return the part of a value that a path like `[1]` points at."""
    number = where.strip("[]")
    if isinstance(value, list) and number.isdigit() and int(number) < len(value):
        return value[int(number)]
    return value


def _in_words(kind: Any) -> str:
    """Say what values a type allows, as a person would."""
    origin, inside = typing.get_origin(kind), typing.get_args(kind)
    if origin is typing.Literal:
        return "one of " + ", ".join(repr(value) for value in inside)
    if origin in (tuple, list):
        return f"a list, each of it {_in_words(inside[0])}"
    if origin in (types.UnionType, typing.Union):
        return " or ".join(_in_words(one) for one in inside if one is not type(None))
    names = {str: "a text in quotation marks", bool: "true or false", int: "a whole number"}
    return names.get(kind, "a number" if kind is float else str(kind))
