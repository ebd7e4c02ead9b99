"""The command `damsight`: a file per command; each imports what it needs when it runs."""
