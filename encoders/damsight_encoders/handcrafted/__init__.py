"""Encoders that nobody trained: colours, edges, visual words. OpenCV and numpy, no torch."""

from damsight_encoders.handcrafted.opening import open_handcrafted

__all__ = ["open_handcrafted"]
