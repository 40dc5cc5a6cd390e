"""Networks as files that other programs run, and the check that they give the same numbers."""
