"""The starter checkpoint: a small CLIP that knows the library's pictograms, trained from nothing."""
