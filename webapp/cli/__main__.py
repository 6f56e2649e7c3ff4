"""`python -m webapp.cli` is `kabinet`."""

from webapp.cli import main

main()
