"""`rootcellar obsidian`: the notes of an archive in an Obsidian vault, again and again."""

import contextlib
import sys
from collections.abc import Mapping
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import click

from rootcellar.cli.asking import asked
from rootcellar.cli.export import tell_report
from rootcellar.cli.output import tell_json
from rootcellar.cli.progress import shown_progress
from rootcellar.cli.setting import (
    ANY_PATH,
    Setting,
    choose_archive,
    dry_run_option,
    json_option,
    setting_options,
)
from rootcellar.errors import DestinationWaiting
from rootcellar.exporter import Exporter
from rootcellar.outcomes import EXIT_CODES, worst
from rootcellar.report import RunReport
from rootcellar.state.path import default_path
from rootcellar.state.store import StateStore

SHOWN = 10
"""How many pages are named on the screen; --json names all."""
NOTES = "notes"
DATE = click.DateTime(["%Y-%m-%d"])


@click.command()
@click.argument("vault", type=ANY_PATH)
@click.option("--folder", default="Apple Notes", show_default=True, help="Where in the vault.")
@click.option("--account", multiple=True, help="Only notes of this account.")
@click.option("--in-folder", multiple=True, help="Only notes at or below this folder of Notes.")
@click.option("--not-in-folder", multiple=True, help="No notes at or below this folder.")
@click.option("--tag", multiple=True, help="Only notes with this tag.")
@click.option("--not-tag", multiple=True, help="No notes with this tag.")
@click.option("--since", type=DATE, help="Only notes changed on this day or later.")
@click.option("--restore-deleted", is_flag=True, help="Make pages again that you have deleted.")
@click.option("--no-export", is_flag=True, help="Take what the archive holds; export nothing.")
@setting_options
@dry_run_option
@json_option
def command(
    vault: Path,
    folder: str,
    account: tuple[str, ...],
    in_folder: tuple[str, ...],
    not_in_folder: tuple[str, ...],
    tag: tuple[str, ...],
    not_tag: tuple[str, ...],
    since: datetime | None,
    restore_deleted: bool,
    no_export: bool,
    archive: Path | None,
    home: Path | None,
    settings: Path | None,
    dry_run: bool,
    as_json: bool,
) -> None:
    """Bring the notes into an Obsidian vault, and keep them up to date there.

    First the notes are exported into the archive, then their pages are written into VAULT. What
    you change, move, rename or delete in the vault is yours and stays as it is.
    """
    from rootcellar.vault.archived import Choice
    from rootcellar.vault.opening import find_vault, folder_in_vault

    choice = Choice(
        account,
        in_folder,
        tag,
        not_in_folder,
        not_tag,
        since.replace(tzinfo=UTC) if since else None,
    )
    with contextlib.redirect_stdout(sys.stderr):
        setting = Setting.load(settings, home)
        if not no_export:
            setting = asked(setting, [NOTES])
        with StateStore(default_path()) as state:
            place_of_vault = find_vault(vault, state)
            folder = folder_in_vault(place_of_vault, folder)
            place = choose_archive(archive, setting.settings, state)
            exported = None if no_export else _export(setting, place, state, dry_run, as_json)
            aim = (folder, choice, restore_deleted, dry_run)
            report = _sync(setting, place, state, place_of_vault, aim)
    absent = "partial" if report.absent else "ok"
    outcome = worst([exported.outcome if exported else "ok", absent])
    if as_json:
        tell_json(_document(outcome, vault, dry_run, exported, asdict(report)))
    else:
        if exported is not None:
            tell_report(exported)
        _tell(vault, folder, asdict(report), dry_run=dry_run)
    sys.exit(EXIT_CODES[outcome])


def _export(
    setting: Setting, place: Path, state: StateStore, dry_run: bool, quiet: bool
) -> RunReport | None:
    """Export the notes, where their store is; without one, the archive's notes are taken."""
    from rootcellar.engine.running import run
    from rootcellar.vault.opening import is_archive

    found = setting.stores(_notes(setting))
    if is_archive(place) and not (found.stores or found.problems):
        return None
    order = setting.order([NOTES])(place, dry_run)
    with shown_progress(quiet=quiet) as progress:
        return run(order, state, progress)


def _notes(setting: Setting) -> Exporter:
    return next(one for one in setting.installed.exporters if one.name == NOTES)


def _sync(
    setting: Setting,
    place: Path,
    state: StateStore,
    vault: Path,
    aim: tuple[str, Any, bool, bool],
) -> Any:
    from rootcellar.archive.disk import Disk, archive_errors
    from rootcellar.engine.opening import open_archive
    from rootcellar.vault.archived import Archived
    from rootcellar.vault.opening import is_archive
    from rootcellar.vault.report import VaultReport
    from rootcellar.vault.syncing import Aim, Sync
    from rootcellar.views import Views

    folder, choice, restore_deleted, dry_run = aim
    views = Views(setting.settings.templates, setting.installed.exporters)
    if dry_run and not is_archive(place):
        return VaultReport()  # an archive that is not made yet holds nothing

    def render(variables: Mapping[str, Any]) -> bytes:
        return views.render(_notes(setting).vault_page, **variables)

    with (
        open_archive(place, state) as opened,
        archive_errors(vault),
        contextlib.closing(Disk(vault)) as disk,
    ):
        if not disk.lock():
            raise DestinationWaiting(
                f"Another run is writing into the vault {vault}.", hint="Wait for it to end."
            )
        archived = Archived(opened.disk, state, opened.row, NOTES)
        template = views.digest_of("obsidian")
        wish = Aim(folder, choice, template, restore_deleted, dry_run)
        report = Sync(disk, archived, render, wish).run()
    if not dry_run:
        state.place_vault(vault)
    return report


def _document(
    outcome: str, vault: Path, dry_run: bool, exported: RunReport | None, report: Mapping[str, Any]
) -> dict[str, Any]:
    document: dict[str, Any] = {"outcome": outcome, "vault": str(vault), **report}
    if dry_run:
        document["dry_run"] = True
    if exported is not None:
        document["export"] = exported.to_plain()
    return document


def _tell(vault: Path, folder: str, report: Mapping[str, Any], *, dry_run: bool) -> None:
    counts = {
        "new": "new",
        "changed": "changed",
        "moved": "moved",
        "gone": "gone from Notes (kept here)",
        "unchanged": "unchanged",
    }
    said = [f"{report[name]:,} {what}" for name, what in counts.items() if report[name]]
    click.echo(f"{click.style('Vault', bold=True)}: {', '.join(said) or 'no notes'}")
    for name, what in (
        ("edited", "changed by you, and left alone"),
        ("beside", "newer versions laid beside pages that you have changed"),
        ("stayed", "not renamed, because a page of yours links to them"),
        ("deleted", "deleted by you, and not made again (--restore-deleted does)"),
        ("busy", "changed while this ran, and left to the next run"),
        ("absent", "files that the archive does not hold as it should"),
    ):
        if found := report[name]:
            click.echo(f"  {len(found):,} {what}:")
            for one in found[:SHOWN]:
                click.echo(f"    {one}")
            if len(found) > SHOWN:
                click.echo(f"    and {len(found) - SHOWN:,} more")
    if dry_run:
        click.echo("Nothing was written: this was a dry run.")
    else:
        click.echo(f"In {vault / folder}")
