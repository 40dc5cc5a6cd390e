"""Methods to compare with: classical completion, other networks, any outside program."""
