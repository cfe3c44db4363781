"""The `rootcellar` command; every subcommand is imported only when it is called."""

import io
import sys

import click

from rootcellar import __version__
from rootcellar.cli.banner import show_banner
from rootcellar.cli.lazy import LazyGroup
from rootcellar.cli.output import tell_error
from rootcellar.engine.beside import start_early
from rootcellar.errors import RootcellarError, UsageError
from rootcellar.state.path import default_path

COMMANDS = {
    "init": "Find what is on this machine, choose a place, write the settings.",
    "export": "Bring the archive up to date.",
    "adopt": "Take over a folder of exported pictures, without copying them.",
    "obsidian": "Bring notes and reminders into an Obsidian vault, and keep them up to date.",
    "run": "Run jobs: export, and whatever follows it.",
    "schedule": "Hand `rootcellar run` to launchd, systemd or cron.",
    "status": "Tell what is safe, what is missing, how old it is, and where.",
    "log": "Show what a run of a job said.",
    "doctor": "Tell what can be read here, what cannot, and what to do about it.",
    "exporters": "List the exporters, what each reads, and whether it can here.",
    "render": "Make the pages of an archive again from its records.",
    "resolve": "Settle a page that was kept because you have edited it.",
    "snapshot": "Make, list, show and compare snapshots of the archive.",
    "restore": "Bring files of a snapshot back, into a folder.",
    "verify": "Read the archive and its history again; find what is damaged, and heal it.",
    "rebuild": "Make the state again from the archive itself.",
    "demo": "Make a small made-up Mac home and archive it, to see the whole thing work.",
}

INTERRUPTED = RootcellarError(
    "The run was interrupted.", hint="What was written is safe; run the same command again."
)


class Commands(LazyGroup):
    """Does what comes before a command: a line about stale jobs, an early start."""

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Import and return a command."""
        if cmd_name == "export":
            _prepare_first_export()
        if cmd_name in COMMANDS:
            show_banner(cmd_name, sys.argv)
        return super().get_command(ctx, cmd_name)


def _prepare_first_export() -> None:
    """Start what a first export will wait for, before anything is loaded."""
    if not default_path().exists() and not {"-h", "--help"} & set(sys.argv):
        start_early(sys.argv[1:])


@click.group(
    cls=Commands,
    package="rootcellar.cli",
    commands=COMMANDS,
    context_settings={"help_option_names": ["-h", "--help"]},
)
@click.version_option(__version__, prog_name="rootcellar")
def rootcellar() -> None:
    """Keep your Apple photos, notes and reminders as plain files that you own.

    Start with: rootcellar init ARCHIVE
    """


def _show_what_can_be_shown() -> None:
    """Print a question mark for what a terminal has no character for, rather than stop there."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper) and stream.errors == "strict":
            stream.reconfigure(errors="replace")


def main() -> None:
    """Run the command line; errors a person can act on are told without a trace.

    With --json there is one document on stdout whatever happens; a trace goes to stderr.
    """
    as_json = "--json" in sys.argv[1:]
    _show_what_can_be_shown()
    try:
        # Not standalone: click must not print its own words about an interruption, nor anything
        # beside a JSON document.
        sys.exit(rootcellar(standalone_mode=False))
    except click.ClickException as error:
        if not as_json:
            error.show()
            sys.exit(error.exit_code)
        command = (
            error.ctx.command_path if isinstance(error, click.UsageError) and error.ctx else ""
        )
        hint = f"Try: {command or 'rootcellar'} --help"
        sys.exit(tell_error(UsageError(error.format_message(), hint=hint), as_json=True))
    except (click.Abort, KeyboardInterrupt):
        sys.exit(tell_error(INTERRUPTED, as_json=as_json))
    except RootcellarError as error:
        sys.exit(tell_error(error, as_json=as_json))
    except BrokenPipeError:
        sys.exit(1)
    except Exception as error:
        if not as_json:
            raise
        import traceback

        traceback.print_exc()
        hint = "This is a fault of the program; please report it with the lines above."
        fault = RootcellarError(f"{type(error).__name__}: {error}", hint=hint)
        sys.exit(tell_error(fault, as_json=True))
