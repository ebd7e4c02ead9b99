"""What a checkpoint's image processor does to a picture before the model sees it, as data."""

import math
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

_Side = Annotated[int, Field(ge=1, le=8192)]


class ImageSteps(BaseModel):
    """Resize and crop, as one checkpoint wants them. It travels to remote encoders as JSON.

    Attributes:
        resize: exact: to (height, width) whatever the shape; shortest_edge: the shorter side to ``edge``, keeping the
            shape; patches: to the largest size of the picture's own shape that has at most ``max_patches`` patches
            (SigLIP 2 NaFlex).
        height: Of ``exact``.
        width: Of ``exact``.
        edge: Of ``shortest_edge``.
        patch_size: Of ``patches``: each side is a multiple of it.
        max_patches: Of ``patches``.
        crop: (height, width) cut from the middle after the resize, padded with black where the picture is smaller.
        crop_start: Where the middle falls on half a pixel, the crop starts at the pixel before (floor, as transformers
            does) or at the even one of both (nearest, as torchvision does).
        resample: Pillow's number of the filter: 2 bilinear, 3 bicubic, 1 Lanczos, ...
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    resize: Literal["exact", "shortest_edge", "patches"]
    height: _Side = 224
    width: _Side = 224
    edge: _Side = 224
    patch_size: _Side = 16
    max_patches: int = Field(default=256, ge=1, le=65536)
    crop: tuple[int, int] | None = None
    crop_start: Literal["floor", "nearest"] = "floor"
    resample: int = Field(default=3, ge=0, le=5)

    @property
    def input_size(self) -> int:
        """The larger side in pixels of what the model sees of a square picture."""
        if self.resize == "shortest_edge":
            return self.edge
        if self.resize == "patches":
            return int(math.sqrt(self.max_patches)) * self.patch_size
        return max(self.height, self.width)

    @property
    def shape(self) -> tuple[int, int, int]:
        """(height, width, 3) of what these steps end in; not of ``patches``, where each picture has its own."""
        return (*(self.crop or (self.height, self.width)), 3)

    def takes(self, height: int, width: int) -> bool:
        """Tell whether pixels of this shape are what these steps end in."""
        if self.crop is not None:
            return (height, width) == self.crop
        if self.resize == "patches":
            side = self.patch_size
            whole = height % side == 0 and width % side == 0
            return whole and 0 < (height // side) * (width // side) <= self.max_patches
        return (height, width) == (self.height, self.width)

    def resized(self, width: int, height: int) -> tuple[int, int]:
        """Return the (width, height) that an original of the given size is resized to."""
        if self.resize == "exact":
            return self.width, self.height
        if self.resize == "patches":
            return _fit_patches(width, height, self.patch_size, self.max_patches)
        short, long = sorted((width, height))
        stretched = int(self.edge * long / short)
        return (self.edge, stretched) if width <= height else (stretched, self.edge)


def _fit_patches(width: int, height: int, patch: int, most: int) -> tuple[int, int]:
    """Find the largest scale whose patch grid has at most ``most`` patches.

    The same bisection as SigLIP 2's own (Tschannen et al. 2025, arXiv:2502.14786; transformers,
    get_image_size_for_max_num_patches), so that the sizes are the same to the pixel.
    """

    def scaled(scale: float, side: int) -> int:
        return max(patch, math.ceil(side * scale / patch) * patch)

    precision = 1e-5
    low, high = precision / 10, 100.0
    while high - low >= precision:
        middle = (low + high) / 2
        if (scaled(middle, height) / patch) * (scaled(middle, width) / patch) <= most:
            low = middle
        else:
            high = middle
    return scaled(low, width), scaled(low, height)
