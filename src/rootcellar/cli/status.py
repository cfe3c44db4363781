"""`rootcellar status`: what is safe, what is missing, how old it is, and where."""

import sys
from collections.abc import Collection, Mapping
from dataclasses import asdict
from datetime import datetime
from pathlib import Path
from typing import Any

import click

from rootcellar.cli.job_status import HISTORY, jobs_and_runs, with_jobs
from rootcellar.cli.output import size_in_words, tell_json
from rootcellar.cli.setting import (
    ANY_PATH,
    archive_option,
    find_archive,
    json_option,
    load_only_settings,
)
from rootcellar.cli.shortfalls import document_of, require_known, shortfalls, tell_shortfalls
from rootcellar.config import Settings
from rootcellar.downloads import Limits
from rootcellar.errors import RootcellarError
from rootcellar.outcomes import EXIT_CODES, worst
from rootcellar.plugins import installed
from rootcellar.state.downloads import DownloadQueue, Standing
from rootcellar.state.jobs import open_jobs
from rootcellar.state.path import default_path
from rootcellar.state.rows import ArchiveRow
from rootcellar.state.store import StateStore
from rootcellar.status import Coverage, coverage, download_line, scope_line

PROOFS = {
    "walk": "Every file looked at",
    "verified": "Read again (rootcellar verify)",
    "verified whole": "Read again, all of it",
    "drill": "Restored for a trial (rootcellar restore --drill)",
}
"""What proves that the archive is intact, and how a person is told."""
SAID = {"partial": "something was wrong", "healed": "damage was found, and healed"}
Proofs = Mapping[str, tuple[datetime, str] | None]


@click.command()
@click.argument("exporters", nargs=-1, metavar="[EXPORTER ...]")
@archive_option
@click.option("--settings", type=ANY_PATH, help="Use this settings file.")
@click.option("--history", is_flag=True, help="Show the latest runs of jobs: a table, charts.")
@json_option
def command(
    exporters: tuple[str, ...],
    archive: Path | None,
    settings: Path | None,
    history: bool,
    as_json: bool,
) -> None:
    """Tell what is safe, what is missing, how old it is, and where.

    With the names of exporters, tell of these alone, and list all that they miss.

    Exit code for monitors: 0 safe, 3 something is missing, 4 the deletion brake is on, 75 the
    archive's drive is not there, 1 the last run failed or a job is stale.
    """
    from rootcellar.engine.opening import locate, look

    if history and not as_json:
        from rootcellar.cli.history import show_history

        with open_jobs(default_path()) as known:
            show_history(list(reversed(known.runs(HISTORY))))
        return
    with StateStore(default_path()) as state:
        loaded = load_only_settings(settings)
        chosen = find_archive(archive, loaded, state)
        place = locate(chosen.path)
        problem: RootcellarError | None = None
        uuid = chosen.uuid or dict(state.archive_paths()).get(place)
        try:
            identity = look(place, state, meant=chosen.uuid)
            uuid = identity.uuid if identity else uuid
        except RootcellarError as error:
            problem = error
            if uuid is None:
                raise
        row = state.archive(uuid) if uuid else None
        if row is None:
            raise RootcellarError(
                f"There is no archive at {place} that this machine knows.",
                hint=f"Make one with: rootcellar export --archive '{place}', or take over an "
                f"existing one with: rootcellar rebuild --archive '{place}'",
            )
        ran = [one.name for one in state.exporters(row)]
        require_known(exporters, ran)
        found = [coverage(state, row, one) for one in ran if one in exporters or not exporters]
        missing = {name: list(shortfalls(state, row, name)) for name in dict.fromkeys(exporters)}
        sizes = {one.exporter.name: state.coverage.size(row, one.exporter.name) for one in found}
        last = state.last_run(row)
        names = {one.exporter.name for one in found}
        downloads = _downloads(state, row, loaded, names)
        jobs, runs = jobs_and_runs(settings, place, state)
        proofs = {name: state.trees.occasion(row, name) for name in PROOFS}
    outcomes = [one.exporter.outcome for one in found]
    outcomes += [problem.outcome if problem else "ok"]
    outcomes += [one.outcome for one in jobs]
    read_again = proofs["verified"]
    outcomes += ["partial" if read_again and read_again[1] == "partial" else "ok"]
    outcome = worst(outcomes)
    if as_json:
        document = _document(place, outcome, problem, found, sizes, last, downloads)
        document["proofs"] = _proofs(proofs)
        for name, some in missing.items():
            document["exporters"][name]["missing"] = document_of(some)
        tell_json(with_jobs(document, jobs, runs if history else None))
    else:
        _tell(place, problem, found, sizes, last, downloads)
        _tell_proofs(proofs)
        tell_shortfalls(missing)
        for one in jobs:
            click.echo(click.style(one.line, fg="red" if one.outcome == "failed" else None))
    sys.exit(EXIT_CODES[outcome])


def _downloads(
    state: StateStore, row: ArchiveRow, settings: Settings, names: Collection[str]
) -> dict[str, tuple[Standing, Limits]]:
    """Return by exporter how far its downloads are, where an app can be asked for files."""
    found = {}
    for exporter in installed().exporters:
        limits = exporter.download_limits(settings.tables[exporter.name])
        if limits is not None and exporter.name in names:
            standing = DownloadQueue(state, row, exporter.name).standing()
            if standing.waiting or standing.refused:
                found[exporter.name] = (standing, limits)
    return found


def _proofs(proofs: Proofs) -> dict[str, Any]:
    return {
        name: {"when": one[0].isoformat(), "outcome": one[1]} if one else None
        for name, one in proofs.items()
    }


def _tell_proofs(proofs: Proofs) -> None:
    for name, one in proofs.items():
        when = f"{one[0]:%Y-%m-%d %H:%M} UTC, {SAID.get(one[1], one[1])}" if one else "never"
        click.echo(f"{PROOFS[name]}: {when}")


def _document(
    place: Path,
    outcome: str,
    problem: RootcellarError | None,
    found: list[Coverage],
    sizes: Mapping[str, int],
    last: tuple[str, str] | None,
    downloads: Mapping[str, tuple[Standing, Limits]],
) -> dict[str, Any]:
    document: dict[str, Any] = {
        "outcome": outcome,
        "archive": str(place),
        "last_run": {"finished": last[0], "outcome": last[1]} if last else None,
        "exporters": {
            one.exporter.name: {
                "outcome": one.exporter.outcome,
                "items": one.items,
                "safe": one.safe,
                "in_trash": one.in_trash,
                "gone": one.gone,
                "kept": one.kept,
                "bytes": sizes[one.exporter.name],
                "absent": one.absent,
                "failed": one.failed,
                "scopes": {name: asdict(scope) for name, scope in one.scopes.items()},
                "last_success": one.exporter.succeeded or None,
                "deadline": None,
                "message": one.exporter.message,
                "hint": one.exporter.hint,
            }
            for one in found
        },
        "copies": [],
    }
    for name, (standing, _) in downloads.items():
        document["exporters"][name]["download"] = asdict(standing)
    if problem:
        document["error"] = {"message": problem.message, "hint": problem.hint}
    return document


def _tell(
    place: Path,
    problem: RootcellarError | None,
    found: list[Coverage],
    sizes: Mapping[str, int],
    last: tuple[str, str] | None,
    downloads: Mapping[str, tuple[Standing, Limits]],
) -> None:
    click.echo(f"Archive: {place}")
    if problem:
        click.echo(click.style(f"  {problem.message}", fg="yellow"))
        click.echo(f"  {problem.hint}")
    click.echo(f"Last run: {last[0][:19].replace('T', ' ')} UTC, {last[1]}" if last else "No run.")
    for one in found:
        _tell_coverage(one, sizes[one.exporter.name])
        if one.exporter.name in downloads:
            click.echo(f"  {download_line(*downloads[one.exporter.name])}")


def _tell_coverage(one: Coverage, size: int) -> None:
    name = click.style(one.exporter.name.capitalize(), bold=True)
    click.echo(f"{name}: {one.line}.")
    for what, reasons in (("absent", one.absent), ("failed", one.failed)):
        for reason, count in reasons.items():
            click.echo(f"  {count:,} {what}: {reason}")
    for name, scope in one.scopes.items():
        click.echo(f"  {scope_line(name, scope)}")
    details = [f"{size_in_words(size)} in the archive"]
    if one.in_trash:
        details.append(f"{one.in_trash:,} in the source's trash")
    if one.gone:
        details.append(f"{one.gone:,} kept that the source no longer has")
    if one.kept:
        details.append(f"{one.kept:,} pages kept that you have edited")
    click.echo(f"  {'; '.join(details)}")
    succeeded = one.exporter.succeeded[:19].replace("T", " ")
    click.echo(f"  last success: {succeeded + ' UTC' if succeeded else 'never'}")
    if one.exporter.message:
        colour = "red" if one.exporter.outcome == "failed" else "yellow"
        click.echo(click.style(f"  {one.exporter.message}", fg=colour))
        click.echo(f"  {one.exporter.hint}")
