"""The options that commands share; imports nothing but click, for commands that must be quick."""

from collections.abc import Callable
from pathlib import Path

import click

ANY_PATH = click.Path(path_type=Path, readable=False)
"""Taken as it is: what is wrong with a path is told in our own words, with a hint."""

settings_option = click.option("--settings", type=ANY_PATH, help="Use this settings file.")
archive_option = click.option("--archive", type=ANY_PATH, help="The archive's folder.")
dry_run_option = click.option(
    "--dry-run", is_flag=True, help="Tell what would be done, and write nothing."
)
accept_losses_option = click.option(
    "--accept-losses",
    is_flag=True,
    help="Go on although many items were deleted: it is what you meant.",
)
json_option = click.option("--json", "as_json", is_flag=True, help="Print one JSON document.")


def setting_options(command: Callable[..., None]) -> Callable[..., None]:
    """Add the options that say where things are."""
    for option in (
        settings_option,
        click.option(
            "--home",
            type=ANY_PATH,
            help="The Mac home to read: this one's, or a copied or mounted one.",
        ),
        archive_option,
    ):
        command = option(command)
    return command


def place_options(command: Callable[..., None]) -> Callable[..., None]:
    """Add the options of a command that looks at an archive and at no home."""
    settings = click.option("--settings", type=ANY_PATH, help="Use this settings file.")
    return archive_option(settings(json_option(command)))
