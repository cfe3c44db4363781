"""Options that take a size or a span of time."""

from collections.abc import Callable
from typing import Any

import click

from rootcellar.quantities import bytes_in, seconds_in


class _Quantity(click.ParamType):  # type: ignore[type-arg]
    def __init__(self, name: str, read: Callable[[str], float]) -> None:
        self.name = name
        self.read = read

    def convert(self, value: Any, param: Any, ctx: Any) -> Any:
        """Return the number; anything else is a usage error."""
        try:
            return self.read(value)
        except ValueError as error:
            self.fail(str(error), param, ctx)


SIZE = _Quantity("size", bytes_in)
DURATION = _Quantity("time", seconds_in)
