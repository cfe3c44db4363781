"""A list rendered from its stored records: a calendar file, a page of tasks, a table."""

from rootcellar_reminders.views.calendar import calendar
from rootcellar_reminders.views.obsidian import obsidian_tasks
from rootcellar_reminders.views.table import table
from rootcellar_reminders.views.tasks import tasks

__all__ = ["calendar", "obsidian_tasks", "table", "tasks"]
