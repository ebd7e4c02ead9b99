"""Sounds: samples, durations, cover art."""

import io

import numpy as np
import pytest
from PIL import Image

from damsight_encoders.decode.sound import decode_sound
from damsight_encoders.errors import MediaError
from damsight_schemas.connections import EncodingLimits
from examples.films import sound, tone

RATE = 16000
LIMITS = EncodingLimits()


def pitch(samples: np.ndarray) -> float:
    """The strongest frequency, in hertz."""
    return float(np.argmax(np.abs(np.fft.rfft(samples)))) * RATE / len(samples)


def jpeg() -> bytes:
    stream = io.BytesIO()
    Image.new("RGB", (40, 30), (200, 30, 60)).save(stream, "JPEG")
    return stream.getvalue()


@pytest.mark.parametrize(
    ("container", "codec", "rate"),
    [
        ("wav", "pcm_s16le", 8000),
        ("mp3", "libmp3lame", 44100),
        ("flac", "flac", 44100),
        ("ogg", "libopus", 48000),
        ("adts", "aac", 44100),
        ("ipod", "aac", 44100),
        ("aiff", "pcm_s16be", 44100),
        ("caf", "alac", 44100),
        ("matroska", "ac3", 48000),
    ],
)
def test_sounds_come_as_mono_at_the_rate_that_is_wanted(container: str, codec: str, rate: int) -> None:
    """Two seconds of a tone keep their pitch, their strength and their length."""
    data = sound(np.stack([tone(2, rate=rate)] * 2), container=container, codec=codec, rate=rate)
    content = decode_sound(data, LIMITS, at_least=16, sound_rate=RATE)
    assert content.sound is not None
    samples = content.sound.samples
    assert (content.sound.rate, samples.dtype, samples.ndim) == (RATE, np.dtype(np.float32), 1)
    assert samples.size == pytest.approx(2 * RATE, rel=0.05)
    assert pitch(samples) == pytest.approx(440, abs=2)
    assert float(np.abs(samples).max()) == pytest.approx(0.5, abs=0.06)
    assert content.duration_s == pytest.approx(2.0, abs=0.1)
    assert (content.cover, content.parts, content.pages) == (None, (), None)


def test_mono_is_the_channels_mean() -> None:
    """A tone in one of two channels is half as strong, and one against its own mirror image is silence."""
    one = tone(1, rate=RATE)
    halved = decode_sound(sound(np.stack([one, 0 * one])), LIMITS, at_least=16, sound_rate=RATE).sound
    silent = decode_sound(sound(np.stack([one, -one])), LIMITS, at_least=16, sound_rate=RATE).sound
    assert halved is not None
    assert silent is not None
    assert float(np.abs(halved.samples).max()) == pytest.approx(0.25, abs=0.01)
    assert float(np.abs(silent.samples).max()) < 0.01


def test_a_long_sound_is_cut_and_its_duration_is_whole() -> None:
    """The limit holds to the sample; the duration is the file's."""
    content = decode_sound(sound(tone(5, rate=RATE)), EncodingLimits(max_sound_s=1.5), at_least=16, sound_rate=RATE)
    assert content.sound is not None
    assert content.sound.samples.size == round(1.5 * RATE)
    assert content.duration_s == pytest.approx(5.0)


@pytest.mark.parametrize(("container", "codec"), [("mp3", "libmp3lame"), ("flac", "flac")])
def test_cover_art_is_the_cover(container: str, codec: str) -> None:
    """The attached picture comes as any other does."""
    data = sound(tone(1, rate=44100), container=container, codec=codec, rate=44100, cover=jpeg())
    cover = decode_sound(data, LIMITS, at_least=16, sound_rate=None).cover
    assert cover is not None
    assert (cover.original_size, cover.media_format) == ((40, 30), "JPEG")
    np.testing.assert_allclose(cover.pixels[5, 5], (200, 30, 60), atol=8)


def test_broken_cover_art_leaves_the_sound() -> None:
    """What only decorates is no reason to refuse."""
    broken = jpeg()[:200] + b"\x00" * 400
    data = sound(tone(1, rate=44100), container="flac", codec="flac", rate=44100, cover=broken)
    content = decode_sound(data, LIMITS, at_least=16, sound_rate=RATE)
    assert content.cover is None
    assert content.sound is not None


def test_samples_that_are_not_wanted_are_not_decoded() -> None:
    """Without a rate there is the duration alone, also where the headers do not tell it."""
    content = decode_sound(sound(tone(3, rate=RATE)), LIMITS, at_least=16, sound_rate=None)
    assert (content.sound, content.duration_s) == (None, pytest.approx(3.0))


def test_samples_that_are_no_numbers_become_some() -> None:
    """A WAV of floats may hold NaN and infinities; a model must not see them."""
    samples = tone(1, rate=RATE)
    samples[100:110], samples[200:210] = np.nan, np.inf
    content = decode_sound(sound(samples, codec="pcm_f32le"), LIMITS, at_least=16, sound_rate=RATE)
    assert content.sound is not None
    assert np.isfinite(content.sound.samples).all()
    assert float(np.abs(content.sound.samples).max()) <= 1.0


def with_rate(data: bytes, rate: int) -> bytes:
    """Write another rate into a WAV's header."""
    return data[:24] + rate.to_bytes(4, "little") + data[28:]


@pytest.mark.parametrize(
    ("data", "reason", "words"),
    [
        (with_rate(sound(tone(1, rate=RATE)), 1), "broken", "no sound can be decoded"),
        (sound(tone(1, rate=RATE))[:44], "truncated", "ends too early"),
        (sound(tone(1, rate=44100), container="mp4", codec="aac", rate=44100)[:4000], "truncated", "ends too early"),
        (b"fLaC" + b"\x00" * 4000, "broken", "replace the file"),
    ],
    ids=["a sample a second", "no samples", "no index", "zeros"],
)
def test_what_holds_no_sound_is_refused(data: bytes, reason: str, words: str) -> None:
    """The reason can be counted, and the message says what to do."""
    with pytest.raises(MediaError, match=words) as caught:
        decode_sound(data, LIMITS, at_least=16, sound_rate=RATE)
    assert caught.value.reason == reason
    assert "media library" in str(caught.value)
