"""A night of work with `stress`: what it consists of, how it is run, and what is left of it."""
