"""`rootcellar verify`: read the archive and its history again, find damage, and heal it."""

import contextlib
import sys
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

import click

from rootcellar.cli.asking import asked
from rootcellar.cli.choosing import choose_archive, relative
from rootcellar.cli.options import json_option, setting_options
from rootcellar.cli.output import size_in_words, tell_json, warn
from rootcellar.cli.quantities import DURATION, SIZE
from rootcellar.cli.setting import Setting
from rootcellar.config import load_place
from rootcellar.outcomes import EXIT_CODES
from rootcellar.quantities import counted
from rootcellar.snapshots.hashing import Limits
from rootcellar.snapshots.problems import Verified
from rootcellar.state.path import default_path
from rootcellar.state.store import StateStore

SHOWN = 20
ADVICE = (
    "What is not healed has no good bytes in the archive, nor in the source that was looked at.\n"
    "If another home has the originals, name it with --home. If you have another copy of the\n"
    "archive, take the files from there."
)


@click.command()
@click.argument("paths", nargs=-1, metavar="[PATH ...]")
@click.option("--budget", type=SIZE, help="Read about this much, oldest first: 10GiB.")
@click.option("--for", "seconds", type=DURATION, help="Read for about this long: 10m.")
@setting_options
@json_option
def command(
    paths: tuple[str, ...],
    budget: int | None,
    seconds: float | None,
    archive: Path | None,
    home: Path | None,
    settings: Path | None,
    as_json: bool,
) -> None:
    """Read the archive and its history again; find what is damaged, and heal it.

    Damaged bytes go to quarantine. Good ones are taken from the history, from another file with
    the same bytes, or from the source, where it still has them. With a limit, what was read
    longest ago comes first, so that everything is read in turn.

    Exit code 0 when everything is intact, 3 when something was damaged (healed or not), 1 when
    the archive could not be verified.
    """
    from rootcellar.engine.beside import tame_garbage_collection
    from rootcellar.engine.running import run
    from rootcellar.snapshots.mending import verify_and_heal

    tame_garbage_collection()
    with StateStore(default_path()) as state:
        place = choose_archive(archive, load_place(settings), state)

        def export(exporters: Sequence[str]) -> None:
            with contextlib.redirect_stdout(sys.stderr):
                setting = asked(Setting.load(settings, home), exporters)
                run(setting.order(exporters)(place, False), state)

        chosen, limits = relative(paths, place), Limits(budget, seconds)
        report, notes = verify_and_heal(place, state, export, chosen, limits)
    if as_json:
        tell_json({"outcome": report.outcome, "archive": str(place), **_plain(report)})
    else:
        for note in notes:
            warn(note)
        _tell(report)
    sys.exit(EXIT_CODES[report.outcome])


def _plain(report: Verified) -> dict[str, Any]:
    plain = asdict(report)
    for problem in plain["problems"]:
        for name in ("expected", "found"):
            problem[name] = problem[name] or None
    return plain


def _tell(report: Verified) -> None:
    click.echo(f"{counted(report.checked, 'file')}, {size_in_words(report.bytes)} read.")
    if report.left:
        click.echo(f"{counted(report.left, 'file is', 'files are')} left for the next time.")
    if report.edited:
        pages = counted(len(report.edited), "page was", "pages were")
        click.echo(f"{pages} edited by you, and left alone.")
    if report.overwritten:
        click.echo(
            "Pages of earlier snapshots were written over, and can only be rendered again "
            f"({len(report.overwritten):,}): " + ", ".join(report.overwritten[:3])
        )
    if report.given_up:
        snapshots = counted(len(report.given_up), "snapshot")
        click.echo(
            f"The manifests of {snapshots} that you have given up are damaged: "
            + ", ".join(report.given_up[:3])
        )
    if report.strangers:
        files = counted(report.strangers, "file", "files")
        click.echo(f"{files} in the archive's folder that the archive does not know; left alone.")
    if not report.problems:
        click.echo("Everything is intact.")
        return
    healed = sum(one.healed for one in report.problems)
    said = f"{counted(len(report.problems), 'problem')}, {healed:,} healed:"
    click.echo(click.style(said, fg="yellow" if healed == len(report.problems) else "red"))
    for one in sorted(report.problems, key=lambda one: one.healed)[:SHOWN]:
        what = "healed" if one.healed else "DAMAGED"
        click.echo(f"  {what} {one.path}: {one.message} ({one.code})")
    if len(report.problems) > SHOWN:
        click.echo(f"  and {len(report.problems) - SHOWN:,} more; --json names all")
    if healed < len(report.problems):
        click.echo(ADVICE)
