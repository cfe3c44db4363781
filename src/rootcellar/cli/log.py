"""`rootcellar log`: what a run of a job said."""

import click

from rootcellar.errors import UsageError
from rootcellar.schedule.logs import Logs
from rootcellar.schedule.standing import moment
from rootcellar.state.jobs import JobRun, open_jobs
from rootcellar.state.path import default_path, logs_folder

SHOWN = 20


@click.command()
@click.argument("run", type=click.IntRange(1, (1 << 63) - 1), required=False)
@click.option("--list", "listed", is_flag=True, help="List the latest runs with their numbers.")
def command(run: int | None, listed: bool) -> None:
    """Show what a run of a job said.

    Without a number, the last one.
    """
    with open_jobs(default_path()) as known:
        runs = known.runs(SHOWN)
        found = known.run(run) if run is not None else next(iter(runs), None)
    if found is None:
        raise UsageError(
            f"There is no run {run}." if run is not None else "No job has run yet.",
            hint="`rootcellar log --list` lists the runs; `rootcellar run` runs the jobs.",
        )
    if listed:
        for one in reversed(runs):
            click.echo(_line(one))
        return
    path = Logs(logs_folder()).path(found.id)
    click.echo(_line(found))
    if path.exists():
        click.echo(path.read_text(encoding="utf-8", errors="replace"), nl=False)
    else:
        click.echo("Its log is no longer kept.")


def _line(run: JobRun) -> str:
    times = f" ({run.times} times)" if run.times > 1 else ""
    message = f": {run.message}" if run.message else ""
    return f"{run.id}  {moment(run.started)}  {run.job}  {run.outcome}{times}{message}"
