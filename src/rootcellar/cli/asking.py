"""Asks on the terminal for what no exporter may find in a settings file or in a command."""

import sys
from collections.abc import Sequence
from dataclasses import replace

import click

from rootcellar.cli.setting import Setting


def asked(setting: Setting, names: Sequence[str]) -> Setting:
    """Return the setting with the answers to the questions of the exporters that are chosen.

    Nobody is asked, and nothing waits, where there is no terminal to type on.
    """
    if not (sys.stdin and sys.stdin.isatty() and sys.stderr.isatty()):
        return setting
    answers = {}
    for exporter in setting.chosen(names):
        question = exporter.question(setting.settings.tables[exporter.name])
        if question and setting.stores(exporter).stores:
            answers[exporter.name] = tuple(_typed(question))
    return replace(setting, answers=answers)


def _typed(question: str) -> list[str]:
    """Return lines as they were typed, hidden, until an empty one."""
    typed: list[str] = []
    while True:
        more = "another, or nothing" if typed else "nothing for none"
        line = click.prompt(
            f"{question} ({more})", default="", show_default=False, hide_input=True, err=True
        )
        if not line:
            return typed
        typed.append(line)
