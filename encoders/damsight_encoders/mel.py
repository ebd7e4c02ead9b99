"""Samples to a log-mel spectrogram, as transformers' own numpy code computes it, some ten times faster."""

from typing import Final

import numpy as np
import torch
from numpy.typing import NDArray

from damsight_encoders.ports import PreparedSound

_FLOOR: Final = 1e-10
"""Power below which everything is as loud as -100 dB: transformers' `mel_floor`."""
_FRAMES_AT_ONCE: Final = 2048
"""So that an hour's frames are never all in memory."""


class LogMel:
    """Short-time Fourier transform of a Hann window, power, mel filters, decibels. CPU, in float64, any thread.

    Args:
        filters: (frequencies, bands) weights of the mel filters.
        frame: Samples of one transform.
        hop: Samples from one frame to the next.
    """

    def __init__(self, filters: NDArray[np.float64], frame: int, hop: int) -> None:
        self._filters = torch.from_numpy(np.ascontiguousarray(filters, dtype=np.float64))
        self._window = torch.hann_window(frame, periodic=True, dtype=torch.float64)
        self._frame = frame
        self.hop = hop

    @torch.inference_mode()
    def __call__(self, samples: PreparedSound) -> torch.Tensor:
        """Return (1 + samples // hop, bands) float32, in decibels."""
        half = self._frame // 2
        frames = torch.from_numpy(np.pad(samples, (half, half), mode="reflect")).unfold(0, self._frame, self.hop)
        starts = range(0, len(frames), _FRAMES_AT_ONCE)
        return torch.cat([self._decibels(frames[start : start + _FRAMES_AT_ONCE]) for start in starts])

    def _decibels(self, frames: torch.Tensor) -> torch.Tensor:
        power = torch.fft.rfft(frames.double() * self._window).abs().square()
        decibels: torch.Tensor = (power @ self._filters).clamp(min=_FLOOR).log10().mul(10).float()
        return decibels
