"""A progress bar on a terminal's stderr; rich is imported only once there is progress to show."""

import contextlib
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

from rootcellar.cli.output import is_terminal

if TYPE_CHECKING:
    from rootcellar.engine.task import Progress


@contextlib.contextmanager
def shown_progress(*, quiet: bool) -> Iterator[Callable[[str, "Progress"], None]]:
    """Give a callback that shows how far each exporter is, where a person is looking."""
    if quiet or not is_terminal():
        yield lambda *_: None
        return
    bars: dict[str, Any] = {}
    with contextlib.ExitStack() as stack:

        def show(name: str, step: "Progress") -> None:
            if not step.total:
                return
            if "screen" not in bars:
                bars["screen"] = stack.enter_context(_screen())
            if name not in bars:
                bars[name] = bars["screen"].add_task(name, total=step.total)
            bars["screen"].update(bars[name], completed=step.done)

        yield show


def _screen() -> Any:
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, TextColumn, TimeRemainingColumn
    from rich.progress import Progress as Bars

    return Bars(
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeRemainingColumn(),
        console=Console(stderr=True),
        transient=True,
    )
