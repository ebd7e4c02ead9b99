"""A picture of four colours: no two orientations of it look alike."""

import numpy as np
from numpy.typing import NDArray
from PIL import Image

ORIENTATION = 0x0112
RED, GREEN, BLUE, WHITE = (250, 20, 20), (20, 250, 20), (20, 20, 250), (255, 255, 255)


def quarters(width: int = 64, height: int = 48) -> Image.Image:
    """Red, green / blue, white: no two orientations look alike."""
    image = Image.new("RGB", (width, height), WHITE)
    image.paste(RED, (0, 0, width // 2, height // 2))
    image.paste(GREEN, (width // 2, 0, width, height // 2))
    image.paste(BLUE, (0, height // 2, width // 2, height))
    return image


def assert_quarters(pixels: NDArray[np.uint8], tolerance: int = 12) -> None:
    height, width = pixels.shape[:2]
    for (across, down), colour in {(1, 1): RED, (3, 1): GREEN, (1, 3): BLUE, (3, 3): WHITE}.items():
        found = pixels[down * height // 4, across * width // 4].astype(int)
        assert np.abs(found - colour).max() <= tolerance, (across, down, found)
