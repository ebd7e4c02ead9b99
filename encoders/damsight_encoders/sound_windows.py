"""A sound to what CLAP hears of it: windows of one length. CPU, any thread, no torch."""

import math
from dataclasses import dataclass
from typing import Final, Literal

import numpy as np

from damsight_encoders.content import Sound
from damsight_encoders.errors import MediaError
from damsight_encoders.ports import PreparedSound

MOST_WINDOWS: Final = 6
"""Of a sound longer than one window. CLAP was trained on one window at a random place of each sound, and its authors
take a random one too when they encode (Wu et al. 2023, arXiv:2211.06687: "rand_trunc"). The same sound must have the
same vector, and a minute's middle ten seconds may be a pause, so we take windows at even distances, the first at the
beginning and the last at the end, and their vectors' mean: what random windows give on average."""


@dataclass(frozen=True)
class SoundSteps:
    """What a checkpoint's feature extractor does to samples before it looks at frequencies.

    Attributes:
        rate: Samples a second.
        window: Samples that the model hears at once.
        padding: Of a sound that is shorter: zeros (pad); whole repetitions, then zeros (repeatpad); or repetitions, the
            last one cut (repeat).
        whole: The model takes longer sounds whole (CLAP's feature fusion), not by windows.
    """

    rate: int
    window: int
    padding: Literal["repeatpad", "repeat", "pad"]
    whole: bool


def prepare_sound(sound: Sound, steps: SoundSteps) -> PreparedSound:
    """Return (windows * steps.window,) float32: windows one after the other; a longer sound as it is if ``whole``.

    Raises:
        MediaError: The sound has another rate, no sample, or samples that are not finite.
    """
    samples = np.asarray(sound.samples, dtype=np.float32)
    if sound.rate != steps.rate:
        raise MediaError("broken", f"the sound has {sound.rate:,} samples a second where {steps.rate:,} were asked for")
    if samples.size == 0:
        raise MediaError("empty", "the sound has no sample")
    if not np.isfinite(samples).all():
        raise MediaError("broken", "the sound has samples that are no finite number")
    if len(samples) <= steps.window:
        return _padded(samples, steps)
    return samples if steps.whole else _windows(samples, steps.window)


def _padded(samples: PreparedSound, steps: SoundSteps) -> PreparedSound:
    repetitions = {"pad": 1, "repeatpad": steps.window // len(samples), "repeat": -(-steps.window // len(samples))}
    repeated = np.tile(samples, repetitions[steps.padding])[: steps.window]
    return np.pad(repeated, (0, steps.window - len(repeated)))


def _windows(samples: PreparedSound, window: int) -> PreparedSound:
    count = min(MOST_WINDOWS, math.ceil(len(samples) / window))
    starts = np.linspace(0, len(samples) - window, count).round().astype(int)
    return np.concatenate([samples[start : start + window] for start in starts])
