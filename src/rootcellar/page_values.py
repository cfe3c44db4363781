"""Values of the properties at the top of pages, as Obsidian knows them."""

import json
import re
from datetime import datetime

UNPRINTABLE = re.compile("[\x7f-\x9f\u2028\u2029\ufeff\ud800-\udfff\ufffe\uffff]")
"""What YAML allows in no text unless it is escaped (YAML 1.2, 5.1), besides what JSON escapes."""

_encoded = json.JSONEncoder(ensure_ascii=False).encode


def yaml(value: object) -> str:
    """Return a value as YAML on one line, so that no text in it can be taken for anything else."""
    text = _encoded(value)
    if text.isascii() and "\x7f" not in text:
        return text
    return UNPRINTABLE.sub(lambda found: f"\\u{ord(found.group()):04x}", text)


def local(stamp: str) -> str:
    """Return a moment of a record as Obsidian has it: in this machine's zone, unsaid."""
    moment = datetime.fromisoformat(stamp) if stamp else None
    return f"{moment.astimezone():%Y-%m-%dT%H:%M:%S}" if moment else ""
