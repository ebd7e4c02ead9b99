"""Saved searches, those that watch for what arrives, and their alerts."""
