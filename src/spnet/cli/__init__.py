"""The command line: one thin module per command, imported only when that command runs."""
