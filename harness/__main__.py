"""`python -m harness` is the command `labs`."""

from harness.commands.main import main

main()
