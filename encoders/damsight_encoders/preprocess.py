"""One decoded picture to the pixels that the model sees: resize, crop. CPU, any thread, no torch.

How the resampling itself is done is passed in: `resample.resample_fast` (torch) beside the model, `resample_pillow`
where there is no torch.
"""

from typing import Literal, Protocol

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from damsight_encoders.content import Box, Picture
from damsight_encoders.ports import Prepared
from damsight_encoders.steps import ImageSteps

_WIDEST_USEFUL = 16


class Resample(Protocol):
    """Resizes the part ``box`` of uint8 pixels (height, width, 3) to ``size`` (width, height), antialiased."""

    def __call__(self, pixels: NDArray[np.uint8], size: tuple[int, int], box: Box, resample: int) -> Prepared:
        """Return (height, width, 3) uint8."""
        ...


def prepare_picture(picture: Picture, steps: ImageSteps, resample: Resample) -> Prepared:
    """Resize and crop one picture as the checkpoint's image processor would the full-size original."""
    height, width = picture.pixels.shape[:2]
    pixels, box = picture.pixels, picture.box or (0.0, 0.0, float(width), float(height))
    original = picture.original_size
    if steps.crop is not None:
        pixels, box, original = _without_far_ends(pixels, box, original, steps)
    size = steps.resized(*original)
    if (pixels.shape[1], pixels.shape[0]) == size and box == (0.0, 0.0, *map(float, size)):
        resized = pixels
    else:
        resized = resample(pixels, size, box, steps.resample)
    return np.ascontiguousarray(resized if steps.crop is None else _crop_middle(resized, steps.crop, steps.crop_start))


def resample_pillow(pixels: NDArray[np.uint8], size: tuple[int, int], box: Box, resample: int) -> Prepared:
    """Resize with Pillow: implements Resample."""
    image = Image.fromarray(pixels)
    return np.asarray(image.resize(size, Image.Resampling(resample), box=box))


def _crop_middle(pixels: Prepared, crop: tuple[int, int], start: Literal["floor", "nearest"]) -> Prepared:
    wanted_height, wanted_width = crop
    height, width = pixels.shape[:2]
    if wanted_height > height or wanted_width > width:
        extra_height, extra_width = max(0, wanted_height - height), max(0, wanted_width - width)
        pixels = np.pad(
            pixels,
            (
                (extra_height // 2, (extra_height + 1) // 2),
                (extra_width // 2, (extra_width + 1) // 2),
                (0, 0),
            ),
        )
        height, width = pixels.shape[:2]
    middles = (height - wanted_height) / 2.0, (width - wanted_width) / 2.0
    top, left = (round(middle) if start == "nearest" else int(middle) for middle in middles)
    return pixels[top : top + wanted_height, left : left + wanted_width]


def _without_far_ends(
    pixels: NDArray[np.uint8], box: Box, original: tuple[int, int], steps: ImageSteps
) -> tuple[NDArray[np.uint8], Box, tuple[int, int]]:
    """Cut a very long strip's ends, which the middle crop would throw away, before they are resized.

    A 1 x 100,000 pixel line would otherwise become 224 x 22,400,000.
    """
    width, height = original
    if max(width, height) <= _WIDEST_USEFUL * min(width, height) * _crop_shape(steps):
        return pixels, box, original
    along = 1 if width > height else 0
    length, across = pixels.shape[along], pixels.shape[1 - along]
    keep = min(length, max(1, round(across * _WIDEST_USEFUL * _crop_shape(steps))))
    start = (length - keep) // 2
    middle = pixels[:, start : start + keep] if along else pixels[start : start + keep]
    cut_height, cut_width = middle.shape[:2]
    return middle, (0.0, 0.0, float(cut_width), float(cut_height)), (cut_width, cut_height)


def _crop_shape(steps: ImageSteps) -> float:
    """The crop's longer side in units of the resized picture's shorter side, at least 1."""
    return max(1.0, max(steps.crop or (1, 1)) / min(steps.resized(1, 1)))
