"""`python -m benchmarks [--count N]`: run every benchmark and print the ratios."""

import sys

from benchmarks import notes, photos, reminders, snapshots

photos.main(sys.argv[1:])
notes.main(sys.argv[1:])
reminders.main(sys.argv[1:])
snapshots.main(sys.argv[1:])
