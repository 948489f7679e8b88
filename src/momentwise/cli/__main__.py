"""`python -m momentwise.cli` is `momentwise`."""

from momentwise.cli import main

main()
