"""`python -m spnet` is the command `spnet`."""

from spnet.cli.main import main

main()
