"""The Notes app itself as a third reader, on its own Mac: what no store here has.

Notes of accounts that are in no store, and locked notes that no password opens and that a person
has unlocked in the app. A store always wins; nothing of one note comes from both.

`app` alone calls macnotesapp; it runs in a process of its own (`asking`), which `asked` speaks
with. `choosing` says which notes are the app's to give, `items` makes items of them. The Python of
macnotesapp is tested on stand-ins for a Mac's frameworks; untried on a Mac.
"""
