"""`python -m registry`, the same as the command `registry`."""

from registry.cli import main

main()
