"""`rootcellar demo`: a made-up Mac home, archived, to see the whole thing work."""

import os
import sys
from collections.abc import Sequence
from pathlib import Path

import click

from rootcellar.cli.export import tell_report
from rootcellar.cli.setting import ANY_PATH, Setting
from rootcellar.errors import UsageError
from rootcellar.outcomes import EXIT_CODES
from rootcellar.state.store import StateStore

SHOWN = 24


@click.command()
@click.argument("folder", type=ANY_PATH, default="rootcellar-demo")
def command(folder: Path) -> None:
    """Make a small made-up Mac home in FOLDER and archive it, to see the whole thing work.

    FOLDER then holds the home, its archive and a state of its own; nothing else is touched, and
    it can simply be deleted. Called again, it exports once more. One picture is "only in iCloud"
    on purpose, so the exit code is 3.
    """
    from rootcellar.engine.running import run
    from rootcellar.sample import make_home

    home, archive = folder / "home", folder / "archive"
    if folder.exists() and not home.is_dir() and any(folder.iterdir()):
        raise UsageError(
            f"{folder} is not empty, and no demo was made there.", hint="Name a new folder."
        )
    if home.is_dir():
        click.echo(f"The made-up home {home} is there already; exporting it once more.")
    else:
        folder.mkdir(parents=True, exist_ok=True)
        make_home(home)
        click.echo(f"Made a small made-up Mac home: {home}")
    setting = Setting.load(Path(os.devnull), home)  # a person's own settings are left out of it
    order = setting.order((), thorough=False, accept_losses=False)
    with StateStore(folder / "state" / "state.sqlite") as state:
        report = run(order(archive, False), state)
    tell_report(report)
    _show(archive)
    sys.exit(EXIT_CODES[report.outcome])


def _some(paths: Sequence[Path]) -> list[Path]:
    """Return some of the paths, of every folder at the top as many as of any other."""
    by_top: dict[str, list[Path]] = {}
    for path in paths:
        by_top.setdefault(path.parts[0], []).append(path)
    share = max(1, SHOWN // len(by_top)) if by_top else 0
    return [path for some in by_top.values() for path in some[:: max(1, -(-len(some) // share))]]


def _show(archive: Path) -> None:
    paths = sorted(
        path.relative_to(archive)
        for path in archive.rglob("*")
        if path.is_file() and ".rootcellar" not in path.parts
    )
    click.echo(f"\nSome of the {len(paths):,} files in the archive:")
    for path in _some(paths):
        click.echo(f"  {path}")
    click.echo("\nOpen the folder and look; README.txt in it explains everything.")
