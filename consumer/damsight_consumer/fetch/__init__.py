"""Reads assets' bytes: from folders that are allowed, and over HTTP from addresses that are checked."""
