"""What commands print: words on stdout, progress and errors on stderr, or one JSON document."""

import json
import sys
from collections.abc import Mapping
from typing import Any

import click

from rootcellar.errors import RootcellarError


def tell_error(error: RootcellarError, *, as_json: bool) -> int:
    """Print an error and its hint, and return the exit code."""
    if as_json:
        tell_json(
            {
                "outcome": error.outcome,
                "error": {"message": error.message, "hint": error.hint},
            }
        )
    else:
        click.echo(click.style("Error: ", fg="red", bold=True) + error.message, err=True)
        if error.hint:
            click.echo(error.hint, err=True)
    return error.exit_code


def tell_json(document: Mapping[str, Any]) -> None:
    """Print the one JSON document of a command."""
    click.echo(json.dumps(document, ensure_ascii=False, indent=2))


def warn(text: str) -> None:
    """Print a line that is worth reading on stderr."""
    click.echo(click.style("Note: ", fg="yellow") + text, err=True)


def size_in_words(size: int) -> str:
    """Return a number of bytes as people say it."""
    amount = float(size)
    for unit in ("bytes", "kB", "MB", "GB"):
        if amount < 1000 or unit == "GB":
            break
        amount /= 1000
    return f"{amount:,.0f} {unit}" if amount >= 10 or unit == "bytes" else f"{amount:.1f} {unit}"


def is_terminal() -> bool:
    """Return whether a person is looking at stderr."""
    return sys.stderr.isatty()
