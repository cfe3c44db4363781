"""`rootcellar snapshot`: make, list, show, compare, prune and write out snapshots."""

import click

from rootcellar.cli.lazy import LazyGroup

COMMANDS = {
    "create": "Look at every file's size and time, and make a snapshot if anything has changed.",
    "list": "List the snapshots, oldest first.",
    "show": "Tell what a snapshot holds, and what had changed in it; the newest if you name none.",
    "diff": "Tell what changed from one snapshot to another.",
    "prune": "Free former contents that no kept snapshot needs.",
    "export": "Write a snapshot out for other programs.",
}


@click.group(cls=LazyGroup, package=__name__, commands=COMMANDS)
def command() -> None:
    """Make, list, show and compare snapshots of the archive.

    A snapshot says what the archive held at one moment. Every export that changes something makes
    one, and nothing is copied for it. `rootcellar restore` brings back what one holds.
    """
