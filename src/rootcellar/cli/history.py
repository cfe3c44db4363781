"""The history of runs on a terminal: a table, and small charts of it over time."""

from collections.abc import Sequence
from datetime import timedelta

from rich.console import Console
from rich.table import Table
from rich.text import Text

from rootcellar.cli.output import size_in_words
from rootcellar.state.jobs import JobRun

BARS = " ▁▂▃▄▅▆▇█"
SIGNS = {"ok": "■", "partial": "▣", "waiting": "□", "brake": "▲"}
WIDE = 120
"""Columns of what is no terminal: nothing is cut off there."""
COLOURS = {"ok": "green", "partial": "yellow", "waiting": "blue", "brake": "magenta"}


def show_history(runs: Sequence[JobRun]) -> None:
    """Print runs, the latest last."""
    console = Console()
    if not console.is_terminal:
        console.width = WIDE
    if not runs:
        console.print("No job has run yet.")
        return
    table = Table(box=None, header_style="bold", pad_edge=False)
    for name in ("run", "when", "job", "outcome"):
        table.add_column(name, no_wrap=True)
    for name in ("new", "changed", "gone", "short", "written", "took"):
        table.add_column(name, justify="right")
    for run in runs:
        table.add_row(
            str(run.id),
            run.started.astimezone().strftime("%m-%d %H:%M"),
            run.job,
            Text(run.outcome + (f" ×{run.times}" if run.times > 1 else ""), style=_colour(run)),
            *(f"{total(run, name):,}" for name in ("new", "changed", "gone")),
            f"{total(run, 'absent') + total(run, 'failed'):,}",
            size_in_words(total(run, "bytes")),
            _duration(run.finished - run.started) if run.times == 1 else "",
        )
    console.print(table)
    console.print()
    for line in charts(runs):
        console.print(line)


def charts(runs: Sequence[JobRun]) -> list[Text]:
    """Return a line for each of outcome, items, bytes and duration: one column for each run."""
    outcomes = Text("outcome  ")
    for run in runs:
        outcomes.append(SIGNS.get(run.outcome, "✗"), style=_colour(run))
    outcomes.append("  ■ ok ▣ partial □ waiting ▲ brake ✗ failed")
    values = {
        "items": [total(run, "new") + total(run, "changed") for run in runs],
        "written": [total(run, "bytes") for run in runs],
        "took": [
            round((run.finished - run.started).total_seconds()) * (run.times == 1) for run in runs
        ],
    }
    most = {
        "items": f"{max(values['items']):,}",
        "written": size_in_words(max(values["written"])),
        "took": _duration(timedelta(seconds=max(values["took"]))),
    }
    lines = [
        Text(f"{name:<9}{_bars(found)}  up to {most[name]}") for name, found in values.items()
    ]
    return [outcomes, *lines]


def _bars(values: Sequence[int]) -> str:
    """Return one block for each value; whatever is not nothing can be seen."""
    highest = max(values)
    steps = len(BARS) - 1
    return "".join(BARS[-(-value * steps // highest)] if value else BARS[0] for value in values)


def total(run: JobRun, name: str) -> int:
    """Return a count of a run, over all its exporters."""
    return sum(int(counts.get(name, 0)) for counts in run.counts.values())


def _colour(run: JobRun) -> str:
    return COLOURS.get(run.outcome, "red")


def _duration(time: timedelta) -> str:
    seconds = round(time.total_seconds())
    hours, minutes = seconds // 3600, seconds // 60 % 60
    if hours:
        return f"{hours} h {minutes:02} min"
    return f"{minutes} min {seconds % 60:02} s" if minutes else f"{seconds} s"
