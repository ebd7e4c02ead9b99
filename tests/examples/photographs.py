"""Pictures with the spectrum of a photograph, for comparing encoders."""

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from damsight_encoders.content import Picture


def photograph(width: int, height: int, seed: int = 0) -> NDArray[np.uint8]:
    """Noise at four scales, (height, width, 3)."""
    chance = np.random.default_rng(seed)
    total = np.full((height, width, 3), 120.0)
    for scale in (2, 8, 32, 128):
        layer = chance.normal(0, 40, (max(2, height // scale), max(2, width // scale), 3)).astype(np.float32)
        channels = [Image.fromarray(layer[..., channel]) for channel in range(3)]
        total += np.stack([np.asarray(one.resize((width, height), Image.Resampling.BICUBIC)) for one in channels], -1)
    return np.clip(total, 0, 255).astype(np.uint8)


def as_picture(pixels: NDArray[np.uint8]) -> Picture:
    """A picture decoded in full."""
    return Picture(pixels, (pixels.shape[1], pixels.shape[0]), "PNG")
