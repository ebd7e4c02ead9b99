"""Samples to a log-mel spectrogram with transformers' own numpy code, a part at a time."""

from typing import Final

import numpy as np
from numpy.typing import NDArray
from transformers.audio_utils import spectrogram, window_function

from damsight_encoders.ports import PreparedSound

_FRAMES_AT_ONCE: Final = 2048
"""All frames of ten minutes at once would take most of a gigabyte."""


class LogMel:
    """Short-time Fourier transform of a Hann window, power, mel filters, decibels. CPU, any thread.

    Args:
        filters: (frequencies, bands) weights of the mel filters.
        frame: Samples of one transform.
        hop: Samples from one frame to the next.
    """

    def __init__(self, filters: NDArray[np.float64], frame: int, hop: int) -> None:
        self._filters = filters
        self._window = window_function(frame, "hann")
        self._frame = frame
        self.hop = hop

    def __call__(self, samples: PreparedSound) -> NDArray[np.float32]:
        """Return (1 + samples // hop, bands) float32, in decibels."""
        half = self._frame // 2
        padded = np.pad(samples, half, mode="reflect")
        starts = range(0, (1 + len(samples) // self.hop) * self.hop, _FRAMES_AT_ONCE * self.hop)
        ends = (start + (_FRAMES_AT_ONCE - 1) * self.hop + self._frame for start in starts)
        parts = [self._decibels(padded[start:end]) for start, end in zip(starts, ends, strict=True)]
        return np.concatenate(parts, axis=1).T

    def _decibels(self, samples: PreparedSound) -> NDArray[np.float32]:
        decibels: NDArray[np.float32] = spectrogram(
            samples,
            self._window,
            frame_length=self._frame,
            hop_length=self.hop,
            power=2.0,
            center=False,
            mel_filters=self._filters,
            log_mel="dB",
        )
        return decibels
