"""`python -m evo.cli`."""

from evo.cli import main

main()
