"""Results in named groups and on a map."""
