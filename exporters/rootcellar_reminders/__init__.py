"""Reminders: every list and reminder of the Reminders app, from any Mac's or iPhone's store."""

from rootcellar_reminders.exporter import Reminders

__all__ = ["Reminders"]
