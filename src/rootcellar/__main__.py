"""`python -m rootcellar`: what timers call, by the path of its interpreter."""

from rootcellar.cli.main import main

main()
