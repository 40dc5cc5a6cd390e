"""`spnet bench`: how fast and how large networks are in every back end, in one run, beside the plain eager network."""
