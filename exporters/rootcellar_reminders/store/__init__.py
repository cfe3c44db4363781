"""Reading a store of Reminders: its rows, whatever its layout, as plain values."""
