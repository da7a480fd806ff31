"""`python -m harness` is the command `labs`."""

from harness.cli import main

main()
