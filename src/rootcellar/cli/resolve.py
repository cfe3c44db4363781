"""`rootcellar resolve`: settle a page that was kept because a person has edited it."""

import os
import sys
from pathlib import Path

import click

from rootcellar.cli.output import tell_json
from rootcellar.cli.setting import (
    ANY_PATH,
    Setting,
    archive_option,
    choose_archive,
    json_option,
    open_views,
)
from rootcellar.engine.opening import locate, open_archive, require_archive
from rootcellar.errors import UsageError
from rootcellar.outcomes import EXIT_CODES
from rootcellar.state.path import default_path
from rootcellar.state.store import StateStore


@click.command()
@click.argument("path", type=ANY_PATH)
@click.option("--mine", "choice", flag_value="mine", help="Keep the page as you have made it.")
@click.option("--theirs", "choice", flag_value="theirs", help="Make it again from its record.")
@archive_option
@click.option("--settings", type=ANY_PATH, help="Use this settings file.")
@json_option
def command(
    path: Path, choice: str | None, archive: Path | None, settings: Path | None, as_json: bool
) -> None:
    """Settle a page that was kept because you have edited it.

    PATH is the page, as it lies in the archive. With --mine it stays, and is told of no more until
    its item changes again; with --theirs it is made again, and what you wrote goes to history.
    """
    from rootcellar.engine.rendering import Rendering

    if choice is None:
        raise UsageError("Say which version counts.", hint="Add --mine or --theirs.")
    setting = Setting.load(settings, None)
    with StateStore(default_path()) as state:
        place = locate(choose_archive(archive, setting.settings, state))
        require_archive(place, state)
        with open_archive(place, state) as opened:
            name = _in_archive(path, place)
            found = state.holdings.view_at(opened.row, name)
            if found is None:
                raise UsageError(
                    f"{name} is no page of the archive {place}.",
                    hint="Pages are what rootcellar renders from a record: Markdown, XMP, JSON "
                    "beside a picture.",
                )
            exporter_name, key, name = found
            if choice == "mine":
                state.accept_page(opened.row, name)
            else:
                (exporter,) = setting.chosen([exporter_name])
                rendering = Rendering(opened, exporter, *open_views(setting, exporter))
                for _ in rendering.run([key], {name}):
                    pass
    if as_json:
        tell_json({"outcome": "ok", "archive": str(place), "path": name, "settled": choice})
        sys.exit(EXIT_CODES["ok"])
    click.echo(
        f"{name} stays as you have made it."
        if choice == "mine"
        else f"{name} was made again; what you wrote is in .rootcellar/history."
    )


def _in_archive(path: Path, archive: Path) -> str:
    """Return a page's path relative to the archive, given so, or from here, or whole."""
    for one in (path.expanduser(), archive / path):
        whole = Path(os.path.realpath(one))
        if whole.is_relative_to(archive) and whole.exists():
            return whole.relative_to(archive).as_posix()
    return path.as_posix()
