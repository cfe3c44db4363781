"""Smart lists: what they look for, kept as stored and told in words."""

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from rootcellar.apple.blobs import is_undecoded
from rootcellar_reminders.store.values import blob

_PRIORITIES = {0: "none", 1: "high", 5: "medium", 9: "low"}


def filter_of(value: object) -> dict[str, Any] | None:
    """Return a smart list's filter: `stored`, as the store has it, and `words`.

    It is JSON, or a keyed archive that holds the JSON in one of its fields.
    """
    stored = blob(value)
    if stored is None:
        return None
    asked = _asked(stored)
    words = ""
    if asked is not None:
        parts = [one for one in _words(asked) if one]
        joint = " or " if asked.get("operation") == "or" else " and "
        words = joint.join(parts)
    return {"stored": stored, "words": words or "a filter that is not known here"}


def _asked(stored: Any) -> Mapping[str, Any] | None:
    """Return the JSON of a filter, wherever in an archive it lies."""
    if isinstance(stored, str):
        try:
            stored = json.loads(stored)
        except ValueError:
            return None
    if not isinstance(stored, Mapping) or is_undecoded(stored):
        return None
    if "$class" not in stored:
        return stored
    found = (_asked(one) for key, one in stored.items() if key != "$class")
    return next((one for one in found if one), None)


def _words(asked: Mapping[str, Any]) -> Iterator[str]:
    for name, wanted in asked.items():
        if name == "operation" or wanted in (None, {}, []):
            continue
        if name == "hashtags":
            yield _tags(wanted)
        elif name == "flagged":
            yield "flagged" if wanted else "not flagged"
        elif name == "priorities" and isinstance(wanted, Sequence | Mapping):
            named = (_PRIORITIES.get(one, str(one)) for one in _scalars(wanted))
            yield f"priority {' or '.join(named)}"
        else:
            listed = ", ".join(str(one) for one in _scalars(wanted))
            yield f"{name}: {listed}" if listed else name


def _tags(wanted: Any) -> str:
    inner = wanted.get("hashtags", wanted) if isinstance(wanted, Mapping) else wanted
    if isinstance(inner, str):
        return {"allTags": "with any tag", "noTags": "without tags"}.get(inner, f"tags: {inner}")
    if not isinstance(inner, Mapping):
        listed = ", ".join(f"#{one}" for one in _scalars(wanted))
        return f"tagged {listed}" if listed else "with any tag"
    joint = " and " if inner.get("operation") == "and" else " or "
    include = joint.join(f"#{one}" for one in _scalars(inner.get("include")))
    exclude = " or ".join(f"#{one}" for one in _scalars(inner.get("exclude")))
    parts = [f"tagged {include}" if include else "", f"not tagged {exclude}" if exclude else ""]
    return " and ".join(filter(None, parts)) or "with any tag"


def _scalars(value: Any) -> Iterator[Any]:
    """Yield the values that stand anywhere in a piece of JSON, in order."""
    if isinstance(value, Mapping):
        for name, one in value.items():
            if isinstance(one, Mapping | list):
                yield from _scalars(one)
            elif one is not None:
                yield one if name in ("name", "value", "identifier") else f"{name} {one}"
    elif isinstance(value, list | tuple):
        for one in value:
            yield from _scalars(one)
    elif value is not None:
        yield value
