"""A program that does what crontab does, with the crontab in a file of the test's."""

from pathlib import Path

PROGRAM = """#!/bin/sh
tab='{tab}'
case "$1" in
-l) if [ -e "$tab" ]; then cat "$tab"; else echo "no crontab for ada" >&2; exit 1; fi ;;
-r) rm "$tab" ;;
-) cat >"$tab" ;;
esac
"""


def write_crontab(program: Path, tab: Path) -> None:
    """Write the program; the crontab is in `tab`."""
    program.write_text(PROGRAM.format(tab=tab))
    program.chmod(0o755)
