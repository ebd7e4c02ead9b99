"""High dynamic range to sRGB, as well as it goes without looking at the whole film.

FFmpeg's scaler can do this too, and takes some ten seconds a film to set itself up; this takes milliseconds a frame.
"""

import functools
from typing import Final

import numpy as np
from numpy.typing import NDArray

PERCEPTUAL_QUANTIZER: Final = 16
HYBRID_LOG_GAMMA: Final = 18
"""ITU-T H.273, table 3."""

WIDE_PRIMARIES: Final = 9
"""BT.2020's: ITU-T H.273, table 2."""

# BT.2407, 2.2: linear BT.2020 to linear BT.709.
_TO_NARROW: Final = np.array(
    [[1.6605, -0.5876, -0.0728], [-0.1246, 1.1329, -0.0083], [-0.0182, -0.1006, 1.1187]], dtype=np.float32
)
_KNEE: Final = 0.75
_STEPS: Final = 4095


def to_standard_range(pixels: NDArray[np.uint8], transfer: int) -> NDArray[np.uint8]:
    """Return sRGB of (height, width, 3) pixels in BT.2020 and the named transfer function.

    Diffuse white, 203 cd/m2 (BT.2408), becomes sRGB's white; what is brighter is bent below it from three quarters on.
    """
    light = _light(transfer)[pixels] @ _TO_NARROW.T
    # By the brightest channel, so that hues stay.
    peak = np.maximum(light.max(axis=2, keepdims=True), np.float32(1e-6))
    light = np.clip(light * (_bent(peak) / peak), 0.0, 1.0)
    shown: NDArray[np.uint8] = _srgb()[np.rint(light * _STEPS).astype(np.intp)]
    return shown


def _bent(peak: NDArray[np.float32]) -> NDArray[np.float32]:
    over = np.maximum(peak - _KNEE, 0.0) / (1.0 - _KNEE)
    return np.where(peak <= _KNEE, peak, _KNEE + (1.0 - _KNEE) * over / (1.0 + over)).astype(np.float32)


@functools.cache
def _light(transfer: int) -> NDArray[np.float32]:
    """Linear light of each 8-bit value, 1 for diffuse white."""
    signal = np.arange(256, dtype=np.float64) / 255.0
    if transfer == PERCEPTUAL_QUANTIZER:
        # SMPTE ST 2084, 5.1, in cd/m2.
        root = signal ** (1 / 78.84375)
        nits = 10_000 * (np.maximum(root - 0.8359375, 0) / (18.8515625 - 18.6875 * root)) ** (1 / 0.1593017578125)
        return (nits / 203).astype(np.float32)
    # BT.2100, table 5: HLG's inverse OETF, and the system gamma of 1.2 for a display of 1,000 cd/m2.
    scene = np.where(signal <= 0.5, signal**2 / 3, (np.exp((signal - 0.55991073) / 0.17883277) + 0.28466892) / 12)  # noqa: PLR2004 - the table's own
    return (1000 / 203 * scene**1.2).astype(np.float32)


@functools.cache
def _srgb() -> NDArray[np.uint8]:
    """IEC 61966-2-1."""
    light = np.linspace(0, 1, _STEPS + 1)
    values = np.where(light <= 0.0031308, 12.92 * light, 1.055 * light ** (1 / 2.4) - 0.055)  # noqa: PLR2004 - the standard's own
    rounded: NDArray[np.uint8] = np.rint(values * 255).astype(np.uint8)
    return rounded
