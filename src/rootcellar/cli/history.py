"""The history of runs on a terminal: a table, and small charts of it over time.

Both shrink to what fits: the table leaves out columns, the charts the oldest runs.
"""

from collections.abc import Sequence
from datetime import timedelta

from rich.console import Console
from rich.table import Table
from rich.text import Text

from rootcellar.cli.output import size_in_words
from rootcellar.state.jobs import JobRun

BARS = " ▁▂▃▄▅▆▇█"
PLAIN_BARS = " .:-=+*%#"
SIGNS = {"ok": "■", "partial": "▣", "waiting": "□", "brake": "▲", "failed": "✗"}
PLAIN_SIGNS = {"ok": "o", "partial": "p", "waiting": "w", "brake": "B", "failed": "X"}
"""For terminals that have no such characters."""
WIDE = 120
"""Columns of what is no terminal: nothing is cut off there."""
NUMBERS = ("new", "changed", "gone", "short", "written", "took")
LEFT_OUT = ("changed", "gone", "written", "took", "new", "short")
"""Which columns a narrow terminal does without, the first first."""
LABEL, FEWEST = 9, 10
COLOURS = {"ok": "green", "partial": "yellow", "waiting": "blue", "brake": "magenta"}


def show_history(runs: Sequence[JobRun], console: Console | None = None) -> None:
    """Print runs, the latest last."""
    console = console or Console()
    if not console.is_terminal:
        console.width = WIDE
    if not runs:
        console.print("No job has run yet.")
        return
    is_plain = not _can_show(console, BARS + "".join(SIGNS.values()))
    console.print(_fitting_table(console, runs, "x" if is_plain else "×"))
    console.print()
    for line in charts(runs, console.width, is_plain=is_plain):
        console.print(line, soft_wrap=True)


def _can_show(console: Console, text: str) -> bool:
    try:
        text.encode(console.encoding)
    except (LookupError, UnicodeEncodeError):
        return False
    return True


def _fitting_table(console: Console, runs: Sequence[JobRun], times: str) -> Table:
    unbound = console.options.update(width=1000)
    for count in range(len(LEFT_OUT) + 1):
        names = [name for name in NUMBERS if name not in LEFT_OUT[:count]]
        table = _table(runs, names, times)
        if console.measure(table, options=unbound).maximum <= console.width:
            return table
    others = 4 + 11 + 11 + 3 * 2  # run, when, outcome, and what lies between
    return _table(runs, [], times, job_width=max(4, console.width - others))


def _table(
    runs: Sequence[JobRun], names: Sequence[str], times: str, job_width: int | None = None
) -> Table:
    table = Table(box=None, header_style="bold", pad_edge=False)
    table.add_column("run", no_wrap=True)
    table.add_column("when", no_wrap=True)
    table.add_column("job", no_wrap=True, max_width=job_width, overflow="crop")
    table.add_column("outcome", no_wrap=True)
    for name in names:
        table.add_column(name, justify="right", no_wrap=True)
    for run in runs:
        again = f" {times}{run.times}" if run.times > 1 else ""
        table.add_row(
            str(run.id),
            run.started.astimezone().strftime("%m-%d %H:%M"),
            run.job,
            Text(run.outcome + again, style=_colour(run)),
            *(_number(run, name) for name in names),
        )
    return table


def _number(run: JobRun, name: str) -> str:
    if name == "short":
        return f"{total(run, 'absent') + total(run, 'failed'):,}"
    if name == "written":
        return size_in_words(total(run, "bytes"))
    if name == "took":
        return _duration(run.finished - run.started) if run.times == 1 else ""
    return f"{total(run, name):,}"


def charts(runs: Sequence[JobRun], width: int, *, is_plain: bool = False) -> list[Text]:
    """Return a line for each of outcome, items, bytes and duration: one column for each run.

    As many of the latest runs as fit into `width` columns, and ten at least.
    """
    signs = PLAIN_SIGNS if is_plain else SIGNS
    values = {
        "items": [total(run, "new") + total(run, "changed") for run in runs],
        "written": [total(run, "bytes") for run in runs],
        "took": [
            round((run.finished - run.started).total_seconds()) * (run.times == 1) for run in runs
        ],
    }
    room = max(FEWEST, width - LABEL - len("  up to 1 h 00 min"))
    values = {name: found[-room:] for name, found in values.items()}
    most = {
        "items": f"{max(values['items']):,}",
        "written": size_in_words(max(values["written"])),
        "took": _duration(timedelta(seconds=max(values["took"]))),
    }
    outcomes = Text("outcome  ")
    for run in runs[-room:]:
        outcomes.append(signs.get(run.outcome, signs["failed"]), style=_colour(run))
    legend = " ".join(f"{sign} {outcome}" for outcome, sign in signs.items())
    if len(outcomes) + 2 + len(legend) <= width:
        lines = [outcomes.append(f"  {legend}")]
    else:
        lines = [Text(legend), outcomes]
    bars = PLAIN_BARS if is_plain else BARS
    lines += [
        Text(f"{name:<{LABEL}}{_bars(found, bars)}  up to {most[name]}")
        for name, found in values.items()
    ]
    return lines


def _bars(values: Sequence[int], bars: str) -> str:
    """Return one block for each value; whatever is not nothing can be seen."""
    highest = max(values)
    steps = len(bars) - 1
    return "".join(
        bars[-(-value * steps // highest)] if value > 0 else bars[0] for value in values
    )


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
