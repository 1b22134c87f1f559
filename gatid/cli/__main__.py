"""`python -m gatid.cli` is `gatid`."""

from gatid.cli import main

main(prog_name="gatid")
