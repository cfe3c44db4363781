"""The settings of reminders."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class RemindersSettings:
    """The settings of reminders.

    `deleted`: also show deleted reminders in calendar files, pages and tables; the JSON of a list
    always has them. `csv`: also write every list as a table.
    """

    deleted: bool = False
    csv: bool = False
