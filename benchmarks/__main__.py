"""`python -m benchmarks [--count N]`: run every benchmark and print the ratios."""

import sys

from benchmarks import photos

photos.main(sys.argv[1:])
