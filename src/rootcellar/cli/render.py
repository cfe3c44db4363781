"""`rootcellar render`: make the pages of an archive again from its records."""

import sys
from pathlib import Path

import click

from rootcellar.cli.output import tell_json
from rootcellar.cli.progress import shown_progress
from rootcellar.cli.setting import (
    ANY_PATH,
    Setting,
    archive_option,
    choose_archive,
    json_option,
    open_views,
)
from rootcellar.engine.opening import open_archive, require_archive
from rootcellar.outcomes import EXIT_CODES
from rootcellar.quantities import counted
from rootcellar.state.path import default_path
from rootcellar.state.store import StateStore


@click.command()
@click.argument("exporters", nargs=-1, metavar="[EXPORTER ...]")
@archive_option
@click.option("--settings", type=ANY_PATH, help="Use this settings file.")
@json_option
def command(
    exporters: tuple[str, ...], archive: Path | None, settings: Path | None, as_json: bool
) -> None:
    """Make the pages of an archive again from its records.

    After you have changed a template; the source is not needed. Pages that you have edited stay as
    they are.
    """
    from rootcellar.engine.rendering import Rendering

    setting = Setting.load(settings, None)
    reports = {}
    with StateStore(default_path()) as state:
        place = choose_archive(archive, setting.settings, state)
        require_archive(place, state)
        with (
            open_archive(place, state) as opened,
            shown_progress(quiet=as_json) as progress,
        ):
            known = {row.name for row in state.exporters(opened.row)}
            for exporter in setting.chosen(exporters):
                if exporter.name not in known:
                    continue
                render, digest = open_views(setting, exporter)
                rendering = Rendering(opened, exporter, render, digest)
                for step in rendering.run_all():
                    progress(exporter.name, step)
                reports[exporter.name] = rendering.report
    if as_json:
        counts = {
            name: {"changed": one.changed, "unchanged": one.unchanged, "kept": one.kept}
            for name, one in reports.items()
        }
        tell_json({"outcome": "ok", "archive": str(place), "exporters": counts})
        sys.exit(EXIT_CODES["ok"])
    for name, one in reports.items():
        kept = f"; {one.kept:,} kept that you have edited" if one.kept else ""
        click.echo(
            f"{click.style(name.capitalize(), bold=True)}: {counted(one.changed, 'item')} whose "
            f"pages came out otherwise, {one.unchanged:,} as they were{kept}"
        )
    if not reports:
        click.echo("There is nothing in this archive to render.")
