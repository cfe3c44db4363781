"""`rootcellar snapshot prune`: free former contents that no kept snapshot needs."""

from collections.abc import Callable
from dataclasses import asdict, replace
from pathlib import Path

import click

from rootcellar.cli.choosing import choose_archive
from rootcellar.cli.options import dry_run_option, place_options
from rootcellar.cli.output import size_in_words, tell_json, warn
from rootcellar.cli.quantities import DURATION
from rootcellar.config import load_place
from rootcellar.quantities import counted
from rootcellar.retention import Retention
from rootcellar.snapshots.pruning import Amount, Pruned, Pruning
from rootcellar.state.path import default_path
from rootcellar.state.store import StateStore

PERIODS = {
    "last": "",
    "hourly": "hour",
    "daily": "day",
    "weekly": "week",
    "monthly": "month",
    "yearly": "year",
}


def _rule_options(command: Callable[..., None]) -> Callable[..., None]:
    for kind, period in reversed(PERIODS.items()):
        said = f"the last of each {period}, N {period}s back" if period else "the last N"
        command = click.option(
            f"--keep-{kind}", type=click.IntRange(0), metavar="N", help=f"Keep {said}."
        )(command)
    return command


@click.command()
@_rule_options
@click.option("--grace", type=DURATION, help="Keep bytes for so long after they were replaced.")
@click.option(
    "--give-up-damaged",
    is_flag=True,
    help="Also give up snapshots that a damaged manifest hides.",
)
@dry_run_option
@place_options
def command(
    grace: float | None,
    give_up_damaged: bool,
    dry_run: bool,
    archive: Path | None,
    settings: Path | None,
    as_json: bool,
    **counts: int | None,
) -> None:
    """Free former contents that no kept snapshot needs.

    The rules are those of the settings, or those you give here. The archive as it is now is never
    touched, and neither are manifests: a pruned snapshot can still be looked at, and what it
    shares with kept ones still be restored.
    """
    from rootcellar.engine.opening import open_archive, require_archive

    chosen = load_place(settings)
    rule = chosen.snapshots
    if any(count is not None for count in counts.values()):
        given = {name: count or 0 for name, count in counts.items()}
        rule = Retention(**given, grace=rule.grace, walk=rule.walk)
    if grace is not None:
        rule = replace(rule, grace=f"{grace:.0f}s")
    with StateStore(default_path()) as state:
        place = choose_archive(archive, chosen, state)
        require_archive(place, state)
        with open_archive(place, state) as opened:
            pruning = Pruning(opened.disk, state, opened.row, rule)
            report = pruning.prune(dry_run=dry_run, give_up_damaged=give_up_damaged)
            notes = opened.notes
    for note in notes:
        warn(note)
    if as_json:
        tell_json({"outcome": "ok", "archive": str(place), **asdict(report)})
    else:
        _tell(report)


def _tell(report: Pruned) -> None:
    would = "would be " if report.dry_run else ""
    click.echo(
        f"{counted(len(report.kept), 'snapshot stays', 'snapshots stay')}, "
        f"{len(report.pruned):,} {would}given up; "
        f"{_amount(report.freed)} {would}freed."
    )
    if report.waiting.files:
        click.echo(f"{_amount(report.waiting)} wait until their grace period is over.")


def _amount(amount: Amount) -> str:
    return f"{counted(amount.files, 'former content')} ({size_in_words(amount.bytes)})"
