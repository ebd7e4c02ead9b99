"""Compares the DAM's list of its assets with the index, asset by asset, and repairs what an event can mend."""
