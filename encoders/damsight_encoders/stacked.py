"""An encoder of pictures of one size: a network's features behind the port ImageEncoder."""

from collections.abc import Callable
from typing import Final

import numpy as np
import torch

from damsight_encoders.batches import encode_within_memory
from damsight_encoders.content import Picture
from damsight_encoders.device import Placement
from damsight_encoders.errors import ModelError
from damsight_encoders.padded import PaddedBatches
from damsight_encoders.ports import Prepared, Vectors
from damsight_encoders.preprocess import prepare_picture
from damsight_encoders.resample import resample_fast
from damsight_encoders.scaling import Scale, Scaling, unit_length
from damsight_encoders.steps import ImageSteps
from damsight_schemas.space import Space

Features = Callable[[torch.Tensor], torch.Tensor]
"""Maps (n, 3, height, width) scaled pixels on the device to (n, dimensions), not yet normalised."""

_MOST_DIMENSIONS: Final = 4096


class StackedEncoder:
    """Implements ImageEncoder. `prepare` is the CPU's part; scaling and the network run on the device.

    Args:
        features: The network, in evaluation mode, on the device.
        steps: Its published preprocessing; not ``patches``, which do not stack.
        scaling: The same.
        placement: Where it computes, in what.
        model: The space's model.
        revision: The space's revision.
        subject: What the settings say, for messages.

    Raises:
        ModelError: The network cannot take what the preprocessing ends in, or its numbers are not finite.
    """

    def __init__(
        self,
        features: Features,
        *,
        steps: ImageSteps,
        scaling: Scaling,
        placement: Placement,
        model: str,
        revision: str,
        subject: str,
    ) -> None:
        if steps.resize == "patches":
            raise ModelError(f"{subject}: its preprocessing gives each picture a size of its own; take another model")
        self._features = features
        self._steps = steps
        self._scale = Scale(scaling, placement)
        self._placement = placement
        dimensions = self._probe(subject)
        self._padded = PaddedBatches(self.forward, placement) if placement.padded else None
        if self._padded is not None:
            self._padded.warm(steps.shape)
        self._space = Space(model=model, revision=revision, dimensions=dimensions, modalities=("image",))

    @property
    def space(self) -> Space:
        """The space of pictures alone."""
        return self._space

    @property
    def input_size(self) -> int:
        """The side in pixels of what the model sees."""
        return self._steps.input_size

    @property
    def steps(self) -> ImageSteps:
        """What `prepare` does, as data: remote clients do the same."""
        return self._steps

    def prepare(self, picture: Picture) -> Prepared:
        """Resize and crop as the model's published preprocessing does. CPU, safe in any thread."""
        return prepare_picture(picture, self._steps, resample_fast)

    def encode_images(self, prepared: list[Prepared]) -> Vectors:
        """Return one vector a picture, in order.

        Raises:
            DeviceError: Not even one picture fits in the device's memory.
        """
        if self._padded is not None and prepared:
            return self._padded(prepared)
        return encode_within_memory(self._images, prepared, self._space.dimensions, self._placement)

    @torch.inference_mode()
    def _images(self, prepared: list[Prepared]) -> Vectors:
        batch = torch.from_numpy(np.stack(prepared)).to(self._placement.device, non_blocking=True)
        return self.forward(batch).cpu().numpy()

    def forward(self, pixels: torch.Tensor) -> torch.Tensor:
        """Return (n, dimensions) L2-normalised for (n, height, width, 3) pixels of 0 to 255; differentiable."""
        return unit_length(self._features(self._scale(pixels).permute(0, 3, 1, 2)))

    def _probe(self, subject: str) -> int:
        """Encode one grey picture: learns the dimensions, and finds what does not belong together now."""
        side = self.input_size
        grey = Picture(np.full((side, side, 3), 128, dtype=np.uint8), (side, side), "probe")
        try:
            vectors = self._images([self.prepare(grey)])
        except (RuntimeError, ValueError, IndexError, TypeError) as error:
            raise ModelError(
                f"{subject}: a trial picture could not be encoded ({error}); its preprocessing and its weights do not "
                f"belong together: download it again"
            ) from error
        dimensions = int(vectors.shape[1])
        if not np.isfinite(vectors).all() or dimensions > _MOST_DIMENSIONS:
            raise ModelError(
                f"{subject}: a trial picture gave {dimensions} numbers, and they must be finite and at most "
                f"{_MOST_DIMENSIONS}; download it again, or take another (float16 overflows in some: "
                f"DAMSIGHT_MODELS__DTYPE=auto)"
            )
        return dimensions
