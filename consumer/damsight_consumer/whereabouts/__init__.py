"""Where one asset is, and why: in the index, waiting, tried again, dead-lettered, or nowhere."""
