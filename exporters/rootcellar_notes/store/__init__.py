"""Apple's stores of notes, read as they are: rows in, plain values out. Nothing here writes.

`NoteStore.sqlite` of every system from iOS 9 and macOS 10.11 on. No version is asked for: tables
and columns are looked for, and what is not there reads as nothing.
"""
