"""`rootcellar obsidian`: notes and reminders in an Obsidian vault, again and again."""

import contextlib
import sys
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

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
from rootcellar.errors import DestinationWaiting, UsageError
from rootcellar.outcomes import EXIT_CODES, worst
from rootcellar.report import RunReport
from rootcellar.state.path import default_path
from rootcellar.state.store import StateStore
from rootcellar.vault_pages import VaultPages

if TYPE_CHECKING:
    from rootcellar.vault.archived import Choice
    from rootcellar.vault.report import VaultReport

SHOWN = 10
"""How many pages are named on the screen; --json names all."""
DATE = click.DateTime(["%Y-%m-%d"])


@dataclass(frozen=True)
class Wish:
    """What is to be brought into a vault, and how: exporters with their pages and folders."""

    offers: Mapping[str, VaultPages]
    folders: Mapping[str, str]
    choice: "Choice"
    restore_deleted: bool
    dry_run: bool


@click.command()
@click.argument("vault", type=ANY_PATH)
@click.option("--only", multiple=True, help="Bring in these alone: notes, reminders.")
@click.option(
    "--folder",
    multiple=True,
    metavar="[NAME=]FOLDER",
    help="Where in the vault the pages lie: notes=FOLDER, reminders=FOLDER.",
)
@click.option("--account", multiple=True, help="Only what is in this account.")
@click.option(
    "--in-folder",
    multiple=True,
    help="Only what is at or below this folder of Notes, or this group or list of Reminders.",
)
@click.option("--not-in-folder", multiple=True, help="Nothing at or below this folder or list.")
@click.option("--tag", multiple=True, help="Only notes with this tag, and lists with it in them.")
@click.option(
    "--not-tag", multiple=True, help="No notes with this tag, nor lists with it in them."
)
@click.option("--since", type=DATE, help="Only what was changed on this day or later.")
@click.option("--restore-deleted", is_flag=True, help="Make pages again that you have deleted.")
@click.option("--no-export", is_flag=True, help="Take what the archive holds; export nothing.")
@setting_options
@dry_run_option
@json_option
def command(
    vault: Path,
    only: tuple[str, ...],
    folder: tuple[str, ...],
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
    """Bring notes and reminders into an Obsidian vault, and keep them up to date there.

    First they are exported into the archive, then their pages are written into VAULT: one for each
    note, and one for each list of reminders. What you change, move, rename or delete in the vault
    is yours and stays as it is.
    """
    from rootcellar.vault.archived import Choice
    from rootcellar.vault.opening import find_vault

    day = since.replace(tzinfo=UTC) if since else None
    choice = Choice(account, in_folder, tag, not_in_folder, not_tag, day)
    with contextlib.redirect_stdout(sys.stderr):
        setting = Setting.load(settings, home)
        offers = _offers(setting, only)
        if not no_export:
            setting = asked(setting, list(offers))
        with StateStore(default_path()) as state:
            place_of_vault = find_vault(vault, state)
            folders = _folders(offers, folder, place_of_vault)
            wish = Wish(offers, folders, choice, restore_deleted, dry_run)
            place = choose_archive(archive, setting.settings, state)
            exported = None
            if not no_export:
                exported = _export(setting, place, state, wish, quiet=as_json)
            reports = _sync(setting, place, state, place_of_vault, wish)
    absent = "partial" if any(report.absent for report in reports.values()) else "ok"
    outcome = worst([exported.outcome if exported else "ok", absent])
    if as_json:
        tell_json(_document(outcome, vault, dry_run, exported, reports))
    else:
        if exported is not None:
            tell_report(exported)
        for name, report in reports.items():
            _tell(vault / (report.folder or folders[name]), offers[name], asdict(report))
        if dry_run:
            click.echo("Nothing was written: this was a dry run.")
    sys.exit(EXIT_CODES[outcome])


def _offers(setting: Setting, only: Sequence[str]) -> dict[str, VaultPages]:
    """Return what exporters offer to a vault: those asked for, else those of the settings."""
    offers = {
        one.name: one.vault_pages for one in setting.chosen(only) if one.vault_pages is not None
    }
    for name in only:
        if name not in offers:
            known = [one.name for one in setting.installed.exporters if one.vault_pages]
            raise UsageError(
                f"There are no pages of {name} for a vault.",
                hint=f"There are pages of {' and '.join(known)}.",
            )
    if not offers:
        raise UsageError(
            "None of the exporters of the settings has pages for a vault.",
            hint="Name what is to be brought in: --only notes",
        )
    return offers


def _folders(
    offers: Mapping[str, VaultPages], asked: Sequence[str], vault: Path
) -> dict[str, str]:
    """Return the folder of each exporter's pages in the vault."""
    from rootcellar.vault.opening import folder_in_vault

    wanted = {name: pages.folder for name, pages in offers.items()}
    for one in asked:
        name, is_named, folder = one.partition("=")
        if is_named and name in offers:
            wanted[name] = folder
        elif len(offers) == 1:
            wanted = dict.fromkeys(offers, one)
        else:
            raise UsageError(
                f"{one!r} does not say what is to lie there.",
                hint="Say it for each: " + " ".join(f"--folder {name}=FOLDER" for name in offers),
            )
    folders = {name: folder_in_vault(vault, folder) for name, folder in wanted.items()}
    if len({folder.casefold() for folder in folders.values()}) < len(folders):
        raise UsageError(
            "Pages of two kinds cannot lie in one folder.", hint="Name a folder for each of them."
        )
    return folders


def _export(
    setting: Setting, place: Path, state: StateStore, wish: Wish, *, quiet: bool
) -> RunReport | None:
    """Export what has a store here; without any, what the archive holds is taken."""
    from rootcellar.engine.running import run
    from rootcellar.vault.opening import is_archive

    found = {one.name: setting.stores(one) for one in setting.chosen(tuple(wish.offers))}
    here = [name for name, stores in found.items() if stores.stores or stores.problems]
    if not here and is_archive(place):
        return None
    order = setting.order(here or list(wish.offers))(place, wish.dry_run)
    with shown_progress(quiet=quiet) as progress:
        return run(order, state, progress)


def _sync(
    setting: Setting, place: Path, state: StateStore, vault: Path, wish: Wish
) -> "dict[str, VaultReport]":
    from rootcellar.archive.disk import Disk
    from rootcellar.archive.identity import is_empty
    from rootcellar.archive.trouble import archive_errors
    from rootcellar.engine.opening import open_archive
    from rootcellar.vault.archived import Archived
    from rootcellar.vault.gathered import Gathered
    from rootcellar.vault.opening import is_archive
    from rootcellar.vault.report import VaultReport
    from rootcellar.vault.syncing import Aim, Sync
    from rootcellar.views import Views

    views = Views(setting.settings.templates, setting.installed.exporters)
    if wish.dry_run and not is_archive(place):
        return {name: VaultReport() for name in wish.offers}  # one that is not made holds nothing
    template = views.digest_of("obsidian")
    reports = {}
    with (
        open_archive(place, state) as opened,
        archive_errors(vault),
        contextlib.closing(Disk(vault)) as disk,
    ):
        if not disk.lock():
            raise DestinationWaiting(
                f"Another run is writing into the vault {vault}.", hint="Wait for it to end."
            )
        for name, pages in wish.offers.items():
            kind = Gathered if pages.of_gatherings else Archived
            archived = kind(opened.disk, state, opened.row, name, pages)
            aim = Aim(
                wish.folders[name], wish.choice, template, wish.restore_deleted, wish.dry_run
            )
            reports[name] = Sync(disk, archived, views.render_with(pages.template), aim).run()
    if not (wish.dry_run or is_empty(vault)):
        state.place_vault(vault)
    return reports


def _document(
    outcome: str,
    vault: Path,
    dry_run: bool,
    exported: RunReport | None,
    reports: "Mapping[str, VaultReport]",
) -> dict[str, Any]:
    parts = {name: asdict(report) for name, report in reports.items()}
    document: dict[str, Any] = {"outcome": outcome, "vault": str(vault)}
    for part in parts.values():
        for name, value in part.items():  # counts are added up, lists one after the other
            if name != "folder":
                document[name] = document[name] + value if name in document else value
    document["exporters"] = parts
    if dry_run:
        document["dry_run"] = True
    if exported is not None:
        document["export"] = exported.to_plain()
    return document


def _tell(folder: Path, pages: VaultPages, report: Mapping[str, Any]) -> None:
    counts = {
        "new": "new",
        "changed": "changed",
        "moved": "moved",
        "gone": f"gone from {pages.app} (kept here)",
        "unchanged": "unchanged",
    }
    said = [f"{report[name]:,} {what}" for name, what in counts.items() if report[name]]
    told = f"{', '.join(said)}, in {folder}" if said else f"no {pages.what}"
    click.echo(f"{click.style(pages.app, bold=True)}: {told}")
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
