"""Official archives of public data sets: one short module each."""
