"""`rootcellar exporters`: what is installed, what each reads, and whether it can here."""

import sys
from pathlib import Path
from typing import Any

import click

from rootcellar.cli.output import tell_json
from rootcellar.cli.setting import ANY_PATH, Setting, json_option


@click.command()
@click.option("--home", type=ANY_PATH, help="The Mac home to look at.")
@click.option("--settings", type=ANY_PATH, help="Use this settings file.")
@json_option
def command(home: Path | None, settings: Path | None, as_json: bool) -> None:
    """List the exporters, what each reads, and whether it can here."""
    setting = Setting.load(settings, home)
    rows = [_row(setting, exporter) for exporter in setting.installed.exporters]
    broken = [
        {"name": plugin.name, "distribution": plugin.distribution, "reason": plugin.reason}
        for plugin in setting.installed.broken
    ]
    if as_json:
        tell_json({"home": str(setting.home.path), "exporters": rows, "broken": broken})
        sys.exit(0)
    click.echo(f"Looking at {setting.home.path}")
    for row in rows:
        click.echo(f"{click.style(row['name'], bold=True)} reads {', '.join(row['reads'])}")
        for store in row["stores"]:
            click.echo(f"  found: {store}")
        for problem in row["problems"]:
            click.echo(click.style(f"  {problem['message']}", fg="yellow"))
            click.echo(f"  {problem['hint']}")
        if not row["stores"] and not row["problems"]:
            click.echo("  not here")
    for plugin in broken:
        click.echo(click.style(f"{plugin['name']} is broken: {plugin['reason']}", fg="red"))


def _row(setting: Setting, exporter: Any) -> dict[str, Any]:
    found = setting.stores(exporter)
    return {
        "name": exporter.name,
        "title": exporter.title or exporter.name,
        "reads": [f"{store.name} (~/{store.home})" for store in exporter.reads],
        "stores": [str(store.path) for store in found.stores],
        "problems": [
            {"message": problem.message, "hint": problem.hint} for problem in found.problems
        ],
        "available": bool(found.stores),
    }
