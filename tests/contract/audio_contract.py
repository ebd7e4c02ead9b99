"""What every encoder of sounds keeps, whichever it is: the suite that test_audio_encoders.py runs on each."""

import numpy as np
import pytest

from contract.encoder_contract import TextEncoderContract, assert_vectors
from damsight_encoders.content import Sound
from damsight_encoders.errors import MediaError
from damsight_encoders.ports import AudioEncoder, PreparedSound

SECONDS = (0.01, 0.4, 1.0, 1.01, 3.7, 25.0)


def tone(seconds: float, rate: int, hertz: float = 440.0, seed: int = 0) -> Sound:
    """A sine with a little noise."""
    count = max(1, round(seconds * rate))
    noise = np.random.default_rng(seed).normal(0, 0.02, count)
    samples = 0.5 * np.sin(2 * np.pi * hertz * np.arange(count) / rate) + noise
    return Sound(samples.astype(np.float32), rate)


class AudioEncoderContract(TextEncoderContract):
    """Needs a fixture `encoder`."""

    @staticmethod
    def prepared(encoder: AudioEncoder) -> list[PreparedSound]:
        return [
            encoder.prepare(tone(seconds, encoder.rate, 200.0 * (number + 1), number))
            for number, seconds in enumerate(SECONDS)
        ]

    def test_sounds_are_unit_vectors_of_the_space(self, encoder: AudioEncoder) -> None:
        """Sounds of any length give one float32 row of length 1 each."""
        prepared = self.prepared(encoder)
        assert all(one.dtype == np.float32 and one.ndim == 1 for one in prepared)
        assert_vectors(encoder.encode_sounds(prepared), len(prepared), encoder.space.dimensions)
        assert encoder.space.modalities == ("audio", "text")

    def test_no_sounds_give_no_vectors(self, encoder: AudioEncoder) -> None:
        """An empty list gives an array of no rows, not an error."""
        assert encoder.encode_sounds([]).shape == (0, encoder.space.dimensions)

    def test_sounds_keep_their_order(self, encoder: AudioEncoder) -> None:
        """A batch's rows are those of its sounds alone, in the order they were given."""
        prepared = self.prepared(encoder)
        alone = np.concatenate([encoder.encode_sounds([one]) for one in prepared])
        np.testing.assert_allclose(encoder.encode_sounds(prepared), alone, atol=1e-4)
        np.testing.assert_allclose(encoder.encode_sounds(prepared[::-1]), alone[::-1], atol=1e-4)

    def test_the_same_sound_has_the_same_vector(self, encoder: AudioEncoder) -> None:
        """Nothing is left to chance, also of a sound longer than the model hears at once."""
        sound = tone(25.0, encoder.rate)
        before = sound.samples.copy()
        first, second = (encoder.encode_sounds([encoder.prepare(sound)]) for _ in range(2))
        np.testing.assert_array_equal(first, second)
        np.testing.assert_array_equal(sound.samples, before)

    def test_different_sounds_have_different_vectors(self, encoder: AudioEncoder) -> None:
        """A low and a high tone are told apart."""
        low, high = (encoder.prepare(tone(1.0, encoder.rate, hertz)) for hertz in (150.0, 3000.0))
        first, second = encoder.encode_sounds([low, high])
        assert float(first @ second) < 0.9999

    def test_silence_has_a_vector(self, encoder: AudioEncoder) -> None:
        """A sound of zeros alone is a sound."""
        silence = encoder.prepare(Sound(np.zeros(encoder.rate, dtype=np.float32), encoder.rate))
        assert_vectors(encoder.encode_sounds([silence]), 1, encoder.space.dimensions)

    def test_a_sound_of_another_rate_is_refused(self, encoder: AudioEncoder) -> None:
        """A rate that the encoder did not ask for would sound higher or lower: MediaError."""
        with pytest.raises(MediaError, match="samples a second"):
            encoder.prepare(tone(1.0, encoder.rate // 2))

    def test_a_sound_without_samples_is_refused(self, encoder: AudioEncoder) -> None:
        """No sample, or one that is no number: MediaError with its reason."""
        for samples, reason in ([], "empty"), ([0.1, np.nan], "broken"):
            with pytest.raises(MediaError) as caught:
                encoder.prepare(Sound(np.array(samples, dtype=np.float32), encoder.rate))
            assert caught.value.reason == reason
