"""An encoder of sounds without a model: a sound's vector is how loud each pitch is, and "low" and "high" lie there."""

import numpy as np
from numpy.typing import NDArray

from damsight_encoders.content import Sound
from damsight_encoders.ports import PreparedSound, TextPurpose, Vectors
from damsight_encoders.sound_windows import SoundSteps, prepare_sound
from damsight_schemas.space import Space
from fakes.encoders import FakeTextEncoder

PITCHES = {"silent": 0, "low": 1, "middle": 8, "high": 14}
_BANDS = 16
_STEPS = SoundSteps(rate=8000, window=8000, padding="pad", whole=False)


class FakeAudioEncoder:
    """Implements AudioEncoder.

    Args:
        name: The space's model name, for tests in which two spaces must differ.
    """

    def __init__(self, name: str = "fake-audio") -> None:
        self._words = FakeTextEncoder()
        self._space = Space(
            model=name,
            revision="1",
            dimensions=_BANDS + self._words.space.dimensions,
            modalities=("audio", "text"),
        )
        self.batches: list[int] = []

    @property
    def space(self) -> Space:
        return self._space

    @property
    def rate(self) -> int:
        return _STEPS.rate

    def prepare(self, sound: Sound) -> PreparedSound:
        return prepare_sound(sound, _STEPS)

    def encode_sounds(self, prepared: list[PreparedSound]) -> Vectors:
        self.batches.append(len(prepared))
        return self._rows([_loudness(one) for one in prepared], np.zeros((len(prepared), self._words.space.dimensions)))

    def encode_texts(self, texts: list[str], *, purpose: TextPurpose = "document") -> Vectors:
        pitches = [_pitch(text) for text in texts]
        return self._rows(pitches, 0.5 * self._words.encode_texts(texts))

    def _rows(self, bands: list[NDArray[np.float64]], words: NDArray[np.floating]) -> Vectors:
        matrix = np.concatenate([np.array(bands).reshape(-1, _BANDS), words], axis=1)
        return np.ascontiguousarray(matrix / np.linalg.norm(matrix, axis=1, keepdims=True), dtype=np.float32)


def _loudness(samples: PreparedSound) -> NDArray[np.float64]:
    spectrum = np.abs(np.fft.rfft(samples.astype(np.float64)))
    bands = np.array([part.sum() for part in np.array_split(spectrum, _BANDS)])
    return bands if bands.any() else np.eye(_BANDS)[PITCHES["silent"]]


def _pitch(text: str) -> NDArray[np.float64]:
    named = [place for word, place in PITCHES.items() if word in text.lower().split()]
    return np.eye(_BANDS)[named].sum(axis=0) if named else np.zeros(_BANDS)
