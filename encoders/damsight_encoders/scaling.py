"""What every picture model does first and last on the device: scale the pixels, normalise the vectors."""

from dataclasses import dataclass

import torch

from damsight_encoders.device import Placement
from damsight_encoders.ports import Vectors


@dataclass(frozen=True)
class Scaling:
    """What happens to each channel on the device: ``(pixel - mean) / deviation`` with pixels of 0 to 255."""

    mean: tuple[float, float, float]
    deviation: tuple[float, float, float]


class Scale:
    """Scales pixels of 0 to 255 in float32 on the device, then rounds to the model's number format."""

    def __init__(self, scaling: Scaling, placement: Placement) -> None:
        self._mean = torch.tensor(scaling.mean, dtype=torch.float32, device=placement.device)
        self._deviation = torch.tensor(scaling.deviation, dtype=torch.float32, device=placement.device)
        self._dtype = placement.dtype

    def __call__(self, pixels: torch.Tensor) -> torch.Tensor:
        """Return (..., 3) of the model's number format for (..., 3) uint8."""
        return pixels.to(self._mean.device, torch.float32).sub_(self._mean).div_(self._deviation).to(self._dtype)


def unit_length(features: torch.Tensor) -> torch.Tensor:
    """L2-normalise (n, dimensions) in float32, where they are."""
    return torch.nn.functional.normalize(features.float(), dim=-1)


def normalised(features: torch.Tensor) -> Vectors:
    """L2-normalise (n, dimensions) in float32 and bring back to the CPU."""
    vectors: Vectors = unit_length(features).cpu().numpy()
    return vectors
